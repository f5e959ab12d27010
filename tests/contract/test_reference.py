"""The reference program: its rules one by one, and a few whole stories."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from mock_truv.contract.operations import Message, Shown
from mock_truv.contract.plan import NEW_ORDER_POST, ORDER_POST, crash, down, person, plan, request
from mock_truv.contract.reference import integrator, pacing, rules, update_mode
from mock_truv.contract.reference.pacing import BURST, GAP_US, Gate
from mock_truv.contract.reference.prefill import prefill
from mock_truv.contract.reference.rules import HOUR_US, MINUTE_US, SECOND_US, Verdict
from mock_truv.contract.reference.store import packed
from mock_truv.contract.reference.truv import parsed
from mock_truv.contract.reference.webhooks import is_genuine
from mock_truv.contract.run.driver import Run
from mock_truv.core import faults
from mock_truv.core.instants import text_http
from mock_truv.core.profile import PRESETS
from mock_truv.core.scenario import DriverRule, PersonRule
from mock_truv.core.tasks import ERRORS
from mock_truv.delivery.signing import sign

if TYPE_CHECKING:
    from collections.abc import Callable

    from mock_truv.contract.adapter import CaseView
    from mock_truv.contract.history import History
    from mock_truv.core.scenario import Scenario

NOW_US = 1_770_000_000 * SECOND_US


def carried_out(story: Scenario, factory: Callable[[], Any] = integrator) -> tuple[History, CaseView, int, int, int]:
    """Return the history, the last view of case 1, and how many refreshes, link orders and messages there were."""
    history = Run(story, factory).run()
    view = next(op.view for op in reversed(history.ops) if isinstance(op, Shown) and op.view.case_id == "case-1")
    refreshes = sum(op.is_refresh and op.committed for op in history.sent)
    links = sum(op.is_new_order and op.committed for op in history.sent)
    return history, view, refreshes, links, sum(isinstance(op, Message) for op in history.ops)


class TestRules:
    def test_every_ending_has_a_reaction(self) -> None:
        """Every documented failure of a task leads to a link, a retry or a caseworker, never to success."""
        assert {rules.TASKS[str(status)] for status in ERRORS} == {
            Verdict.LINK, Verdict.RETRY, Verdict.BRIEF_RETRY, Verdict.MANUAL,
        }  # fmt: skip

    @pytest.mark.parametrize(
        ("employers", "state"),
        [
            ([("READY", None), ("READY", None)], "READY"),
            ([("READY", None), ("MANUAL", "no_data")], "PARTIAL"),
            ([("READY", None), ("REFRESHING", None)], "REFRESHING"),
            ([("REAUTH_SENT", "login_error"), ("RETRY_WAIT", "unavailable")], "REAUTH_SENT"),
            ([("MANUAL", "error")], "MANUAL"),
        ],
    )
    def test_state_of_a_case_follows_from_its_employers(self, employers: list[Any], state: str) -> None:
        """A case is READY only when all its employers are, and PARTIAL when endings are mixed."""
        assert rules.case_state(employers) == state

    @pytest.mark.parametrize(
        "text", ["2026-01-05T15:00:00Z", "2026-01-05T15:00:00.000000+00:00", "2026-01-05 15:00:00"]
    )
    def test_all_forms_of_a_time_are_one_instant(self, text: str) -> None:
        """Times are compared as instants, whatever their form."""
        assert rules.text_of(rules.instant_us(text)) == "2026-01-05T15:00:00Z"

    def test_income_may_be_refreshed_as_employment_but_not_the_reverse(self) -> None:
        """Only products that the source order permits are asked for."""
        assert rules.may_refresh(["income"], "employment")
        assert not rules.may_refresh(["employment"], "income")
        assert not rules.may_refresh(["income"], "hovercraft")


class TestPacing:
    @pytest.mark.parametrize(
        ("header", "pause_us"),
        [
            ("30", 30 * SECOND_US),
            (text_http(NOW_US + 90 * SECOND_US), 90 * SECOND_US),
            ("0", SECOND_US),
            ("99999999", HOUR_US),
            (None, None),
            ("soon", None),
            ("-5", None),
        ],
    )
    def test_retry_after_is_read_in_both_forms_and_clamped(self, header: str | None, pause_us: int | None) -> None:
        """A pause is between 1 s and 1 h; nonsense is no pause of zero but an own, growing one."""
        assert pacing.retry_after_us(header, NOW_US) == pause_us

    def test_pauses_without_a_header_grow(self) -> None:
        """Each 429 without a usable header makes the pause longer."""
        gate, pauses = Gate(), []
        for _ in range(4):
            gate = pacing.throttled(gate, None, NOW_US)
            pauses.append(gate.until_us - NOW_US)
        assert pauses == sorted(set(pauses))

    def test_no_minute_sees_300_requests(self) -> None:
        """Whoever sends whenever the gate lets them stays below the account's rate."""
        gate, now_us, sent = Gate(), NOW_US, list[int]()
        while now_us < NOW_US + 5 * MINUTE_US:
            now_us = max(pacing.opening(gate, now_us), now_us)
            gate = pacing.admitted(gate, now_us)
            sent.append(now_us)
        assert max(sum(at <= each < at + MINUTE_US for each in sent) for at in sent) < 300
        assert len(sent) > 4 * MINUTE_US // GAP_US

    def test_clock_set_back_stops_nobody_for_long(self) -> None:
        """After a clock went back an hour the gate opens within its own bounds."""
        gate = replace(Gate(), spent_us=NOW_US + BURST * GAP_US)
        assert pacing.opening(gate, NOW_US - HOUR_US) <= NOW_US - HOUR_US + MINUTE_US

    def test_one_bad_request_is_no_outage_and_a_row_of_them_is(self) -> None:
        """Some failures in a row close the gate; one success opens it."""
        gate = pacing.failed(Gate(), NOW_US)
        assert gate.cause is None
        for _ in range(pacing.OUTAGE_AFTER):
            gate = pacing.failed(gate, NOW_US)
        assert gate.cause == "outage"
        assert pacing.succeeded(gate, NOW_US).cause is None

    def test_what_was_on_its_way_does_not_lift_a_pause(self) -> None:
        """An answer to a request sent before the 429 says nothing about it; one to a later request ends the pause."""
        gate = pacing.throttled(Gate(), "30", NOW_US)
        assert pacing.succeeded(gate, NOW_US) == gate
        assert pacing.succeeded(gate, NOW_US + 1).cause is None

    def test_chance_hangs_on_the_seed_alone(self) -> None:
        """Equal seeds spread equally, others differently, by at most a quarter."""
        spread = [pacing.spread(HOUR_US, 1, f"case-{number}") for number in range(200)]
        assert spread == [pacing.spread(HOUR_US, 1, f"case-{number}") for number in range(200)]
        assert len(set(spread)) > 190
        assert min(spread) >= HOUR_US
        assert max(spread) < HOUR_US * 5 // 4


def test_numbers_are_kept_exactly() -> None:
    """A number with a fraction stays the text that came."""
    assert parsed(b'{"a": 0.10, "b": 1234567.89}') == {"a": "0.10", "b": "1234567.89"}
    assert parsed(b"[1]") is None
    assert parsed(b"<html>") is None


def test_signature_is_of_the_raw_bytes() -> None:
    """A genuine event is one signed with our secret, under a header name in any case, once."""
    raw = b'{"a": "\xc3\xa9" }\n'
    good = sign(raw, "sandbox-secret")
    assert is_genuine([("x-Webhook-SIGN", good)], raw, "sandbox-secret")
    for headers in (
        [],
        [("X-WEBHOOK-SIGN", good[3:])],
        [("X-WEBHOOK-SIGN", good[:-1])],
        [("X-WEBHOOK-SIGN", good)] * 2,
    ):
        assert not is_genuine(headers, raw, "sandbox-secret")
    assert not is_genuine([("X-WEBHOOK-SIGN", good)], raw + b" ", "sandbox-secret")
    assert not is_genuine([("X-WEBHOOK-SIGN", sign(raw, ""))], raw, "")


def test_prefill_marks_what_is_old() -> None:
    """Parts of earlier cycles are marked stale one by one; if there are no others, so is the whole."""
    data = packed({"order_id": "o", "report_id": "r", "as_of": "2026-01-05T15:00:00Z", "items": [{"income": "0.10"}]})
    slots: list[dict[str, Any]] = [
        {"employer_id": "a", "data": data, "data_cycle": "2", "state": "READY"},
        {"employer_id": "b", "data": data, "data_cycle": "1", "state": "MANUAL"},
        {"employer_id": "c", "data": None, "data_cycle": None, "state": "MANUAL"},
    ]
    shown = prefill(slots, "2")
    assert shown is not None
    assert not shown["stale"]
    assert shown["items"] == [{"income": "0.10", "employer_id": "a"},
                              {"income": "0.10", "employer_id": "b", "stale": True}]  # fmt: skip
    old = prefill(slots[1:], "2")
    assert old is not None
    assert old["stale"]
    assert prefill(slots[2:], "2") is None


class TestStories:
    @pytest.mark.parametrize("preset", PRESETS)
    @pytest.mark.parametrize("lost", [False, True])
    def test_refresh_under_every_profile(self, preset: str, lost: bool) -> None:
        """One refresh leads to READY, with or without webhooks."""
        story = plan("happy", profile=PRESETS[preset], fault=faults.Lose() if lost else ())
        _, view, refreshes, links, _ = carried_out(story)
        assert (view.state, refreshes, links) == ("READY", 1, 0)

    @pytest.mark.parametrize("preset", PRESETS)
    @pytest.mark.parametrize("lost", [False, True])
    def test_login_error_is_repaired_by_one_link(self, preset: str, lost: bool) -> None:
        """One link, one message, and the data of the link's order without another refresh."""
        story = plan("login", people=PersonRule(password_changed=1.0), driver=person("completes"),
                     profile=PRESETS[preset], fault=faults.Lose() if lost else ())  # fmt: skip
        _, view, refreshes, links, messages = carried_out(story)
        assert (view.state, refreshes, links, messages) == ("READY", 1, 1, 1)

    def test_unavailable_provider_is_tried_again_without_asking_anybody(self) -> None:
        """Refreshes are repeated later, and nobody is asked."""
        _, view, refreshes, _, messages = carried_out(plan("down", provider=down("0s", "2h")))
        assert (view.state, refreshes, messages) == ("READY", 3, 0)

    @pytest.mark.parametrize("preset", ["documented", "older-docs", "harsh"])
    @pytest.mark.parametrize("commit", [False, True])
    def test_unknown_outcome_is_settled(self, preset: str, commit: bool) -> None:
        """A request that was never answered is repeated only if it made nothing."""
        fault = faults.Timeout(commit=commit, times=1, **ORDER_POST)
        _, view, refreshes, _, _ = carried_out(plan("lost answer", profile=PRESETS[preset], fault=fault))
        assert (view.state, refreshes) == ("READY", 1)

    @pytest.mark.parametrize("at", ["sending", "committed", "answered"])
    @pytest.mark.parametrize("path", [ORDER_POST, NEW_ORDER_POST])
    def test_death_around_a_request_costs_nothing(self, at: str, path: dict[str, Any]) -> None:
        """Killed at any point, the program makes one refresh, one link order and one message."""
        story = plan("crash", people=PersonRule(password_changed=1.0),
                     driver=(request(), crash(at, lasting="10m", **path), person("completes")))  # fmt: skip
        _, view, refreshes, links, messages = carried_out(story)
        assert (view.state, refreshes, links, messages) == ("READY", 1, 1, 1)

    def test_clicks_and_nightly_runs_together_have_one_effect(self) -> None:
        """Eight runs side by side, night after night, buy one refresh for each case."""
        story = plan("nights", people=3, driver=DriverRule(do="run-due", every="1d", times=4, together=8))
        _, view, refreshes, _, _ = carried_out(story)
        assert (view.state, refreshes) == ("READY", 3)

    def test_update_mode_repairs_the_connection(self) -> None:
        """The person repairs the connection from our own page; no order is made and no token is kept."""
        story = plan("repair", people=PersonRule(password_changed=1.0), driver=person("completes", "7h"))
        history, view, refreshes, links, messages = carried_out(story, update_mode)
        assert (view.state, refreshes, links, messages) == ("READY", 1, 0, 1)
        message = next(op for op in history.ops if isinstance(op, Message))
        assert not any(secret in message.text for secret in history.secrets)

    def test_budget_of_a_day_is_kept(self) -> None:
        """With a cap of 2 a day, 5 cases take three days."""
        story = plan("budget", people=5, driver=DriverRule(do="run-due", every="1d", times=2))
        history, _, refreshes, _, _ = carried_out(story, lambda: integrator(budget_per_day=2))
        days = [line.at_us // (24 * HOUR_US) for line in history.ledger]
        assert refreshes == 5
        assert max(days.count(day) for day in days) == 2
