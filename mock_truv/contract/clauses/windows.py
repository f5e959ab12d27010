"""The 24 hours in which a connection may be refreshed three times: who used them up, and when there is room again.

Instants are those of the commits at Truv. An attempt that was refused because of the limit is no commit.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import msgspec

from mock_truv.contract.operations import Sent
from mock_truv.core.instants import DAY_US, MINUTE_US
from mock_truv.core.profile import Profile

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from mock_truv.contract.clauses.common import Casebook
    from mock_truv.contract.history import History, OrderFacts, Part

LIMIT = 3
"""Refreshes of one connection in any 24 hours (refresh object)."""
WINDOW_US = DAY_US
LIMIT_TEXT = "refresh limit"
"""Part of the text of a refusal because of the limit, in lower case (the text is documented)."""
STEP_US = 15 * MINUTE_US
"""One step of scheduling more than a bound is allowed."""


@dataclass(frozen=True)
class Attempt:
    """A refresh of one connection that the integrator asked for."""

    at_us: int
    link_id: str
    case_id: str | None
    op: Sent | None
    order: OrderFacts | None = None
    part: Part | None = None

    @property
    def is_lost(self) -> bool:
        """Whether its answer did not reach the integrator."""
        return self.op is None or self.op.error is not None or not 200 <= (self.op.status or 0) < 300

    @property
    def failed(self) -> bool:
        """Whether it ended in anything but ``done``."""
        return self.part is not None and self.part.status not in {None, "done"}


class Windows:
    """The attempts of a history by connection."""

    def __init__(self, book: Casebook) -> None:
        self.book = book
        self.own: defaultdict[str, list[Attempt]] = defaultdict(list)
        """Connection -> the integrator's commits, in order."""
        self.refused: defaultdict[str, list[Attempt]] = defaultdict(list)
        """Connection -> the integrator's attempts that met the limit, in order."""
        self.all_us: defaultdict[str, list[int]] = defaultdict(list)
        """Connection -> the instants of all commits, those of other systems included, in order."""
        self.doubtful_us: defaultdict[str, list[int]] = defaultdict(list)
        """Connection -> when the integrator asked for refreshes that came to nothing and that it may have to count."""
        self.limit = min(LIMIT, msgspec.convert(book.history.plan.profile, Profile).refresh_limit)
        """What is allowed in this world; an integrator never takes more than ``LIMIT``."""
        self._places = _places(book.history)
        over = _over_limit(book.history)
        for line in sorted(book.history.ledger, key=_committed_us):
            at_us, order = _committed_us(line), book.orders.get(line.order_id or "")
            if line.elsewhere:
                self.all_us[line.link_id].append(at_us)
                continue
            part = next((it for it in order.parts if it.link_id == line.link_id), None) if order else None
            op = book.request_of(order) if order else None
            attempt = Attempt(at_us, line.link_id, order.case_id if order else None, op, order, part)
            if line.task_id in over:
                self.refused[line.link_id].append(attempt)
            else:
                self.own[line.link_id].append(attempt)
                self.all_us[line.link_id].append(at_us)
        for op in book.requests.values():
            if is_limit(op):
                for link_id, case_id in self._links_of(op):
                    self.refused[link_id].append(Attempt(op.at_us, link_id, case_id, op))
            elif op.is_refresh and op.made is None and (op.error is not None or op.status is None or op.status >= 500):
                for link_id, _ in self._links_of(op):
                    self.doubtful_us[link_id].append(op.at_us)
        for attempts in self.refused.values():
            attempts.sort(key=lambda it: it.at_us)

    def links_of_case(self, case_id: str) -> list[str]:
        """Return the connections for which a case was refreshed or refused."""
        found = [*self.own.items(), *self.refused.items()]
        return list(dict.fromkeys(link for link, attempts in found if any(it.case_id == case_id for it in attempts)))

    def attempts(self, link_id: str, case_id: str | None = None) -> list[Attempt]:
        """Return the integrator's attempts at a connection, refused ones too, of one case if that is given."""
        found = [*self.own[link_id], *self.refused[link_id]]
        return sorted((it for it in found if case_id in {None, it.case_id}), key=lambda it: it.at_us)

    def before(self, link_id: str, at_us: int) -> list[Attempt]:
        """Return the integrator's own commits in the 24 hours before an instant, that instant left out."""
        return [it for it in self.own[link_id] if at_us - WINDOW_US < it.at_us < at_us]

    def full(self) -> Iterator[tuple[str, list[Attempt]]]:
        """Yield (connection, its three) for every three own commits within 24 hours."""
        for link_id, commits in self.own.items():
            for number in range(LIMIT - 1, len(commits)):
                three = commits[number - LIMIT + 1 : number + 1]
                if three[-1].at_us - three[0].at_us < WINDOW_US:
                    yield link_id, three

    def excess(self) -> Iterator[tuple[str, list[Attempt], Attempt]]:
        """Yield (connection, the three, the fourth) for every attempt while three own commits were in its window."""
        for link_id in {**self.own, **self.refused}:
            for attempt in self.attempts(link_id):
                within = self._earlier(link_id, attempt)
                if len(within) >= LIMIT:
                    yield link_id, within[-LIMIT:], attempt

    def _earlier(self, link_id: str, attempt: Attempt) -> list[Attempt]:
        found = [it for it in self.own[link_id] if attempt.at_us - WINDOW_US < it.at_us <= attempt.at_us]
        return found[: found.index(attempt)] if attempt in found else found

    def opens_us(self, link_id: str, from_us: int, *, known_only: bool = False) -> int:
        """Return from when on there is room, not before ``from_us``.

        ``known_only``: later commits, which nobody could foresee, are left out.
        """
        commits = [at_us for at_us in self.all_us[link_id] if not known_only or at_us <= from_us]
        for at_us in sorted({from_us, *(each + WINDOW_US for each in commits if each + WINDOW_US > from_us)}):
            if sum(at_us - WINDOW_US < each <= at_us for each in commits) < self.limit:
                return at_us
        return from_us

    def stays_open(self, link_id: str, from_us: int, to_us: int) -> bool:
        """Return whether there is room from one instant to another throughout."""
        edges = [from_us, *(at_us for at_us in self.all_us[link_id] if from_us < at_us <= to_us)]
        return all(sum(edge - WINDOW_US < each <= edge for each in self.all_us[link_id]) < self.limit for edge in edges)

    def _links_of(self, op: Sent) -> list[tuple[str, str | None]]:
        """Return (connection, case) of the employers that a refused request names, those its answer names if any."""
        mine = self._places.get(op.order_id or "", {})
        given = op.body.get("employers") if isinstance(op.body, dict) else None
        names = [it.get("id") for it in given if isinstance(it, dict)] if isinstance(given, list) else list(mine)
        answer = text_of(op.answer)
        blamed = [sub for sub in names if sub in mine and sub in answer]
        found = [mine[sub] for sub in blamed or names if sub in mine]
        return list(dict.fromkeys((link_id, case_id) for link_id, case_id in found if link_id is not None))


def is_limit(op: Sent) -> bool:
    """Return whether a request was refused because a connection is at its limit."""
    return op.is_refresh and op.status in {400, 429} and LIMIT_TEXT in text_of(op.answer).lower()


def text_of(value: Any) -> str:
    """Return an answer as text."""
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()


def spans(attempts: Sequence[Attempt]) -> int:
    """Return the time from the first of some attempts to the last."""
    return attempts[-1].at_us - attempts[0].at_us


def ops_of(*attempts: Attempt) -> tuple[Sent, ...]:
    """Return the requests of attempts."""
    return tuple(it.op for it in attempts if it.op is not None)


def _committed_us(line: Any) -> int:
    return int(line.at_us if line.committed_us is None else line.committed_us)


def _places(history: History) -> dict[str, dict[str, tuple[str | None, str | None]]]:
    """Return order -> suborder -> (connection, case)."""
    found: dict[str, dict[str, tuple[str | None, str | None]]] = {}
    for facts in history.cases.values():
        found[facts.order_id] = {sub: (link_id, facts.case_id) for sub, link_id in facts.links.items()}
    for order in history.orders:
        found[order.order_id] = {part.suborder_id: (part.link_id, order.case_id) for part in order.parts}
    return found


def _over_limit(history: History) -> set[str]:
    """Return the tasks that failed because their connection was at its limit."""
    if history.plan.profile.get("refresh_limit_effect") != "fail_task":
        return set()
    found = set()
    for order in history.orders:
        for entry in (order.report or {}).get("employers") or ():
            for task in entry.get("tasks") or ():
                if LIMIT_TEXT in str(task.get("error_message")).lower():
                    found.add(str(task.get("id")))
    return found
