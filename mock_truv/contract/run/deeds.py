"""What people and machines of a plan do: clicks, nightly runs, crashes, clock steps, and the person at the link."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

import msgspec

from mock_truv.api.call import Request
from mock_truv.commands import CompleteBridge, LeaveBridge, Redeliver
from mock_truv.contract.adapter import HarnessCrash
from mock_truv.contract.operations import Called, Happened, Hook, Person
from mock_truv.core.base import suborders
from mock_truv.core.instants import DAY_US, SECOND_US, parse_duration
from mock_truv.core.logins import GOOD_PASSWORD, RIGHT_CODE, typed
from mock_truv.core.model import OPEN_SUBORDER
from mock_truv.core.scenario import DriverRule
from mock_truv.core.striking import matches
from mock_truv.delivery.signing import HEADER, USER_AGENT, sign
from mock_truv.runtime.hub import DEFAULT_SECRET

if TYPE_CHECKING:
    from collections.abc import Callable

    from mock_truv.contract.history import CaseFacts
    from mock_truv.contract.operations import Sent
    from mock_truv.contract.run.driver import Run

PERSON = ("person-completes", "person-mistypes", "person-leaves", "person-other-account")
WRONG_PASSWORD = "not-the-password"  # noqa: S105 -- what a person mistypes
BETWEEN_TRIES_US = 30 * SECOND_US
UNREADABLE = (b"", b"{", b"[]", b"\xff\xfe", b"null", b'"done"')
"""Signed bodies that are no JSON object."""


def plan_all(run: Run) -> None:
    """Put what the plan does at an instant on the run's calendar; points and people wait for their occasion."""
    run.people.remember_accounts()
    for rule in run.plan.driver:
        if rule.at is not None or rule.do in PERSON:
            continue
        every_us = 0 if rule.every is None else parse_duration(rule.every)
        times = rule.times if rule.every is not None else 1
        for number in range(times):
            at_us = run.start_us + parse_duration(rule.after) + number * every_us
            run.plan_at(at_us, _deed(run, rule, repeat=1 if rule.every is not None else rule.times))
    if run.manifest.run_times and not any(rule.do == "run-due" for rule in run.plan.driver):
        _plan_nights(run)


def _plan_nights(run: Run) -> None:
    """Let a program that works in nightly runs have them, from just after the story's beginning, each day."""
    days = -(-parse_duration(run.plan.lasts) // DAY_US)
    for moment_us in run.manifest.run_times:
        first_us = run.start_us + (moment_us - run.start_us) % DAY_US
        for day in range(days + 1):
            run.plan_at(first_us + day * DAY_US, lambda: do(run, DriverRule(do="run-due", cycle=run.latest_cycle)))


def _deed(run: Run, rule: DriverRule, repeat: int) -> Callable[[], None]:
    def deed() -> None:
        for _ in range(repeat):
            do(run, rule)

    return deed


def do(run: Run, rule: DriverRule) -> None:
    """Do what a rule says, now."""
    lasting_us = 0 if rule.lasting is None else parse_duration(rule.lasting)
    match rule.do:
        case "request":
            for facts in _cases(run, rule):
                _many(run, rule, "request_refresh", (facts.case_id, rule.cycle), facts.case_id)
        case "run-due":
            run.last_cycle.update(dict.fromkeys(run.cases, rule.cycle))
            if "run_due" in run.host.calls:
                _many(run, rule, "run_due", (rule.cycle,), None)
        case "close":
            for facts in _cases(run, rule):
                if "close_case" in run.host.calls:
                    _many(run, rule, "close_case", (facts.case_id,), facts.case_id)
        case "crash":
            if run.manifest.has("persist"):
                run.host.die("between calls", lasting_us)
        case "redeliver":
            for ident in list(run.world.state.deliveries)[rule.nth - 1 : rule.nth - 1 + rule.times]:
                run.give(Redeliver(ident))
        case "unreadable":
            for body in UNREADABLE if run.manifest.has("webhook") else ():
                run.host.perform(partial(_send_unreadable, run, body))
        case "elsewhere":
            for facts in _cases(run, rule):
                _refresh_elsewhere(run, facts)
        case "clock-back" | "clock-forward":
            run.host.skew_us += lasting_us if rule.do == "clock-forward" else -lasting_us
            way = f"{rule.do.removeprefix('clock-')} by {rule.lasting}"
            run.record(Happened(at_us=run.now_us, name="host-clock", id="host", status=way))
        case "end-faults":
            run.end_faults()
        case _:
            raise AssertionError(f"{rule.do} is done at a link")


def _cases(run: Run, rule: DriverRule) -> list[CaseFacts]:
    everyone = list(run.cases.values())
    return everyone[rule.case - 1 : rule.case - 1 + (rule.cases or 1)]


def _many(run: Run, rule: DriverRule, name: str, arguments: tuple[Any, ...], case_id: str | None) -> None:
    """Make a call as often as the rule says *together*: the others come while the first one's request is open.

    Whoever finds the program down, or loses it before it took the call, makes it again when it is back.
    """
    if case_id is not None and name == "request_refresh":
        run.last_cycle[case_id] = run.latest_cycle = rule.cycle

    def call() -> None:
        if run.host.is_down:
            run.host.when_back(call)
            return
        begun = Called(at_us=run.now_us, name=name, case_id=case_id, cycle=rule.cycle)
        seq = run.record(begun)

        def done(result: Any) -> None:
            if name == "run_due":
                run.amend(seq, replace(begun, result=dict(result or {}), ended_us=run.now_us))

        def lost() -> None:
            run.amend(seq, replace(begun, is_lost=True))
            run.host.when_back(call)

        given = (run.host.now(), *arguments) if name == "run_due" else arguments
        run.host.call_or_later(name, given, done, lost=lost)

    run.host.perform(lambda: _together(run, call, rule.together))


def _together(run: Run, call: Callable[[], None], number: int) -> None:
    run.points.crowd(call, number - 1)
    call()
    run.points.disperse()


def _send_unreadable(run: Run, body: bytes) -> None:
    """Send a rightly signed body that is no JSON object; it is no webhook of the world, so it is sent once."""
    headers = [("Content-Type", "application/json"), ("User-Agent", USER_AGENT), (HEADER, sign(body, DEFAULT_SECRET))]
    hook = Hook(at_us=run.now_us, webhook_id=f"unreadable-{len(run.ops)}", event={}, raw=body, fault="unreadable")

    def answered(reply: Any) -> None:
        run.record(replace(hook, at_us=run.now_us, status=getattr(reply, "status", reply)))

    def failed(error: str) -> None:
        run.record(replace(hook, at_us=run.now_us, status=500, error=error))

    run.host.call_or_later("webhook", (headers, body), answered, failed)


def _refresh_elsewhere(run: Run, facts: CaseFacts) -> None:
    body = msgspec.json.encode({"products": [facts.product]}).decode()
    asked = run.ask(Request("POST", f"/v1/orders/{facts.order_id}/", "", body, "application/json"))
    run.elsewhere.update([asked.order_id] if asked.order_id is not None else (), asked.task_ids)


class Points:
    """The control points of a run: occasions within the integrator's own doing at which the plan acts."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._rules = [rule for rule in run.plan.driver if rule.at is not None and rule.do not in PERSON]
        self._seen = [0] * len(self._rules)
        self._crowd: list[Callable[[], None]] = []
        self._busy = False

    def crowd(self, call: Callable[[], None], number: int) -> None:
        """Have a call made so many times more, while the next request is open."""
        self._crowd = [call] * number

    def disperse(self) -> None:
        """Make the calls that found no open request, one after the other."""
        while self._crowd:
            self._crowd.pop()()

    def reached(self, point: str, op: Sent | None = None) -> None:
        """A point is reached: do what the plan has for it.

        Raises:
            HarnessCrash: The program dies here.
        """
        run = self._run
        if point == "sending":
            while self._crowd:  # each of them takes the next one in when it sends
                run.host.perform(self._crowd.pop())
        for number, rule in enumerate(self._rules):
            if rule.at != point or run.now_us < run.start_us + parse_duration(rule.after) or not _fits(rule, op):
                continue
            self._seen[number] += 1
            if not rule.nth <= self._seen[number] < rule.nth + rule.times:
                continue
            if rule.do == "crash":
                self._crash(rule, point, op)
            else:
                run.host.perform(partial(do, run, rule))

    def _crash(self, rule: DriverRule, point: str, op: Sent | None) -> None:
        run = self._run
        if not run.manifest.has("persist"):
            return
        where = point if op is None else f"{point} {op.method} {op.path}"
        run.host.die(where, 0 if rule.lasting is None else parse_duration(rule.lasting))
        if op is not None:
            raise HarnessCrash(where)


def _fits(rule: DriverRule, op: Sent | None) -> bool:
    if op is None:
        return True
    return rule.method in {None, op.method} and (rule.path is None or matches(rule.path, op.path))


class People:
    """The persons: each does at a link what the plan says, some time after the link reached them."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._rules = [rule for rule in run.plan.driver if rule.do in PERSON]
        self._links: dict[str, int] = {}
        self._known: set[tuple[str, str | None, str | None]] = set()
        self._logins: dict[str, tuple[str, str]] = {}
        """Link -> (login, provider): people still know them when the link's credentials were removed."""

    def remember_accounts(self) -> None:
        """Note what the connections of all cases are logged in with."""
        links = self._run.world.state.links
        for ident in {link for facts in self._run.cases.values() for link in facts.links.values()}:
            self._logins[ident] = (links[ident].username, links[ident].provider_id)

    def link_reached(self, case_id: str, order_id: str | None, url: str | None) -> None:
        """A link for a case is in the person's hands (a reminder of a known one is not another)."""
        run = self._run
        if (case_id, order_id, url) in self._known:
            return
        self._known.add((case_id, order_id, url))
        number = self._links[case_id] = self._links.get(case_id, 0) + 1
        ordinal = list(run.cases).index(case_id) + 1 if case_id in run.cases else 0
        for rule in self._rules:
            mine = rule.case <= ordinal < rule.case + (rule.cases or 1)
            if mine and rule.nth <= number < rule.nth + rule.times:
                run.plan_at(run.now_us + parse_duration(rule.after), self._deed(rule, case_id, order_id, url))

    def _deed(self, rule: DriverRule, case_id: str, order_id: str | None, url: str | None) -> Callable[[], None]:
        host = self._run.host

        def deed() -> None:
            if "open_page" in host.calls and host.is_down:  # a page of the program's own: the person tries again
                host.when_back(deed)
            else:
                self._visit(rule, case_id, order_id, url)

        if "open_page" in host.calls:  # such a page waits for an open call of the program
            return lambda: host.perform_alone(deed)
        return deed

    def _visit(self, rule: DriverRule, case_id: str, order_id: str | None, url: str | None) -> None:
        """Open the link and do what the rule says."""
        run = self._run
        did = rule.do.removeprefix("person-")
        token, order_id = self._token(order_id, url)
        order = run.world.state.orders.get(order_id or "")
        dead = token is None or (
            order is not None and (order.canceled_us is not None or run.now_us >= order.expires_us)
        )
        if dead:
            run.record(Person(at_us=run.now_us, did="too-late", case_id=case_id, order_id=order_id))
            return
        assert token is not None, "a live link has a token"
        if did == "leaves":
            run.record(Person(at_us=run.now_us, did=did, case_id=case_id, order_id=order_id))
            run.give(LeaveBridge(token))
        elif did == "mistypes":
            for number in range(2):
                run.plan_at(run.now_us + number * BETWEEN_TRIES_US, self._try(token, case_id, order_id, WRONG_PASSWORD))
            run.plan_at(
                run.now_us + 2 * BETWEEN_TRIES_US, lambda: self._complete(token, case_id, order_id, "completes")
            )
        else:
            self._complete(token, case_id, order_id, did)

    def _token(self, order_id: str | None, url: str | None) -> tuple[str | None, str | None]:
        """Return the bridge token behind a link, and its order."""
        run = self._run
        if "open_page" in run.host.calls and url is not None:
            found = run.host.call("open_page", url, quiet=True)
            token = (found or {}).get("bridge_token")
            if token in run.world.state.tokens:
                return token, run.world.state.tokens[token].order_id or order_id
        for order in run.world.state.orders.values():
            if order.id == order_id or (url and (f"/s/{order.short_code}" in url or order.bridge_token in url)):
                return order.bridge_token, order.id
        return None, order_id

    def _try(self, token: str, case_id: str, order_id: str | None, password: str) -> Callable[[], None]:
        def deed() -> None:
            login, provider = self._accounts(case_id)[0]
            self._log_in(token, case_id, order_id, "mistypes", login, password, provider)

        return deed

    def _complete(self, token: str, case_id: str, order_id: str | None, did: str) -> None:
        """Log in for every open suborder, with the accounts whose connections are broken, else with all in turn."""
        run = self._run
        accounts = self._accounts(case_id)
        if did == "other-account":
            others = [name for person in run.world.catalog.people.values() for name in person.usernames]
            accounts = [(next(name for name in others if name not in {it[0] for it in accounts}), "truv_api")]
        order = run.world.state.orders.get(order_id or "")
        wanted = len([it for it in suborders(order) if it.status in OPEN_SUBORDER]) if order is not None else 1
        for number in range(max(wanted, len(accounts) if order is not None and not suborders(order) else 1)):
            login, provider = accounts[number % len(accounts)]
            if not self._log_in(token, case_id, order_id, did, login, GOOD_PASSWORD, provider):
                return

    def _accounts(self, case_id: str) -> list[tuple[str, str]]:
        """Return (login, provider) of a person's accounts, the broken ones alone if there are any."""
        run = self._run
        state = run.world.state
        facts = run.cases.get(case_id) or next(iter(run.cases.values()))
        links = [state.links[ident] for ident in facts.links.values()]
        failed = []
        for link in links:
            task = state.tasks.get(link.last_refresh_task_id or "")
            if task is not None and task.status in {"login_error", "mfa_error"}:
                failed.append(link)
        return [self._logins[link.id] for link in failed or links]

    def _log_in(self, token: str, case_id: str, order_id: str | None, did: str, login: str, password: str,
                provider: str) -> bool:  # fmt: skip
        run = self._run
        meant = typed(run.world, token, login, password, RIGHT_CODE, provider_id=provider)
        answer = run.give(CompleteBridge(token, meant, provider)).answer
        assert answer is not None, "a login is answered"
        good = answer.status == 200
        status = msgspec.json.decode(answer.body).get("status") if good else "refused"
        run.record(Person(at_us=run.now_us, did=did if good else "too-late", case_id=case_id, order_id=order_id,
                          status=status))  # fmt: skip
        return good
