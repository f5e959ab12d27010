"""The run of one plan: time, faults, control points, crashes, and adapters that misbehave."""

from __future__ import annotations

import asyncio
import threading
import time
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from mock_truv.contract import HookReply, Step
from mock_truv.contract.adapter import HarnessCrash
from mock_truv.contract.judging import run_story
from mock_truv.contract.operations import Called, Hook, Sent
from mock_truv.contract.plan import ORDER_POST, crash, person, plan, request
from mock_truv.contract.run.line import PATIENCE_S
from mock_truv.contract.run.program import AdapterError, Program
from mock_truv.core import faults
from mock_truv.core.instants import HOUR_US, SECOND_US, datetime_of
from mock_truv.core.scenario import ConnectionRule, DriverRule
from tests.contract.toys import Toy, toy

if TYPE_CHECKING:
    from mock_truv.contract.history import History


def posts(history: History) -> list[Sent]:
    """Return the refresh requests."""
    return [op for op in history.sent if op.is_refresh]


def locked_refresh(it: Toy, order_id: str) -> Any:
    """POST a refresh while holding the program's own lock."""
    with it.lock:
        return Toy.refresh(it, order_id)


def test_a_story_is_the_same_every_time_and_in_order() -> None:
    """The same plan and integrator give the same operations; instants never go back and numbers have no gaps."""
    story = plan("two", people=2, fault=faults.Duplicate(copies=2, gap_seconds=60.0), lasts="2h")
    first, second = run_story(story, Toy), run_story(story, Toy)
    assert first.ops == second.ops
    assert first.orders == second.orders
    assert [op.seq for op in first.ops] == list(range(1, len(first.ops) + 1))
    assert all(one.at_us <= next_.at_us for one, next_ in zip(first.ops, first.ops[1:], strict=False))
    assert first.view("case-1") is not None
    assert {first.view(case_id).state for case_id in first.cases} == {"READY"}  # type: ignore[union-attr]
    assert len(first.ledger) == 2


@pytest.mark.parametrize(
    ("fault", "error", "committed"),
    [
        (faults.Timeout(commit=True, times=1, **ORDER_POST), "timeout", True),
        (faults.Timeout(commit=False, times=1, **ORDER_POST), "timeout", False),
        (faults.Reset(commit=True, times=1, **ORDER_POST), "reset", True),
        (faults.Truncated(share=0.5, times=1, **ORDER_POST), "cut", True),
        (faults.Status(status=503, times=1, **ORDER_POST), None, False),
    ],
)
def test_a_request_that_a_fault_meets_ends_as_the_fault_says(
    fault: faults.Fault, error: str | None, committed: bool
) -> None:
    """The integrator sees the fault, and the history says how it ended and whether it was committed all the same."""
    seen: list[str] = []

    def refresh(it: Toy, order_id: str) -> Any:
        try:
            status, answer = it.ask("POST", f"/v1/orders/{order_id}/", {"products": ["income"]})
        except (TimeoutError, ConnectionError) as problem:
            seen.append(type(problem).__name__)
            return None
        seen.append(str(status))
        return answer.get("id")

    history = run_story(plan("faulty", fault=fault, lasts="1h"), toy(refresh=refresh))
    [post] = posts(history)
    assert (post.error, post.committed) == (error, committed)
    assert post.fault is not None
    assert len(history.orders) == committed
    assert len(seen) == 1
    if error == "timeout":
        assert post.ended_us - post.at_us == 10 * SECOND_US


def test_a_slow_answer_lets_events_come_before_it() -> None:
    """While an answer is held, the order's events are delivered to a program that can take them."""
    story = plan("early", fault=faults.Slow(seconds=9.0, times=1, **ORDER_POST), lasts="1h")
    history = run_story(story, Toy)
    [post] = posts(history)
    assert [hook for hook in history.hooks if post.at_us < hook.at_us < post.ended_us]


def test_a_program_that_does_one_thing_at_a_time_gets_them_after_it() -> None:
    """With reentrancy ``none`` no call is made while a request is open; what came meanwhile is delivered then."""

    class Single(Toy):
        reentrancy = "none"
        busy = False

        def refresh(self, order_id: str) -> Any:
            self.busy = True
            try:
                return super().refresh(order_id)
            finally:
                self.busy = False

        def webhook(self, headers: Any, raw: bytes) -> HookReply:
            assert not self.busy
            return super().webhook(headers, raw)

    story = plan("early", fault=faults.Slow(seconds=9.0, times=1, **ORDER_POST), lasts="1h")
    history = run_story(story, Single)
    assert {hook.status for hook in history.hooks} == {200}
    assert history.view("case-1").state == "READY"  # type: ignore[union-attr]


@pytest.mark.parametrize(("point", "made"), [("sending", 0), ("committed", 1), ("answered", 1)])
def test_a_crash_at_a_point_of_a_request_kills_the_program_there(point: str, made: int) -> None:
    """The program dies at the point, starts again with what it had stored, and its dead start sends nothing more."""
    starts: list[Any] = []

    def start(it: Toy, env: Any) -> None:
        starts.append(env)
        Toy.start(it, env)

    history = run_story(plan("crash", driver=crash(point, lasting="1m", **ORDER_POST), lasts="1h"), toy(start=start))
    [died] = history.deaths
    assert died.back_us == died.at_us + 60 * SECOND_US
    assert len(starts) == 2
    assert starts[0].store == starts[1].store
    first, *later = posts(history)
    assert first.error == "crash"
    assert first.committed == bool(made)
    assert len(later) == 1, "the state said DUE in the file, so it was sent once more"
    assert {op.start for op in later} == {2}
    assert [op for op in history.ops if isinstance(op, Hook) and op.error == "refused"] != [] or made == 0


def test_who_finds_the_program_down_comes_again_when_it_is_back() -> None:
    """A click and a closing while the program is down reach its next start, once each; the history has them there."""
    calls: list[tuple[str, Any]] = []

    def request_refresh(it: Toy, case_id: str, cycle: str) -> None:
        calls.append(("request_refresh", cycle))
        Toy.request_refresh(it, case_id, cycle)

    def close_case(it: Toy, case_id: str) -> None:
        calls.append(("close_case", it.known[case_id]["state"]))

    down = crash("answered", lasting="1h", **ORDER_POST)
    closing = DriverRule(do="close", after="20s")
    story = plan("down", driver=[request(), down, request(cycle="again", after="10s"), closing], lasts="2h")
    history = run_story(story, toy(request_refresh=request_refresh, close_case=close_case))
    [died] = history.deaths
    assert calls == [("request_refresh", "cycle-1"), ("request_refresh", "again"), ("close_case", "DUE")]
    assert [op.at_us for op in history.calls("request_refresh")] == [history.start_us, died.back_us]
    assert [op.at_us for op in history.calls("close_case")] == [died.back_us]


def test_a_call_that_dies_while_it_is_blocked_is_made_again() -> None:
    """A click waits for the program's own lock when the program dies: it is marked as lost and comes once more."""
    cycles: list[str] = []

    def request_refresh(it: Toy, case_id: str, cycle: str) -> None:
        with it.lock:
            it.ask("GET", "/v1/orders/")  # a start that has ended sends no more: it dies here
        cycles.append(cycle)
        Toy.request_refresh(it, case_id, cycle)

    again = DriverRule(do="request", cycle="again", at="sending", method="POST", path="/v1/orders/*/")
    history = run_story(
        plan("blocked", driver=[request(), again, crash("committed", lasting="1m", **ORDER_POST)], lasts="1h"),
        toy(refresh=locked_refresh, request_refresh=request_refresh),
    )
    lost = [op for op in history.ops if isinstance(op, Called) and op.is_lost]
    assert [(op.name, op.cycle) for op in lost] == [("request_refresh", "again")]
    assert cycles == ["cycle-1", "again"]
    assert [(op.cycle, op.at_us) for op in history.calls("request_refresh")] == [
        ("cycle-1", history.start_us), ("again", history.deaths[0].back_us),
    ]  # fmt: skip


def test_who_comes_after_the_end_finds_nobody() -> None:
    """A thread of the integrator that lives on when the story is over is refused, and its clock stands still."""
    envs: list[Any] = []

    def start(it: Toy, env: Any) -> None:
        envs.append(env)
        Toy.start(it, env)

    history = run_story(plan("over", lasts="1h"), toy(start=start))
    [env] = envs
    assert env.clock.now() == datetime_of(history.end_us)
    env.clock.call_at(env.clock.now(), lambda: pytest.fail("nobody is called"))
    with pytest.raises(HarnessCrash):
        env.send("GET", env.api_base + "/v1/orders/", headers={}, body=None, timeout=10)
    with pytest.raises(HarnessCrash):
        env.clock.sleep(1)


def test_together_means_that_the_others_come_while_the_first_request_is_open() -> None:
    """Of eight clicks at once, seven arrive before the first one's request is answered."""

    def request_refresh(it: Toy, case_id: str, cycle: str) -> None:
        it.ask("POST", f"/v1/orders/{it.known[case_id]['source']}/", {"products": ["income"]})

    story = plan("eight", driver=request(together=8), lasts="1h")
    history = run_story(story, toy(request_refresh=request_refresh))
    assert len(history.orders) == 3, "the others are beyond the limit"
    assert max(op.open_requests for op in posts(history)) == 8


def test_a_call_that_waits_for_a_lock_is_blocked_and_ends_later() -> None:
    """A click that waits for the program's own lock does not stop the story, and its end is seen."""
    ended: list[str] = []

    def request_refresh(it: Toy, case_id: str, cycle: str) -> None:
        with it.lock:
            Toy.request_refresh(it, case_id, cycle)
        ended.append(cycle)

    again = DriverRule(do="request", cycle="again", at="sending", method="POST", path="/v1/orders/*/")
    history = run_story(
        plan("locked", driver=[request(), again], lasts="1h"),
        toy(refresh=locked_refresh, request_refresh=request_refresh),
    )
    assert ended == ["cycle-1", "again"]
    assert history.view("case-1").state == "READY"  # type: ignore[union-attr]


def test_a_call_that_works_for_long_is_not_taken_for_one_that_is_blocked() -> None:
    """Handlers that spend processor time while a request is open are waited for: the story is that of quick ones."""

    def webhook(it: Toy, headers: Any, raw: bytes) -> HookReply:
        begun_s = time.process_time()
        while time.process_time() - begun_s < 3 * PATIENCE_S:
            pass
        return Toy.webhook(it, headers, raw)

    story = plan("works", fault=faults.Slow(seconds=9.0, times=1, **ORDER_POST), lasts="1h")
    quick, busy = run_story(story, Toy), run_story(story, toy(webhook=webhook))
    [posted] = posts(busy)
    assert any(posted.at_us < hook.at_us < posted.ended_us for hook in busy.hooks)
    assert busy.ops == quick.ops


def test_an_integrator_made_of_coroutines_is_awaited_and_may_be_called_while_it_waits() -> None:
    """A program on an event loop, with httpx, gets its webhooks while its own request is open."""

    class Asynchronous(Toy):
        reentrancy = "async"

        async def advance(self, now: Any) -> Step:  # type: ignore[override]
            for known in self.known.values():
                if known["state"] == "DUE":
                    known["state"] = "REFRESHING"
                    async with httpx.AsyncClient(transport=self.env.httpx_transport(), timeout=10) as client:
                        headers = {"X-Access-Client-Id": self.env.client_id, "X-Access-Secret": self.env.access_secret}
                        url = f"{self.env.api_base}/v1/orders/{known['source']}/"
                        answer = await client.post(url, json={"products": ["income"]}, headers=headers)
                        known["order"] = answer.json()["id"]
            if any(event.get("status") == "done" for event in self.hooks):
                next(iter(self.known.values()))["state"] = "READY"
            return Step(None)

        async def webhook(self, headers: Any, raw: bytes) -> HookReply:  # type: ignore[override]
            await asyncio.sleep(0)
            return super().webhook(headers, raw)

    story = plan("async", fault=faults.Slow(seconds=9.0, times=1, **ORDER_POST), lasts="1h")
    history = run_story(story, Asynchronous)
    [post] = posts(history)
    assert [hook for hook in history.hooks if post.at_us < hook.at_us < post.ended_us]
    assert history.view("case-1").state == "READY"  # type: ignore[union-attr]


def asks_for_a_login(it: Toy, now: Any) -> Step:
    """Make one order for a new login when a refresh wants one."""
    for event in it.hooks:
        if event.get("status") == "login_error" and not it.known["case-1"].get("asked"):
            it.known["case-1"]["asked"] = True
            body = {
                "products": ["income"],
                "first_name": "A",
                "last_name": "B",
                "external_user_id": "client-000001",
            }
            it.ask("POST", "/v1/orders/", body)
    return Toy.advance(it, now)


def test_the_person_logs_in_at_the_link_some_time_after_it_came() -> None:
    """Without an outbox the link is in the person's hands when its order is made; the login repairs the connection."""
    story = plan(
        "login", connection=ConnectionRule(password_changes_after="10d"), driver=person("completes", "2h"), lasts="1d"
    )
    history = run_story(story, toy(advance=asks_for_a_login))
    [link_order] = history.link_orders("case-1")
    [visit] = history.people
    assert (visit.did, visit.order_id, visit.status) == ("completes", link_order.order_id, "login")
    assert visit.at_us == link_order.at_us + 2 * HOUR_US
    assert [part.status for part in link_order.parts] == ["done"]
    assert link_order.parts[0].key in history.cases["case-1"].links


def test_a_person_who_finds_the_page_of_a_program_down_tries_again_when_it_is_back() -> None:
    """Where links lead to a page of the program's own, a visit while it is down waits for its next start."""
    lost = ConnectionRule(password_changes_after="10d")
    down = DriverRule(do="crash", after="90m", lasting="2h")
    story = plan("closed page", connection=lost, driver=[request(), person("completes", "2h"), down], lasts="1d")
    history = run_story(story, toy(advance=asks_for_a_login, open_page=lambda it, url: None))
    [died], [visit] = history.deaths, history.people
    assert (visit.did, visit.at_us) == ("completes", died.back_us)


@pytest.mark.parametrize(
    ("call", "gives", "said"),
    [
        ("advance", "raises", "it raised ValueError: broken"),
        ("case", "raises", "it raised ValueError: broken"),
        ("case", {"state": "READY"}, "a CaseView is wanted"),
        ("webhook", "text", "a HookReply or a status is wanted"),
        ("describe", [], "it must give a mapping"),
        ("describe", {"capabilities": ["flying"]}, "flying is unknown"),
        ("describe", {"bounds_s": {"B-LOSS": -1}}, "seconds above 0"),
        ("describe", {"bounds_s": {"B-LOST": 9}}, "bounds_s: B-LOST is unknown; known are B-PREFILL, B-LOSS"),
        ("describe", {"policies": {"reminder": 1}}, "policies: reminder is unknown; known are age_skip_days"),
        ("describe", {"counts": {"page_hours": "a day"}}, "counts: page_hours = 'a day'; a whole number"),
        ("describe", {"capabilites": []}, "capabilites is unknown; known are adapter, name, version"),
    ],
)
def test_an_adapter_that_misbehaves_is_named_with_its_call(call: str, gives: Any, said: str) -> None:
    """A raise or nonsense is a fault of the adapter: the error names the call and what would be right."""

    def answer(it: Toy, *given: Any) -> Any:
        if gives == "raises":
            raise ValueError("broken")
        return gives

    with pytest.raises(AdapterError) as caught:
        run_story(plan("misbehaves", lasts="1h"), toy(**{call: answer}))
    assert caught.value.call == call
    assert said in str(caught.value)


def test_a_call_that_never_returns_is_cut_off_and_shown() -> None:
    """A hang is cut by the real-time guard; the error shows where the call stood."""
    never = threading.Event()

    class Hanging(Toy):
        def advance(self, now: Any) -> Step:
            never.wait()
            return Step(None)

    program = Program(Hanging(), guard_s=0.1)
    with pytest.raises(AdapterError, match="did not return within") as caught:
        program.call("advance", None)
    assert "never.wait()" in caught.value.details
    never.set()


def test_a_webhook_handler_that_dies_of_an_exception_answers_500() -> None:
    """As a web framework would: the delivery counts as answered with 500 and is tried again."""

    def webhook(it: Toy, headers: Any, raw: bytes) -> Any:
        raise ValueError("broken")

    history = run_story(plan("raises", lasts="1h"), toy(webhook=webhook))
    assert {(hook.status, hook.error) for hook in history.hooks} == {(500, "raised")}
    assert max(hook.attempt for hook in history.hooks) > 1


def test_every_call_of_the_run_is_in_the_history() -> None:
    """Start, cases, clicks and stop are there, in order."""
    history = run_story(plan("calls", lasts="1h"), Toy)
    assert [op.name for op in history.ops if isinstance(op, Called)] == ["start", "put_case", "request_refresh", "stop"]
