"""One operation of a history as a line for people: who did what to whom, in words."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mock_truv.contract.clauses.common import lasting
from mock_truv.contract.operations import Called, Died, Happened, Hook, Logged, Message, Person, Sent, Shown
from mock_truv.core.instants import SECOND_US

if TYPE_CHECKING:
    from mock_truv.contract.clause import Breach
    from mock_truv.contract.history import History, OrderFacts
    from mock_truv.contract.operations import Op

UNDER_WAY = frozenset({"new", "login", "mfa", "parse", "full_parse"})
"""Statuses of a task that has not ended."""
NOBODY = "a webhook finds nobody: the program is down"
TELLING = frozenset({"task-status-updated", "order-refresh-failed", "link-deleted"})
"""Events that tell of an ending by themselves."""
DEEDS = {
    "completes": "logs in", "mistypes": "mistypes the password", "leaves": "leaves the session without a login",
    "other-account": "logs in with another account", "too-late": "comes too late",
}  # fmt: skip
"""What a person did at a link, in words."""
WENT_WRONG = {"empty": "empty body", "html": "a page of HTML", "truncated": "body cut off", "slow": "slow answer"}
"""Kinds of faults that do not say what they are."""
_ID = re.compile(r"\b([0-9a-f]{8})[0-9a-f]{24}\b")
_WORD = re.compile(r"[\w-]+")


@dataclass(frozen=True)
class Moment:
    """One line of a story."""

    at_us: int
    """Since the story's beginning."""
    who: str
    """Who acts: ``integrator``, ``Truv``, ``person`` or ``clock``."""
    whom: str
    """Whom it reaches; the same as ``who`` where nobody."""
    text: str
    times: int = 1
    is_evidence: bool = False


def cases_of_breach(history: History, breach: Breach) -> set[str]:
    """Return the cases that a breach is about: those of its evidence, and those that it names; else all."""
    found: set[str] = set()
    for op in breach.ops:
        match op:
            case Shown(view=view):
                found.add(view.case_id)
            case Called(case_id=str() as case_id) | Message(case_id=case_id) | Person(case_id=case_id):
                found.add(case_id)
            case Happened(order_id=None):
                found.update(_cases_of_link(history, op.link_id))
            case Sent() | Happened() | Hook():
                found.update(_cases_of_order(history, _order_of(op)))
            case _:
                pass
    words = set(_WORD.findall(breach.what))
    found.update(case_id for case_id in history.cases if case_id in words)
    return found & set(history.cases) or set(history.cases)


def moment_of(
    history: History, op: Op, case_ids: set[str], *, is_evidence: bool, breach_text: str = ""
) -> Moment | None:
    """Return an operation as a line; None: it is about other cases, or nobody would miss it.

    ``breach_text``: what the breach says; a connection that it names is named in the line, too.
    """
    at_us = op.at_us - history.start_us

    def moment(who: str, whom: str, text: str) -> Moment:
        return Moment(at_us, who, whom, text, is_evidence=is_evidence)

    match op:
        case Called(name=name) if name in {"request_refresh", "close_case", "run_due"}:
            if op.case_id is not None and op.case_id not in case_ids:
                return None
            named = " ".join(part for part in (op.case_id, op.cycle) if part)
            lost = " (the program dies before it takes it)" if op.is_lost else ""
            counted = _counted(op) if is_evidence else ""
            return moment("clock", "integrator", f"{name} {named}".strip() + counted + lost)
        case Sent():
            worth = is_evidence or op.is_write or op.error or op.fault
            ours = is_evidence or _is_about(case_ids, _cases_of_order(history, op.made or op.order_id))
            return moment("integrator", "Truv", _request_text(history, op)) if worth and ours else None
        case Hook():
            about = _cases_of_order(history, op.event.get("order_id")) or _cases_of_user(history, op)
            told = is_evidence or (is_telling(op) and _is_about(case_ids, about))
            text = NOBODY if op.error == "refused" and not is_evidence else _hook_text(op)
            return moment("Truv", "integrator", text) if told else None
        case Shown(view=view) if view.case_id in case_ids:
            return moment("integrator", "integrator", f"shows {shown_text(op)}")
        case Message() if op.case_id in case_ids or is_evidence:
            return moment("integrator", "person", _message_text(history, op))
        case Person() if op.case_id in case_ids or is_evidence:
            return moment("person", "Truv", _person_text(op))
        case Died():
            back = f"; it starts again {lasting(op.back_us - op.at_us)} later" if op.back_us is not None else ""
            where = with_short_ids(op.when)
            return moment("clock", "integrator", f"the program is killed {where}{back}")
        case Logged() if is_evidence:
            return moment("integrator", "integrator", f"logs: {op.line[:160]}")
        case Happened(name="host-clock"):
            return moment("clock", "integrator", f"the host's clock jumps {op.status}")
        case Happened(name="suborder", status="expired") if _is_about(case_ids, _cases_of_order(history, op.order_id)):
            return moment("Truv", "Truv", f"the link of order {short(op.order_id)} expires")
        case Happened() if is_ending(op) and (is_evidence or _is_about(case_ids, _cases_of_ending(history, op))):
            return moment("Truv", "Truv", f"a task of {_task_text(history, op, breach_text)} ends in {op.status}")
        case _:
            return None


def is_ending(op: Op) -> bool:
    """Return whether an operation is the ending of a task."""
    return isinstance(op, Happened) and op.name == "task" and op.status not in UNDER_WAY


def is_telling(op: Hook) -> bool:
    """Whether a webhook is worth a line: an ending, a forgery, a fault, or an answer that is no success."""
    ending = op.event.get("status") not in {None, "pending", "sent"} | UNDER_WAY
    return (ending and op.event.get("event_type") in TELLING) or not went_well(op)


def went_well(op: Hook) -> bool:
    """Whether a webhook is genuine, as it was meant, and was taken at the first try."""
    untouched = not op.forgery and not op.fault and op.attempt == 1
    return untouched and op.status is not None and op.status < 300


def shown_text(op: Shown) -> str:
    """Return how a case is shown."""
    view = op.view
    reason = f" ({view.reason})" if view.reason else ""
    prefill = ", prefill" + (" (old)" if view.prefill.get("stale") else "") if view.prefill else ""
    return f"{view.case_id} as {view.state}{reason}{prefill}"


def short(ident: str | None) -> str:
    """Return enough of an id to know it again."""
    return ident[:8] if ident else "?"


def with_short_ids(text: str) -> str:
    """Return a text with its ids shortened as in the lines of a story."""
    return _ID.sub(r"\1", text)


def _is_about(case_ids: set[str], about: set[str]) -> bool:
    return not about or bool(about & case_ids)


def _order_of(op: Sent | Happened | Hook) -> str | None:
    match op:
        case Sent():
            return op.made or op.order_id
        case Happened():
            return op.order_id
        case Hook():
            return op.event.get("order_id")


def _cases_of_order(history: History, order_id: str | None) -> set[str]:
    if order_id is None:
        return set()
    known = {facts.case_id for facts in history.cases.values() if facts.order_id == order_id}
    order = history.order(order_id)
    return known | ({order.case_id} if order is not None and order.case_id else set())


def _cases_of_link(history: History, link_id: str | None) -> set[str]:
    """Return the cases whose order, or a later one, has a connection."""
    if link_id is None:
        return set()
    later = {it.case_id for it in history.orders if it.case_id and any(part.link_id == link_id for part in it.parts)}
    return {facts.case_id for facts in history.cases.values() if link_id in facts.links.values()} | later


def _cases_of_ending(history: History, op: Happened) -> set[str]:
    return _cases_of_link(history, op.link_id) if op.order_id is None else _cases_of_order(history, op.order_id)


def _cases_of_user(history: History, op: Hook) -> set[str]:
    user_id = op.event.get("user_id")
    return {facts.case_id for facts in history.cases.values() if facts.user_id == user_id}


def _task_text(history: History, op: Happened, breach_text: str) -> str:
    """Return whose task ends: an order's, or a connection's that is refreshed or repaired without an order."""
    order = history.order(op.order_id)
    if op.order_id is not None:
        maker = "of another system" if order is not None and order.elsewhere else ""
        link = f"connection {short(op.link_id)}" if op.link_id is not None and op.link_id in breach_text else ""
        about = ", ".join(filter(None, (maker, link)))
        return f"order {short(op.order_id)}" + (f" ({about})" if about else "")
    cases = _named(_cases_of_link(history, op.link_id))
    return f"connection {short(op.link_id)}{cases}" if op.link_id is not None else f"no order ({short(op.id)})"


def _named(case_ids: set[str]) -> str:
    return f" ({', '.join(sorted(case_ids))})" if case_ids else ""


def _message_text(history: History, op: Message) -> str:
    shown = next((it for it in history.orders if it.url and op.url and it.url in op.url), None)
    order = shown or history.order(op.order_id)
    link = "" if order is None else f"of order {short(order.order_id)} "
    if op.kind == "link" and link:
        return f"sends the link {link}to {op.person_ref} for {op.case_id}"
    about = f" (order {short(order.order_id)})" if order is not None else ""
    return f"sends {'an' if op.kind[:1] in 'aeiou' else 'a'} {op.kind} to {op.person_ref} for {op.case_id}{about}"


def _person_text(op: Person) -> str:
    place = "the program's own page" if op.order_id is None else f"the link of order {short(op.order_id)}"
    status = f": {op.status}" if op.status and op.status != "login" else ""
    return f"{DEEDS.get(op.did, op.did)} at {place} ({op.case_id}){status}"


def _counted(op: Called) -> str:
    """Return what a run's summary counted."""
    if not isinstance(op.result, Mapping):
        return ""
    return " → " + (", ".join(f"{name} {number}" for name, number in op.result.items() if number) or "nothing counted")


def _request_text(history: History, op: Sent) -> str:
    path = with_short_ids(op.path)
    waited_us = op.ended_us - op.at_us
    waited = f" after {lasting(waited_us)}" if waited_us >= SECOND_US else ""
    answer = f"→ {op.status}{waited}" if op.error is None else f"→ no answer{waited} ({op.error})"
    if op.error == "crash":
        answer = "→ killed meanwhile"
    made = f", order {short(op.made)} made" if op.made else ""
    struck = f" [fault of the plan: {WENT_WRONG.get(op.fault, op.fault)}]" if op.fault else ""
    return f"{op.method} {path}{_target_text(history, op)} {answer}{made}{struck}"


def _target_text(history: History, op: Sent) -> str:
    """Return what the order or user in a request's path is, and for whom a new order is made."""
    parts = op.path.strip("/").split("/")
    if parts[:2] == ["v1", "users"] and len(parts) > 2:
        mine = {it.case_id for it in history.cases.values() if it.user_id == parts[2]}
        mine |= {it.case_id for it in history.orders if it.user_id == parts[2] and it.case_id}
        token = isinstance(op.body, dict) and bool(op.body.get("access_token"))
        kind = f", {'with' if token else 'without'} an access token" if parts[3:] == ["tokens"] else ""
        return f" (person of {', '.join(sorted(mine))}{kind})" if mine else ""
    if op.is_new_order:
        made = history.order(op.made)
        return f" (a new login for {_owner(made)})" if made is not None and _owner(made) else ""
    names = {facts.order_id: f" (source order of {facts.case_id})" for facts in history.cases.values()}
    order = history.order(op.order_id)
    if order is None or not _owner(order):
        return names.get(op.order_id or "", "")
    return f" ({'refresh' if order.is_refresh else 'link order'} of {_owner(order)})"


def _owner(order: OrderFacts) -> str:
    return order.case_id or ", ".join(order.case_ids)


def _hook_text(op: Hook) -> str:
    what = " ".join(str(op.event[key]) for key in ("event_type", "status") if op.event.get(key))
    kind = f" FORGED ({op.forgery})" if op.forgery else f" [fault of the plan: {op.fault}]" if op.fault else ""
    answer = f"→ {op.status}" if op.status is not None else f"→ no answer ({op.error})"
    answer += " (it raised)" if op.error == "raised" else ""
    again = f", try {op.attempt}" if op.attempt > 1 else ""
    return f"webhook {what or 'without readable body'}{kind}{again} {answer}"
