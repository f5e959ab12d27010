"""A history as a short story: who did what, when, as far as it bears on one breach."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from mock_truv.contract.history import Called, Died, Happened, Hook, Logged, Message, Person, Sent, Shown
from mock_truv.core.instants import DAY_US, HOUR_US, MINUTE_US, SECOND_US

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from mock_truv.contract.clause import Breach
    from mock_truv.contract.history import History, Op


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


def story_of(history: History, breach: Breach) -> list[Moment]:
    """Return the moments that lead to a breach: its evidence, and what was written, told, sent and shown before."""
    case_ids = _cases_of(history, breach)
    evidence = {op.seq for op in breach.ops}
    moments: list[Moment] = []
    last_us = max([breach.at_us, *(op.at_us for op in breach.ops)])
    for op in history.ops:
        if op.at_us > last_us:
            break
        moment = _moment(history, op, case_ids, is_evidence=op.seq in evidence)
        if moment is None:
            continue
        before = moments[-1] if moments else None
        if before is not None and (before.text, before.who) == (moment.text, moment.who):
            moments[-1] = replace(before, times=before.times + 1, is_evidence=before.is_evidence or moment.is_evidence)
        else:
            moments.append(moment)
    moments.append(Moment(breach.at_us - history.start_us, "clock", "clock", "here the clause is broken"))
    return moments


def duration_text(duration_us: int) -> str:
    """Return a virtual time such as ``2 d 03:15:08``."""
    days, rest = divmod(duration_us, DAY_US)
    text = f"{rest // HOUR_US:02}:{rest % HOUR_US // MINUTE_US:02}:{rest % MINUTE_US // SECOND_US:02}"
    return f"{days} d {text}" if days else text


def story_lines(moments: Iterable[Moment]) -> Iterator[str]:
    """Yield a story as lines of text."""
    for moment in moments:
        mark = "▸" if moment.is_evidence else " "
        times = f"  ({moment.times} times)" if moment.times > 1 else ""
        yield f"{mark} +{duration_text(moment.at_us):>12}  {moment.who:<10} {moment.text}{times}"


def _cases_of(history: History, breach: Breach) -> set[str]:
    found: set[str] = set()
    for op in breach.ops:
        match op:
            case Shown(view=view):
                found.add(view.case_id)
            case Called(case_id=str() as case_id) | Message(case_id=case_id) | Person(case_id=case_id):
                found.add(case_id)
            case Sent() | Happened() | Hook():
                found.update(_cases_of_order(history, _order_of(op)))
            case _:
                pass
    found.update(case_id for case_id in history.cases if case_id in breach.what.replace(",", " ").split())
    return found & set(history.cases) or set(history.cases)


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


def _moment(history: History, op: Op, case_ids: set[str], *, is_evidence: bool) -> Moment | None:
    at_us = op.at_us - history.start_us

    def moment(who: str, whom: str, text: str) -> Moment:
        return Moment(at_us, who, whom, text, is_evidence=is_evidence)

    match op:
        case Called(name=name) if name in {"request_refresh", "close_case", "run_due"}:
            if op.case_id is not None and op.case_id not in case_ids:
                return None
            named = " ".join(part for part in (op.case_id, op.cycle) if part)
            return moment("clock", "integrator", f"{name} {named}".strip())
        case Sent():
            if not is_evidence and not (op.is_write or op.error or op.fault):
                return None
            about = _cases_of_order(history, op.made or op.order_id)
            if about and not about & case_ids and not is_evidence:
                return None
            return moment("integrator", "Truv", _request_text(history, op))
        case Hook():
            about = _cases_of_order(history, op.event.get("order_id")) or _cases_of_user(history, op)
            if about and not about & case_ids and not is_evidence:
                return None
            return moment("Truv", "integrator", _hook_text(op)) if is_evidence or _is_telling(op) else None
        case Shown(view=view) if view.case_id in case_ids:
            reason = f" ({view.reason})" if view.reason else ""
            prefill = ", prefill" + (" (old)" if view.prefill.get("stale") else "") if view.prefill else ""
            return moment("integrator", "integrator", f"shows {view.case_id} as {view.state}{reason}{prefill}")
        case Message() if op.case_id in case_ids or is_evidence:
            return moment("integrator", "person", f"sends a {op.kind} to {op.person_ref} for {op.case_id}")
        case Person() if op.case_id in case_ids or is_evidence:
            status = f": {op.status}" if op.status else ""
            return moment("person", "Truv", f"{op.did} at the link{status}")
        case Died():
            return moment("clock", "integrator", f"the program is killed ({op.where})")
        case Logged() if is_evidence:
            return moment("integrator", "integrator", f"logs: {op.line[:160]}")
        case Happened(name="task", status=status) if status not in {"new", "login", "mfa", "parse", "full_parse"}:
            about = _cases_of_order(history, op.order_id)
            if about and not about & case_ids:
                return None
            return moment("Truv", "Truv", f"a task of order {_short(op.order_id)} ends in {status}")
        case _:
            return None


def _is_telling(op: Hook) -> bool:
    """Whether a webhook is worth a line: an ending, a forgery, a fault, or an answer that is no success."""
    status = op.event.get("status")
    ending = status not in {None, "new", "login", "mfa", "parse", "full_parse", "pending", "sent"}
    kind = op.event.get("event_type")
    told = kind in {"task-status-updated", "order-refresh-failed", "link-deleted"}
    return bool((ending and told) or op.forgery or op.fault or op.status is None or op.status >= 300)


def _cases_of_user(history: History, op: Hook) -> set[str]:
    user_id = op.event.get("user_id")
    return {facts.case_id for facts in history.cases.values() if facts.user_id == user_id}


def _short(ident: str | None) -> str:
    return ident[:8] if ident else "?"


def _request_text(history: History, op: Sent) -> str:
    path = "/".join(part[:8] if len(part) == 32 else part for part in op.path.split("/"))
    answer = f"→ {op.status}" if op.error is None else f"→ no answer ({op.error})"
    if op.error == "crash":
        answer = "→ killed meanwhile"
    made = f", order {_short(op.made)} made" if op.made else ""
    struck = f" [fault: {op.fault}]" if op.fault else ""
    names = {facts.order_id: f" (source order of {facts.case_id})" for facts in history.cases.values()}
    return f"{op.method} {path}{names.get(op.order_id or '', '')} {answer}{made}{struck}"


def _hook_text(op: Hook) -> str:
    what = " ".join(str(op.event[key]) for key in ("event_type", "status") if op.event.get(key))
    kind = f" FORGED ({op.forgery})" if op.forgery else f" [{op.fault}]" if op.fault else ""
    answer = f"→ {op.status}" if op.status is not None else f"→ no answer ({op.error})"
    again = f", try {op.attempt}" if op.attempt > 1 else ""
    return f"webhook {what or 'without readable body'}{kind}{again} {answer}"
