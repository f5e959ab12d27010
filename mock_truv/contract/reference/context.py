"""What every part of the work needs: store, client, clock, seed, log."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mock_truv.contract.reference import pacing
from mock_truv.contract.reference.rules import (
    DAY_US,
    HOUR_US,
    MINUTE_US,
    REFRESHES_PER_WINDOW,
    SECOND_US,
    TIMED,
    WINDOW_MARGIN_US,
    WINDOW_US,
    text_of,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from mock_truv.contract.reference.store import Row, Store
    from mock_truv.contract.reference.truv import Truv

POLL_MAX_US = {"refresh": 10 * MINUTE_US, "link": 4 * HOUR_US, "update": HOUR_US}


@dataclass(frozen=True)
class Context:
    """The tools of the trade."""

    store: Store
    truv: Truv
    now_us: Callable[[], int]
    seed: int
    budget_per_day: int | None = None
    repairs_links: bool = False
    """Ask people by Bridge Update Mode instead of new orders."""

    @property
    def truv_us(self) -> int:
        """The present on Truv's clock."""
        return self.now_us() + self.truv.ahead_us

    def log(self, text: str, **ids: Any) -> None:
        """Write a line that names things by their ids only."""
        named = "".join(f" {name}={value}" for name, value in ids.items())
        self.store.insert("logs", line=f"{text_of(self.now_us())} {text}{named}")

    def pause_us(self, first_us: int, times: int, most_us: int, *names: object) -> int:
        """Return a growing pause, spread by seed and names."""
        return pacing.spread(pacing.grown(first_us, times, most_us), self.seed, *names, times)

    def poll_later(self, attempt: Row, polls: int) -> None:
        """Arm the next look at an attempt."""
        ident = attempt["attempt_id"]
        self.store.do("UPDATE attempts SET polls = ?, looks = looks + 1 WHERE attempt_id = ?", polls + 1, ident)
        pause_us = self.pause_us(30 * SECOND_US, polls, POLL_MAX_US[attempt["kind"]], ident, attempt["case_id"])
        self.store.set_timer("attempt", ident, self.now_us() + pause_us)

    def set_slot(self, slot: Row, state: str, **fields: Any) -> None:
        """Change the state of a wanted employer."""
        key = {"case_id": slot["case_id"], "employer_id": slot["employer_id"]}
        self.store.change("slots", key, state=state, **fields)
        self.log(f"employer {state}", case=slot["case_id"], employer=slot["employer_id"])

    def set_case(self, case_id: str, state: str, reason: str | None = None, at_us: int | None = None) -> None:
        """Change the state of a case whose employers are not known yet."""
        self.store.change("cases", {"case_id": case_id}, state=state, reason=reason, at_us=at_us)
        self.log(f"case {state}", case=case_id)

    def arm_cases(self, case_ids: Iterable[str]) -> None:
        """Arm the timers of cases by what their employers wait for."""
        states = ", ".join(f"'{state}'" for state in sorted(TIMED))
        query = (
            "SELECT min(slots.at_us) AS at_us, due_on FROM slots JOIN cases USING (case_id)"  # noqa: S608 -- own names
            f" WHERE case_id = ? AND slots.state IN ({states}) AND NOT closed"
        )
        for case_id in sorted(set(case_ids)):
            found = self.store.rows(query, case_id)[0]
            self.store.set_timer("case", case_id, found["at_us"], found["due_on"])

    def window_opens_us(self, link_id: str | None) -> int:
        """Return from when on, by our clock, a connection may be refreshed again by what we know of its last day."""
        made = self.store.commits(link_id or "", self.truv_us - WINDOW_US - WINDOW_MARGIN_US)
        if len(made) < REFRESHES_PER_WINDOW:
            return self.now_us()
        return made[-REFRESHES_PER_WINDOW] + WINDOW_US + WINDOW_MARGIN_US - self.truv.ahead_us

    def window_surely_open_us(self, link_id: str | None) -> int:
        """Return from when on a connection may be refreshed again although others refresh it, too."""
        made = self.store.commits(link_id or "", self.truv_us - WINDOW_US)
        return (made[0] if made else self.truv_us) + WINDOW_US + WINDOW_MARGIN_US - self.truv.ahead_us

    def unspent_today(self) -> int | None:
        """Return how many connections may still be refreshed on this UTC day; None: as many as wanted."""
        if self.budget_per_day is None:
            return None
        today_us = self.truv_us - self.truv_us % DAY_US
        row = self.store.row(
            "SELECT count(*) AS spent FROM commits JOIN attempts USING (attempt_id) WHERE at_us >= ?"
            " OR (at_us >= ? AND status IN ('posting', 'unknown'))", today_us, today_us - DAY_US
        )  # fmt: skip
        return max(self.budget_per_day - (row["spent"] if row else 0), 0)
