"""Rebuild worlds from a journal: commands are carried out again, and every outcome is compared with what is written."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import msgspec

from mock_truv.commands import MoveClock, Step
from mock_truv.core.errors import ApiError
from mock_truv.journal.entries import FORMAT, Entry, JournalError, Opening, entry_chain
from mock_truv.journal.journal import Journal
from mock_truv.world import World

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from mock_truv.core.base import Deliver
    from mock_truv.core.catalog import Catalog

_DECODER = msgspec.json.Decoder(Opening | Entry)


@dataclass(frozen=True)
class Difference:
    """The first entry that did not come out as it is written."""

    sandbox: str
    seq: int
    what: str

    def __str__(self) -> str:
        return f"entry {self.seq} of sandbox {self.sandbox!r}: {self.what}"


@dataclass
class Replayed:
    """What a replay led to."""

    journals: dict[str, Journal] = field(default_factory=dict)
    sent: list[Deliver] = field(default_factory=list)
    difference: Difference | None = None
    torn: bool = False
    """The last line was cut off by a crash and was left out."""


def read_lines(lines: Iterable[bytes]) -> Iterator[Opening | Entry | None]:
    """Decode a journal's lines; None stands for a last line that was cut off.

    Raises:
        JournalError: A line cannot be read.
    """
    waiting: tuple[int, bytes] | None = None
    for number, line in enumerate(lines, 1):
        if waiting is not None:
            yield _read_line(*waiting)
        waiting = (number, line)
    if waiting is not None:
        number, line = waiting
        yield None if not line.endswith(b"\n") and number > 1 else _read_line(number, line)


def replay(
    lines: Iterable[bytes], catalog: Catalog, *, until: int | None = None, sandbox: str | None = None
) -> Replayed:
    """Carry out every entry again (of ``sandbox``, or of all), up to entry ``until``; stop at the first difference.

    Raises:
        JournalError: A line cannot be read, or the journal is of another format or of other fixtures.
    """
    result = Replayed()
    for item in read_lines(lines):
        if item is None:
            result.torn = True
            break
        if sandbox is not None and item.sandbox != sandbox:
            continue
        if isinstance(item, Opening):
            result.journals[item.sandbox] = _open(item, catalog)
            continue
        journal = result.journals.get(item.sandbox)
        if journal is None:
            raise JournalError(f"entry {item.seq} belongs to sandbox {item.sandbox!r}, which was never opened")
        if until is not None and item.seq > until:
            continue
        result.difference = _carry_out(journal, item, result.sent)
        if result.difference is not None:
            break
    if not result.journals:
        raise JournalError("the file has no opening line" + (f" for sandbox {sandbox!r}" if sandbox else ""))
    return result


def _carry_out(journal: Journal, entry: Entry, sent: list[Deliver]) -> Difference | None:
    world = journal.world

    def differs(what: str) -> Difference:
        return Difference(entry.sandbox, entry.seq, what)

    if entry.seq != journal.seq + 1:
        return differs(f"entry {journal.seq + 1} should stand here; lines are missing or out of order")
    chain = entry_chain(journal.chain, entry.seq, entry.at_us, entry.step, entry.command, entry.digest)
    if chain != entry.chain:
        return differs("its text or that of an earlier entry was changed (the hash chain does not fit)")
    if entry.step != world.state.steps:
        return differs(f"it was written after {entry.step} steps, the replay has taken {world.state.steps}")
    try:
        at_us = None if isinstance(entry.command, Step | MoveClock) else entry.at_us
        outcome = journal.handle(entry.command, at_us)
    except (AssertionError, ApiError, LookupError) as error:
        return differs(f"carrying it out again failed: {type(error).__name__}: {error}")
    sent.extend(outcome.effects)
    written = journal.records[-1].entry
    if written.digest != entry.digest:
        shown = f"; answered {outcome.answer.status}" if outcome.answer else ""
        return differs(f"outcome differs: written {entry.digest}, replayed {written.digest}{shown}")
    if written.at_us != entry.at_us:
        return differs(f"it happened at {entry.at_us} us, in the replay at {written.at_us} us")
    return None


def _open(opening: Opening, catalog: Catalog) -> Journal:
    if opening.format != FORMAT:
        raise JournalError(f"the journal has format {opening.format}; this version reads format {FORMAT}")
    if opening.catalog != catalog.digest:
        raise JournalError(
            f"the journal was written with other fixtures, by mock-truv {opening.engine}; replay it with that version"
        )
    world = World.new(opening.seed, catalog, now_us=opening.started_us, profile=opening.profile)
    return Journal(world, opening)


def _read_line(number: int, line: bytes) -> Opening | Entry:
    try:
        item: Opening | Entry = _DECODER.decode(line)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        what = _describe(line)
        raise JournalError(f"line {number} is not a journal entry ({error}): {what}") from None
    return item


def _describe(line: bytes) -> str:
    return json.dumps(line[:80].decode(errors="replace"))
