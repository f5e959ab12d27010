"""What a contract run found: a verdict for every clause, the failures with their stories, troubles of its own."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from mock_truv.contract.clause import Kind

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mock_truv.contract.clause import Breach, Clause
    from mock_truv.contract.history import History
    from mock_truv.contract.manifest import Manifest
    from mock_truv.core.scenario import Scenario


@dataclass(frozen=True)
class Failure:
    """A broken clause, with the smallest plan found that breaks it."""

    clause: Clause
    breach: Breach
    plan: Scenario
    history: History
    shrunk: bool = True
    """False: time was over before nothing smaller could be found."""
    found_in: str = ""
    """Title of the plan in which it was seen first."""


@dataclass(frozen=True)
class Result:
    """The verdict on one clause."""

    clause: Clause
    kind: Kind
    exercised: int = 0
    """Plans under which it was triggered and its own mutant would have failed."""
    triggered: int = 0
    """Plans under which it was triggered."""
    reason: str = ""
    """Why it is N/A, WEAK, INCONCLUSIVE or DECLARED."""
    failure: Failure | None = None
    known_gap: str | None = None
    """The reason given in the file of known gaps."""

    @property
    def is_good(self) -> bool:
        """Whether a run with only such results passes: known gaps may fail, and must."""
        if self.known_gap is not None:
            return self.kind is Kind.FAIL
        return self.kind is not Kind.FAIL


@dataclass(frozen=True)
class Trouble:
    """The adapter itself went wrong in a story: no verdict follows from that story."""

    call: str
    problem: str
    details: str
    plan: Scenario
    count: int = 1


@dataclass(frozen=True)
class RunReport:
    """A whole contract run."""

    target: str
    manifest: Manifest
    seed: int
    mode: str
    """``quick``, ``default``, ``scenario`` …"""
    results: Mapping[str, Result]
    troubles: Sequence[Trouble] = ()
    stories: int = 0
    seconds: float = 0.0
    notes: Sequence[str] = field(default_factory=tuple)
    """Findings that are no verdicts: ceilings exceeded, plans left out, capabilities claimed and never seen."""

    @property
    def failures(self) -> list[Failure]:
        """Return the failures, MUST clauses first."""
        found = [result.failure for result in self.results.values() if result.failure is not None]
        return sorted(found, key=lambda it: (it.clause.level != "MUST", int(it.clause.id[3:])))

    @property
    def unjudged(self) -> list[Result]:
        """Return the MUST clauses that are N/A or INCONCLUSIVE."""
        return [
            result
            for result in self.results.values()
            if result.clause.level == "MUST" and result.kind in {Kind.NOT_APPLICABLE, Kind.INCONCLUSIVE}
        ]

    @property
    def passed(self) -> bool:
        """Whether nothing failed, and the adapter was sound."""
        return not self.troubles and all(result.is_good for result in self.results.values())
