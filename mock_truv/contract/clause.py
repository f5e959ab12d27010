"""The registry of clauses: what each says, how sure its source is, who needs it, and the function that judges it.

A checker is a pure function of a ``History``. It yields a ``Trigger`` for every occasion on which the clause could have
been broken (so that *exercised* means something), and a ``Breach`` for every occasion on which it was.
Identifiers are permanent: never changed, never given to another clause.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from mock_truv.contract.history import History
    from mock_truv.contract.operations import Op
    from mock_truv.core.scenario import Scenario

Level = Literal["MUST", "SHOULD"]


class Kind(StrEnum):
    """What a run says of a clause."""

    PASS = "PASS"  # noqa: S105 -- a verdict
    FAIL = "FAIL"
    WEAK = "WEAK"
    """Kept, but only under weaker plans than the clause asks for."""
    NOT_APPLICABLE = "N/A"
    """The integrator lacks a capability that it needs."""
    INCONCLUSIVE = "INCONCLUSIVE"
    """Its trigger was never reached in a way that its own mutant would have failed."""
    DECLARED = "DECLARED"
    """It cannot be shown from outside; the integrator says so."""


@dataclass(frozen=True, slots=True)
class Trigger:
    """An occasion on which a clause could have been broken."""

    at_us: int
    what: str = ""


@dataclass(frozen=True, slots=True)
class Breach:
    """An occasion on which it was broken."""

    at_us: int
    what: str
    """One sentence: what the integrator did or left undone, with ids and amounts as seen."""
    expected: str = ""
    """One sentence: what would have been right here; empty: the clause's own statement says it."""
    ops: tuple[Op, ...] = ()
    """The operations that prove it."""


Checker = Callable[["History"], Iterator[Trigger | Breach]]


class Violation(AssertionError):  # noqa: N818 -- the contract's own word
    """An integrator breaks a clause. Each clause has a subclass of its own: failures stay apart while they shrink."""

    clause_id = ""

    def __init__(self, breach: Breach) -> None:
        super().__init__(f"{self.clause_id}: {breach.what}")
        self.breach = breach


@dataclass(frozen=True)
class Clause:
    """One clause of the contract."""

    id: str
    level: Level
    name: str
    statement: str
    """What an integrator does, in one or two sentences (the checker's docstring)."""
    section: str
    """Letter and title, as ``B. Classification of outcomes``."""
    source: str
    """Page or observation behind it; *inferred* or *assumed* where no page says it."""
    needs: tuple[str, ...]
    check: Checker
    plans: Callable[[], Sequence[Scenario]]
    """Its family: plans in which its trigger comes, the plainest first."""
    advice: str
    """What usually mends it."""
    weak_without: tuple[str, ...]
    """Capabilities without which it is judged by weaker signs; ``reentrancy``: more than one call at a time."""
    full_plans: Callable[[], Sequence[Scenario]]
    """Plans with as many cases as the clause is written for, carried out only when asked for (``--bulk full``)."""
    violation: type[Violation]
    since: str = "0.1"


REGISTRY: dict[str, Clause] = {}
"""All clauses by id, in the contract's order once ``mock_truv.contract.clauses`` is imported."""


def clause(
    ident: str,
    level: Level,
    name: str,
    *,
    section: str,
    source: str,
    plans: Callable[[], Sequence[Scenario]],
    needs: Sequence[str] = ("core",),
    advice: str = "",
    weak_without: Sequence[str] = (),
    full_plans: Callable[[], Sequence[Scenario]] = tuple,
) -> Callable[[Checker], Checker]:
    """Register a checker as a clause; its docstring is the clause's statement."""

    def register(check: Checker) -> Checker:
        assert ident not in REGISTRY, f"{ident} is registered twice"
        assert check.__doc__, f"{ident}: the checker's docstring is the statement; it has none"
        violation = type(f"{ident.replace('-', '')}Violation", (Violation,), {"clause_id": ident})
        REGISTRY[ident] = Clause(
            id=ident, level=level, name=name, statement=" ".join(check.__doc__.split()), section=section, source=source,
            needs=tuple(needs), check=check, plans=plans, advice=advice, weak_without=tuple(weak_without),
            full_plans=full_plans,
            violation=violation,
        )  # fmt: skip
        return check

    return register


@dataclass(frozen=True, slots=True)
class Judgement:
    """What one clause says of one history."""

    clause_id: str
    triggers: tuple[Trigger, ...]
    breaches: tuple[Breach, ...]

    @property
    def kind(self) -> Kind:
        """FAIL, PASS (triggered and kept), or INCONCLUSIVE (not triggered)."""
        if self.breaches:
            return Kind.FAIL
        return Kind.PASS if self.triggers else Kind.INCONCLUSIVE


def judge(clause: Clause, history: History) -> Judgement:
    """Let one clause judge a history."""
    triggers: list[Trigger] = []
    breaches: list[Breach] = []
    for finding in clause.check(history):
        if isinstance(finding, Breach):
            breaches.append(finding)
        else:
            triggers.append(finding)
    return Judgement(clause.id, tuple(triggers), tuple(breaches))
