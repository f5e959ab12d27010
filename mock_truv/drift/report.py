"""A report of differences, as text and as JSON."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import msgspec

from mock_truv.drift.difference import KINDS, NOTHING, Difference

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from mock_truv.drift.ignoring import Sifted

WORDS = {"missing here": "missing here", "not in theirs": "not in theirs", "differs": "different"}


@dataclass(frozen=True)
class Report:
    """What was compared, and what was found."""

    against: str
    """A file, or an address."""
    compared: int
    """Operations looked at on both sides."""
    sifted: Sifted
    stopped: str | None = None
    """Why it ended early."""
    notes: tuple[str, ...] = field(default=())
    """What was not looked at, and why; what was left behind."""

    @property
    def clean(self) -> bool:
        """Return whether all was looked at, nothing differs, and no entry of the ignore file is left over."""
        return not self.sifted.differences and not self.sifted.unused and self.stopped is None


def as_text(report: Report) -> str:
    """Return the report: a line for each difference, what was not looked at, the counts."""
    lines = [line_of(each) for each in report.sifted.differences]
    lines += [f"unused: the ignore file's entry ({each.shown()}) matches nothing; take it out"
              for each in report.sifted.unused]  # fmt: skip
    lines += report.notes
    if report.stopped is not None:
        lines.append(f"stopped: {report.stopped}")
    return "\n".join([*lines, _summary(report)]) + "\n"


def line_of(difference: Difference) -> str:
    """Return a difference as one line."""
    it = difference
    where = f"{it.operation}  {it.place}" if it.place else it.operation
    sides = f"here {it.here}, there {it.there}"
    basis = "" if not it.basis else f"  (here {it.basis}{': ' + it.source if it.source else ''})"
    return f"{it.kind}: {where}  {it.aspect}: {sides}{basis}"


def as_json(report: Report) -> str:
    """Return the report for machines."""
    sifted = report.sifted
    shown = {
        "against": report.against,
        "compared": report.compared,
        "clean": report.clean,
        "counts": counts(sifted.differences),
        "differences": [_plain(each) for each in sifted.differences],
        "ignored": [{**_plain(each), "reason": entry.reason} for each, entry in sifted.ignored],
        "unused": [msgspec.to_builtins(each) for each in sifted.unused],
        "notes": list(report.notes),
        "stopped": report.stopped,
    }
    return msgspec.json.format(msgspec.json.encode(shown), indent=2).decode() + "\n"


def counts(differences: Iterable[Difference]) -> Mapping[str, int]:
    """Return {kind: number of differences}."""
    found = Counter(each.kind for each in differences)
    return {kind: found[kind] for kind in KINDS}


def _plain(difference: Difference) -> dict[str, Any]:
    it = difference
    return {
        "kind": it.kind, "aspect": it.aspect, "operation": it.operation, "place": it.place,
        "here": None if it.here == NOTHING else it.here, "there": None if it.there == NOTHING else it.there,
        "basis": it.basis or None, "source": it.source or None,
    }  # fmt: skip


def _summary(report: Report) -> str:
    sifted = report.sifted
    number = len(sifted.differences)
    parts = [f"{count} {WORDS[kind]}" for kind, count in counts(sifted.differences).items() if count]
    what = f"{number} difference{'' if number == 1 else 's'}: {', '.join(parts)}" if number else "Nothing differs"
    ignored = f"; {len(sifted.ignored)} ignored" if sifted.ignored else ""
    unused = f"; {len(sifted.unused)} unused in the ignore file" if sifted.unused else ""
    return f"{what}{ignored}{unused}. {report.compared} operations compared with {report.against}."
