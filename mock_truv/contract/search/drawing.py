"""Plans drawn by chance: a plan of some clause's family, mixed with knobs, faults, crashes and calls that it lacks.

Hypothesis draws everything from one source; what is drawn is an ordinary plan and can be saved as a scenario file.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st
from msgspec.structs import replace

from mock_truv.contract.plan import ORDER_POST, ORDER_READ
from mock_truv.core import faults
from mock_truv.core.instants import parse_duration
from mock_truv.core.profile import PRESETS
from mock_truv.core.scenario import DriverRule, FaultRule

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mock_truv.core.scenario import Scenario

KNOBS: tuple[dict[str, Any], ...] = (
    *PRESETS.values(),
    {"task_event_order_id": True}, {"order_events": "order"}, {"order_events": "success"},
    {"failure_events": ["order-refresh-failed"]}, {"time_format": "mixed"}, {"time_format": "z"},
    {"webhook_retry_id": "new"}, {"billing": "done"}, {"oauth_days": 90}, {"order_list_lag_seconds": 60},
    {"order_list": "absent"}, {"idempotency_header": "honoured"}, {"user_of_new_order": "replaced"},
    {"report_place": "order"}, {"report_place": "link"}, {"failure_reason_in": ["task"]},
    {"failure_reason_in": ["link"]}, {"employer_ids": "equal"}, {"order_read_lag_seconds": 60},
    {"refresh_of_refresh": "refused"}, {"webhook_disable_after": 3},
)  # fmt: skip
"""Values of the knobs that an integrator could care about (clauses: knobs)."""
times = st.integers(1, 3)
seconds = st.sampled_from((0.0, 1.0, 60.0, 600.0, 7200.0, 90_000.0))
webhook_faults = st.one_of(
    st.builds(faults.Duplicate, copies=times, gap_seconds=seconds, new_id=st.booleans(), times=times),
    st.builds(faults.Delay, seconds=seconds, times=times),
    st.builds(faults.Lose, times=st.none() | times),
    st.builds(faults.Reorder, order=st.permutations((1, 2, 3)).map(tuple)),
    st.builds(faults.Forge, forgery=st.sampled_from(("missing-header", "wrong-secret", "tampered-byte")), times=times),
    st.builds(faults.Bytes, form=st.sampled_from(("spaces", "key-order", "escapes", "newline"))),
    st.builds(faults.Strange, what=st.sampled_from(("event-type", "status", "field", "nulls", "stranger"))),
)


def _request_faults(where: dict[str, str]) -> st.SearchStrategy[Any]:
    """Return faults of the requests that ``where`` names."""
    met = {name: st.just(value) for name, value in where.items()}
    return st.one_of(
        st.builds(faults.Status, status=st.sampled_from((500, 502, 503)), times=times, **met),
        st.builds(
            faults.Status,
            status=st.just(429),
            times=times,
            retry_after=st.sampled_from((None, "30", "{date+30}")),
            **met,
        ),
        st.builds(faults.Timeout, times=times, commit=st.booleans(), **met),
        st.builds(faults.Reset, times=times, commit=st.booleans(), **met),
        st.builds(faults.Html, times=times, **met),
        st.builds(faults.Slow, times=times, seconds=st.sampled_from((1.0, 9.0)), **met),
    )


request_faults = (
    _request_faults(ORDER_POST)
    | _request_faults(ORDER_READ)
    | st.builds(faults.UnknownStatus, times=times, **{name: st.just(value) for name, value in ORDER_READ.items()})
)
deeds = st.one_of(
    st.builds(DriverRule, do=st.just("request"), after=st.sampled_from(("1m", "1h", "7h")), together=st.integers(1, 3)),
    st.builds(
        DriverRule, do=st.just("crash"), at=st.sampled_from(("sending", "committed", "answered", "acknowledged")),
        nth=st.integers(1, 6), lasting=st.sampled_from((None, "1m", "1h")),
    ),
    st.builds(DriverRule, do=st.just("redeliver"), nth=st.integers(1, 8), after=st.sampled_from(("1m", "2h", "2d"))),
)  # fmt: skip


def drawn_plans(bases: Sequence[Scenario]) -> st.SearchStrategy[Scenario]:
    """Return a strategy of plans: one of ``bases`` with at most two faults, two deeds and one set of knobs more."""
    return st.builds(
        _mixed,
        st.sampled_from(tuple(bases)),
        st.just({}) | st.sampled_from(KNOBS),
        st.lists(webhook_faults | request_faults, max_size=2),
        st.lists(deeds, max_size=2),
        st.integers(0, 3),
    )


def _mixed(
    base: Scenario, knobs: dict[str, Any], more: list[faults.Fault], deeds_: list[DriverRule], seed: int
) -> Scenario:
    return replace(
        base,
        profile=knobs | base.profile,
        fault=(*base.fault, *(FaultRule(fault=fault) for fault in more)),
        driver=(*base.driver, *(_in_its_cycle(base, deed) for deed in deeds_)),
        seed=seed,
    )


def _in_its_cycle(base: Scenario, deed: DriverRule) -> DriverRule:
    """Return a deed with the cycle that is under way then: nobody asks for a cycle that is over."""
    after_us = parse_duration(deed.after)
    begun = [
        (parse_duration(rule.after), number, rule.cycle) for number, rule in enumerate(base.driver)
        if rule.do in {"request", "run-due"} and rule.at is None and parse_duration(rule.after) <= after_us
    ]  # fmt: skip
    return replace(deed, cycle=max(begun)[2]) if begun else deed
