"""A world with its journal: the only way in which commands reach a world."""

from __future__ import annotations

from typing import TYPE_CHECKING

import mock_truv
from mock_truv.commands import MoveClock, Step
from mock_truv.core import ids
from mock_truv.core.plain import Frozen
from mock_truv.journal.entries import FORMAT, Entry, Opening, entry_chain, opening_chain
from mock_truv.world import World

if TYPE_CHECKING:
    from collections.abc import Callable

    from mock_truv.commands import Command
    from mock_truv.core.base import Event
    from mock_truv.core.catalog import Catalog
    from mock_truv.core.profile import Profile
    from mock_truv.world import Outcome

DEFAULT_LIMIT = 1_000_000
HEAVY_CHARACTERS = 4096
"""A request's body counts as one entry more for each of so many characters: memory is bounded, not only the number."""


class Record(Frozen, frozen=True):
    """An entry kept in memory, with what it led to for those who watch."""

    entry: Entry
    status: int | None
    """HTTP status of the answer, if there was one."""
    events: list[Event]


class Journal:
    """A world, and every command it was given.

    Beyond ``limit`` entries the older half is folded into a snapshot: memory stays bounded, and ``folded_until`` says
    up to which entry the commands are gone.
    """

    def __init__(
        self,
        world: World,
        opening: Opening,
        *,
        limit: int = DEFAULT_LIMIT,
        write: Callable[[Opening | Entry], None] | None = None,
    ) -> None:
        self.world = world
        self.opening = opening
        self.records: list[Record] = []
        self.chain = opening_chain(opening)
        self.seq = 0
        self.folded_until = 0
        self.snapshot: bytes | None = None
        """The world as it was after entry ``folded_until``."""
        self.watchers: list[Callable[[Record], None]] = []
        self.write = write
        self._half = max(limit // 2, 1)
        self._marked: tuple[int, bytes | None] = (0, None)
        self._weight = 0

    def handle(self, command: Command, at_us: int | None = None) -> Outcome:
        """Carry out a command, at ``at_us`` if that is later than the world's present, and write it down."""
        world = self.world
        if at_us is not None and at_us > world.now_us:
            world.move_clock(at_us)
        step, present_us = world.state.steps, world.now_us
        outcome = world.handle(command)
        self.seq += 1
        digest = outcome.digest()
        stamp_us = world.now_us if isinstance(command, Step | MoveClock) else present_us
        self.chain = entry_chain(self.chain, self.seq, stamp_us, step, command, digest)
        entry = Entry(
            sandbox=self.opening.sandbox,
            seq=self.seq,
            at_us=stamp_us,
            step=step,
            command=command,
            digest=digest,
            chain=self.chain,
        )
        self._keep(Record(entry, outcome.answer.status if outcome.answer else None, outcome.events))
        return outcome

    def after(self, seq: int, limit: int) -> list[Record]:
        """Return at most ``limit`` records that follow entry ``seq``."""
        start = max(seq - self.folded_until, 0)
        return self.records[start : start + limit]

    def _keep(self, record: Record) -> None:
        self.records.append(record)
        if self.write is not None:
            self.write(record.entry)
        for watcher in self.watchers:
            watcher(record)
        marked, snapshot = self._marked
        self._weight += 1 + len(getattr(record.entry.command, "body", "")) // HEAVY_CHARACTERS
        if self._weight >= self._half:
            self._weight = 0
            if snapshot is not None:
                del self.records[: marked - self.folded_until]
                self.folded_until, self.snapshot = marked, snapshot
            self._marked = (self.seq, self.world.snapshot())


def open_journal(
    name: str,
    base_seed: int,
    catalog: Catalog,
    *,
    now_us: int,
    client_id: str | None = None,
    clock: str = "manual",
    profile: Profile | None = None,
    limit: int = DEFAULT_LIMIT,
    write: Callable[[Opening | Entry], None] | None = None,
) -> Journal:
    """Return the journal of a fresh world; its opening is written at once."""
    seed = ids.sandbox_seed(base_seed, name)
    world = World.new(seed, catalog, now_us=now_us, profile=profile)
    opening = Opening(
        sandbox=name,
        format=FORMAT,
        engine=mock_truv.__version__,
        base_seed=base_seed,
        seed=seed,
        clock=clock,
        started_us=now_us,
        catalog=catalog.digest,
        profile=world.state.profile,
        client_id=client_id or ids.sandbox_keys(seed)[0],
    )
    if write is not None:
        write(opening)
    return Journal(world, opening, limit=limit, write=write)
