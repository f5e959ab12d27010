"""All sandboxes of one server, found by their keys."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING

import msgspec

from mock_truv.commands import PutScenario, Resume, Subscribe
from mock_truv.core import ids
from mock_truv.core.catalog import Catalog
from mock_truv.core.errors import WrongInput
from mock_truv.delivery.sender import Sender
from mock_truv.journal.entries import JournalError
from mock_truv.journal.file import JournalFile, cut_torn_line
from mock_truv.journal.journal import DEFAULT_LIMIT, Journal, open_journal
from mock_truv.resources import folder, read_files
from mock_truv.runtime.clock import Clock
from mock_truv.runtime.runtime import Runtime

if TYPE_CHECKING:
    from pathlib import Path

    from mock_truv.core.profile import Profile
    from mock_truv.core.scenario import Scenario

DEFAULT_CLIENT_ID = "5a4dbc0de0000000000000000000c0de"
DEFAULT_SECRET = "sandbox-5ec2e7000000000000000000000000000000c0de"  # noqa: S105 -- printed, the same everywhere
DEFAULT_NAME = "default"
SANDBOXES_LIMIT = 10_000


@dataclass(frozen=True)
class Options:
    """What a server is started with."""

    clock: str = "wall"
    seed: int = ids.DEFAULT_SEED
    client_id: str = DEFAULT_CLIENT_ID
    secret: str = DEFAULT_SECRET
    webhook_url: str | None = None
    allow_webhook_hosts: tuple[str, ...] = ()
    profile: Profile | None = None
    scenario: Scenario | None = None
    journal: Path | None = None
    journal_limit: int = DEFAULT_LIMIT


@lru_cache(maxsize=1)
def load_catalog() -> Catalog:
    """Read people, employers and providers from the shipped fixtures."""
    place = folder("fixtures")
    return Catalog(
        read_files("fixtures/people", ".json"),
        (place / "employers.json").read_bytes(),
        (place / "providers.json").read_bytes(),
    )


@dataclass
class Hub:
    """The sandboxes of a server. The first one has the server's own keys."""

    options: Options = field(default_factory=Options)
    catalog: Catalog = field(default_factory=load_catalog)

    def __post_init__(self) -> None:
        self.sender = Sender(self.options.allow_webhook_hosts)
        self._by_client: dict[str, Runtime] = {}
        self._file: JournalFile | None = None
        self._ordinal = 0
        for journal in self._read_journal():
            self._restore(journal)
        if self.options.client_id not in self._by_client:
            self.open(DEFAULT_NAME, client_id=self.options.client_id, secret=self.options.secret)

    @property
    def first(self) -> Runtime:
        """The sandbox that has the server's own keys."""
        return self._by_client[self.options.client_id]

    def open(
        self,
        name: str | None = None,
        *,
        seed: int | None = None,
        clock: str | None = None,
        profile: Profile | None = None,
        scenario: Scenario | None = None,
        client_id: str | None = None,
        secret: str | None = None,
    ) -> Runtime:
        """Open a fresh sandbox; what is not given is inherited from the server.

        Raises:
            WrongInput: The name is in use, the clock is none, or there are too many.
        """
        if name is None:
            self._ordinal += 1
            name = f"sandbox-{self._ordinal}"
        if any(runtime.name == name for runtime in self._by_client.values()):
            raise WrongInput(("name", f"A sandbox called {name!r} is open; take another name or reset that one"))
        if len(self._by_client) >= SANDBOXES_LIMIT:
            raise WrongInput(("name", f"{SANDBOXES_LIMIT} sandboxes are open; close the server or reset one instead"))
        its_clock = _clock(clock or self.options.clock)
        journal = self._journal(name, self.options.seed if seed is None else seed, its_clock, profile, client_id)
        its_secret = secret or ids.sandbox_keys(journal.opening.seed)[1]
        runtime = Runtime(journal, its_clock, self.sender, secret=its_secret)
        self._by_client[runtime.client_id] = runtime
        if self.options.webhook_url is not None:
            runtime.handle(Subscribe(self.options.webhook_url))
        _put(runtime, scenario or self.options.scenario)
        return runtime

    def find(self, client_id: str, secret: str) -> Runtime | None:
        """Return the sandbox of a pair of keys, None when they are wrong."""
        runtime = self._by_client.get(client_id)
        return runtime if runtime is not None and runtime.accepts(secret) else None

    def of_link(self, link_id: str) -> Runtime | None:
        """Return the sandbox that has a link, None when none has it."""
        return next((each for each in self._by_client.values() if link_id in each.journal.world.state.links), None)

    async def reset(self, runtime: Runtime, seed: int | None = None, scenario: Scenario | None = None) -> None:
        """Start a sandbox's world anew; keys, name, clock mode, profile and its standing webhook stay.

        Without ``scenario`` the one in force starts again from its beginning.

        Raises:
            ApiError: 409, an advance is under way.
        """
        runtime.check_free()
        opening, profile = runtime.journal.opening, runtime.journal.world.state.profile
        clock = _clock(opening.clock)
        base_seed = opening.base_seed if seed is None else seed
        journal = self._journal(runtime.name, base_seed, clock, profile, runtime.client_id)
        scenario = scenario or runtime.journal.world.state.scenario
        standing = [each for each in runtime.journal.world.state.subscriptions.values() if each.standing]
        await runtime.restart(journal, clock)
        for subscription in standing:
            runtime.handle(Subscribe(subscription.webhook_url))
        _put(runtime, scenario)

    async def discard(self, runtime: Runtime) -> None:
        """Close one sandbox and forget it."""
        await runtime.close()
        self._by_client.pop(runtime.client_id, None)

    async def close(self) -> None:
        """Close all sandboxes and the journal file."""
        for runtime in self._by_client.values():
            await runtime.close()
        await self.sender.close()
        if self._file is not None:
            self._file.close()

    def wake(self) -> None:
        """Start the timers; to be called on the event loop."""
        for runtime in self._by_client.values():
            runtime.wake()

    def _read_journal(self) -> list[Journal]:
        """Rebuild the sandboxes of an earlier process from its journal, then go on writing to it."""
        path = self.options.journal
        if path is None:
            return []
        kept: list[Journal] = []
        if path.exists() and path.stat().st_size:
            from mock_truv.journal.replay import replay  # noqa: PLC0415 -- only a restart needs it

            cut_torn_line(path)
            with path.open("rb") as lines:
                replayed = replay(lines, self.catalog)
            if replayed.difference is not None:
                raise JournalError(str(replayed.difference))
            kept = list(replayed.journals.values())
        self._file = JournalFile(path)
        return kept

    def _restore(self, journal: Journal) -> None:
        """Go on with a sandbox of an earlier process."""
        opening = journal.opening
        first = opening.sandbox == DEFAULT_NAME
        if first and opening.client_id != self.options.client_id:
            raise JournalError(f"the journal belongs to client id {opening.client_id}; start with --client-id of it")
        secret = self.options.secret if first else ids.sandbox_keys(opening.seed)[1]
        journal.write = self._file.write if self._file else None
        runtime = Runtime(journal, _clock(opening.clock), self.sender, secret=secret)
        self._by_client[runtime.client_id] = runtime
        runtime.handle(Resume())

    def _journal(
        self, name: str, base_seed: int, clock: Clock, profile: Profile | None, client_id: str | None
    ) -> Journal:
        return open_journal(
            name,
            base_seed,
            self.catalog,
            now_us=clock.now_us(),
            client_id=client_id,
            clock=clock.mode,
            profile=profile or self.options.profile,
            limit=self.options.journal_limit,
            write=self._file.write if self._file else None,
        )


def _put(runtime: Runtime, scenario: Scenario | None) -> None:
    """Put a scenario into force.

    Raises:
        WrongInput: It speaks of providers or logins that there are not.
    """
    if scenario is None:
        return
    answer = runtime.handle(PutScenario(scenario)).answer
    assert answer is not None, "this command answers"
    if answer.status >= 400:
        problems = msgspec.json.decode(answer.body)["error"]["extra"]["invalid-params"]
        raise WrongInput(*((it["field"], it["message"]) for it in problems))


def _clock(mode: str) -> Clock:
    try:
        return Clock(mode)
    except ValueError as error:
        raise WrongInput(("clock", str(error))) from None
