"""The ignore file: differences that are known, each with its reason. An entry that matches nothing is an error."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated

import msgspec

from mock_truv.drift.difference import Aspect, Kind

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from pathlib import Path

    from mock_truv.drift.difference import Difference

_NAMED = re.compile(r"\{[^{}]*\}")


class IgnoreError(Exception):
    """The ignore file is wrong; the message names what."""


class Entry(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Differences to leave out. In patterns ``*`` stands for any text; names of path parameters do not matter."""

    reason: Annotated[str, msgspec.Meta(pattern=r"\S", max_length=1000)]
    operation: str = "*"
    """``GET /v1/orders/*``."""
    place: str = "*"
    """``200 *.statements[].*``."""
    kind: Kind | None = None
    aspect: Aspect | None = None

    def covers(self, difference: Difference) -> bool:
        """Return whether a difference is one of those."""
        return (
            self.is_about(difference.operation)
            and _matches(self.place, difference.place)
            and self.kind in {None, difference.kind}
            and self.aspect in {None, difference.aspect}
        )

    def is_about(self, operation: str) -> bool:
        """Return whether an operation (``GET /v1/users/{user_id}/``) is one that the entry names."""
        wanted, given = (_NAMED.sub("{}", each).rstrip("/") for each in (self.operation, operation))
        return _matches(wanted, given)

    def shown(self) -> str:
        """Return the entry in a line, without the reason."""
        parts = (self.operation, self.place, self.kind, self.aspect)
        return ", ".join(part for part in parts if part not in {None, "*"}) or "everything"


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    ignore: list[Entry]


@dataclass
class Sifted:
    """Differences that count, those that were left out with the entry that says why, and entries that match nothing."""

    differences: list[Difference] = field(default_factory=list)
    ignored: list[tuple[Difference, Entry]] = field(default_factory=list)
    unused: list[Entry] = field(default_factory=list)


def read_ignored(path: Path) -> list[Entry]:
    """Return the entries of an ignore file.

    Raises:
        IgnoreError: It cannot be read, or an entry is wrong: without reason, with an unknown key, or for everything.
    """
    try:
        entries = msgspec.convert(tomllib.loads(path.read_text(encoding="utf-8")), _File).ignore
    except OSError as error:
        raise IgnoreError(error.strerror or str(error)) from None
    except (UnicodeDecodeError, tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        raise IgnoreError(str(error)) from None
    for number, entry in enumerate(entries, start=1):
        if entry.operation.strip("*") == entry.place.strip("*") == "":
            raise IgnoreError(f"entry {number} names neither an operation nor a place, so it would hide everything")
    return entries


def sift(found: Sequence[Difference], entries: Sequence[Entry], tried: Collection[str] | None = None) -> Sifted:
    """Return differences without those that entries cover.

    An entry is unused only if it could have matched: with ``tried``, one that is about none of these operations is not.
    """
    sifted = Sifted()
    used: set[int] = set()
    for difference in found:
        covering = [number for number, entry in enumerate(entries) if entry.covers(difference)]
        used.update(covering)
        if covering:
            sifted.ignored.append((difference, entries[covering[0]]))
        else:
            sifted.differences.append(difference)
    sifted.unused = [
        entry
        for number, entry in enumerate(entries)
        if number not in used and (tried is None or any(entry.is_about(each) for each in tried))
    ]
    return sifted


def _matches(pattern: str, text: str) -> bool:
    return re.fullmatch(".*".join(re.escape(part) for part in pattern.split("*")), text, re.DOTALL) is not None
