"""A history's webhooks: whom each concerns, and what was done because of one.

Nothing here blames a webhook for what a read, a click, a timer or another webhook of the same instant explains.
"""

from __future__ import annotations

from collections import defaultdict
from itertools import groupby
from typing import TYPE_CHECKING

from mock_truv.contract.clauses.asking import page_us
from mock_truv.contract.clauses.common import Casebook
from mock_truv.contract.clauses.employers import employer_state
from mock_truv.contract.clauses.hooks import FAILURES, MAYBE_STRANGER, RETRYABLE, SETTLED, WAITING, accepted, tells_end
from mock_truv.contract.operations import Called, Died, Happened, Hook, Message, Person, Sent, Shown
from mock_truv.core.instants import HOUR_US, SECOND_US, instant_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from mock_truv.contract.adapter import CaseView
    from mock_truv.contract.history import History, OrderFacts, Part
    from mock_truv.contract.operations import Op

FEW_CASES = 50
"""Of more cases nothing is said to be slow: the account's rate may be the reason."""


class Mail:
    """The webhooks of a history, and whom they concern. Made once by each checker."""

    @classmethod
    def of(cls, history: History) -> Mail:
        """Return the one of a history; many checkers ask for it."""
        kept: Mail | None = vars(history).get("_mail")
        if kept is None:
            kept = vars(history)["_mail"] = cls(history)
        return kept

    def __init__(self, history: History) -> None:
        self.history = history
        self.book = Casebook.of(history)
        self.genuine = [hook for hook in self.book.hooks if hook.forgery is None]
        self._tasks: dict[str, tuple[OrderFacts, Part]] = {}
        self._cases: defaultdict[str, set[str]] = defaultdict(set)
        for facts in history.cases.values():
            for ident in (facts.user_id, *facts.links.values()):
                self._cases[ident].add(facts.case_id)
        for order in history.orders:
            cases = {*order.case_ids, *([order.case_id] if order.case_id else [])}
            for part in order.parts:
                if part.task_id is not None:
                    self._tasks[part.task_id] = (order, part)
            for named in (order.order_id, order.user_id, *(part.link_id for part in order.parts)):
                if named:
                    self._cases[named] |= cases
        self._troubles = history.troubles
        self._refused_read = any(400 <= (op.status or 0) < 500 for op in history.sent)
        self._unmade = [
            op.at_us for op in history.sent
            if (op.is_new_order and (op.error is not None or op.fault is not None or not op.committed))
            or (op.is_refresh and 400 <= (op.status or 0) < 500)
        ]  # fmt: skip
        """Requests for orders that failed, or whose outcome was hidden: each may be a reason to ask the person."""
        self._slow = [(op.at_us, op.ended_us) for op in history.sent if op.ended_us > op.at_us]
        self._about: defaultdict[str, list[Hook]] = defaultdict(list)
        self._tries: defaultdict[str, list[Hook]] = defaultdict(list)
        for hook in self.genuine:
            self._tries[hook.webhook_id].append(hook)
            for name in ("order_id", "task_id", "link_id"):
                value = hook.event.get(name)
                if isinstance(value, str):
                    self._about[value].append(hook)

    # --- what an event is about

    def concerns(self, hook: Hook) -> set[str]:
        """Return the cases that an event may be about."""
        named = (hook.event.get(name) for name in ("order_id", "link_id", "user_id"))
        return set().union(*(self._cases.get(ident, set()) for ident in named if isinstance(ident, str)))

    def subject(self, hook: Hook) -> tuple[OrderFacts, Part | None] | None:
        """Return the order of this story, and its part, that an event is about."""
        found = self._tasks.get(str(hook.event.get("task_id")))
        if found is not None:
            return found
        order = self.book.orders.get(str(hook.event.get("order_id")))
        if order is None:
            return None
        return order, next((it for it in order.parts if it.suborder_id == hook.event.get("employer_id")), None)

    def about(self, order: OrderFacts, *, from_us: int, to_us: int) -> list[Hook]:
        """Return the genuine events about an order or its connections that came in a span of time."""
        idents = {order.order_id, *(it.link_id for it in order.parts), *(it.task_id for it in order.parts)}
        found = {hook.seq: hook for ident in idents if ident for hook in self._about[ident]}
        return [found[seq] for seq in sorted(found) if from_us <= found[seq].at_us <= to_us]

    def told(self, order: OrderFacts, to_us: int) -> list[Hook]:
        """Return the events about an order that were accepted, from the one on by which the end of every part was told.

        Empty: not all was told until ``to_us``.
        """
        firsts = []
        tellers = self.tellers(order, to_us)
        for part in order.parts:
            if part.ended_us is None:
                return []
            first = next(
                (hook for hook in tellers if hook.at_us >= part.ended_us and tells_end(hook, order, part)), None
            )
            if first is None:
                return []
            firsts.append(first.seq)
        return [hook for hook in tellers if hook.seq >= max(firsts, default=to_us)]

    def tellers(self, order: OrderFacts, to_us: int) -> list[Hook]:
        """Return the accepted events that tell how a part of an order ended."""
        about = self.about(order, from_us=order.at_us, to_us=to_us)
        return [
            hook for hook in about
            if any(hook.at_us >= (it.ended_us or to_us) and tells_end(hook, order, it) for it in order.parts)
        ]  # fmt: skip

    # --- what became of it

    def turned_away(self, hook: Hook) -> bool:
        """Return whether a genuine event was refused for good, with nothing outside to blame; of its retries, no."""
        if hook.status is None or hook.status < 400 or hook.status in MAYBE_STRANGER:
            return False
        all_tries = self._tries[hook.webhook_id]
        before = [it for it in all_tries if it.seq < hook.seq][-1:]
        tries = [it for it in all_tries if it.seq >= hook.seq]
        if any(accepted(it) or it.status is None for it in tries) or any((it.status or 0) >= 400 for it in before):
            return False
        from_us, to_us = hook.at_us - hook.elapsed_us, tries[-1].at_us
        if hook.status < 500:
            return True
        dead = any(it.at_us <= to_us and (it.back_us or to_us) >= from_us for it in self.book.deaths)
        return not dead and not any(it.at_us <= to_us and it.ended_us >= from_us for it in self._troubles)

    def prompt(self) -> str:
        """Return the bound by which news that was heard is shown: the long one where anything went wrong meanwhile."""
        calm = not self._troubles and not self.book.deaths and len(self.history.cases) <= FEW_CASES
        return "B-PREFILL" if calm else "B-LOSS"

    def unsettled(self, order: OrderFacts, from_us: int, bound: str) -> tuple[int, CaseView] | None:
        """Return when, and as what, a case was still shown whose refresh is over, by a bound after ``from_us``.

        None: it was shown rightly, or nobody can say.
        """
        book, case_id = self.book, order.case_id
        ended = [part.ended_us for part in order.parts if part.ended_us is not None]
        if case_id is None or not ended or len(ended) < len(order.parts) or not book.is_known(order):
            return None
        due_us = book.until(max(from_us, *ended), bound, extra_us=book.lag_us)
        if due_us is None or book.waits_for_run(from_us, due_us):
            return None
        if book.cycle_ends_us(case_id, book.cycle_of(order), order.at_us) <= due_us:
            return None
        others = [*book.refreshes(case_id), *book.link_orders(case_id)]
        view = book.view_at(case_id, due_us)
        later = [other for other in others if other.at_us > order.at_us]
        retried = any(part.status in RETRYABLE for part in order.parts) and bool(later)
        if view is None or retried or any(other.at_us <= due_us for other in later):
            return None
        return None if self._is_right(order, view, due_us) else (due_us, view)

    def _is_right(self, order: OrderFacts, view: CaseView, at_us: int) -> bool:
        facts = self.history.cases.get(order.case_id or "")
        statuses = {part.status for part in order.parts}
        keys = {part.key for part in order.parts}
        if statuses == {"done"} and facts is not None and keys >= set(facts.wanted):
            return view.state in {"READY", "CLOSED", *(("MANUAL", "PARTIAL", "BLOCKED") if self._refused_read else ())}
        if view.state not in WAITING:
            return True
        armed = view.next_action_at is not None and instant_of(view.next_action_at) > at_us
        rest = set(facts.wanted) - keys if facts is not None else set()  # a budget may leave them for another day
        settled = bool(rest) and not any(employer_state(self.history, view, key) in WAITING for key in keys)
        return armed and (settled or bool(statuses & RETRYABLE))

    # --- what was done because of it

    def unaided(self, meant: Callable[[Hook], bool]) -> Iterator[tuple[Hook, Op, str]]:
        """Yield (webhook, operation, what) where something was done though only webhooks of one kind had come.

        Nothing is yielded once something was read at that instant, or where a timer, a call or a person explains it.
        """
        for views, ops in instants(self.history):
            hooks = [op for op in ops if isinstance(op, Hook)]
            if not hooks or not all(map(meant, hooks)) or any(isinstance(op, (Called, Person, Died)) for op in ops):
                continue
            for op in ops:
                if isinstance(op, Sent) and not op.is_new_order:
                    break
                found = _deed(op, views)
                if found is not None and not self._was_reading(op.at_us):
                    yield hooks[0], op, found

    def went_back(self, meant: Callable[[Hook], bool]) -> Iterator[tuple[Hook, Shown, CaseView]]:
        """Yield (webhook, showing, view before) where a settled case fell back as such a webhook came."""
        for views, ops in instants(self.history):
            hooks = [op for op in ops if isinstance(op, Hook) and op.forgery is None]
            blamed = [op for op in hooks if meant(op) and op.event.get("event_type") != "link-deleted"]
            if not blamed or any(isinstance(op, (Called, Person, Died)) for op in ops):
                continue
            for op in ops:
                before = views.get(op.view.case_id) if isinstance(op, Shown) else None
                if before is None or not isinstance(op, Shown) or before.cycle != op.view.cycle:
                    continue
                case_id = op.view.case_id
                mine = [hook for hook in blamed if case_id in self.concerns(hook)]
                others = [hook for hook in hooks if hook not in blamed and case_id in self.concerns(hook)]
                if mine and not others and self._fell(case_id, before, op) and not self._was_reading(op.at_us):
                    yield mine[0], op, before

    def _was_reading(self, at_us: int) -> bool:
        """Return whether a slow answer came, or was waited for, at an instant: what is done then may be due to it."""
        return any(from_us <= at_us <= to_us for from_us, to_us in self._slow)

    def _fell(self, case_id: str, before: CaseView, op: Shown) -> bool:
        """Return whether a case that was settled is shown as waiting though nothing runs, or failed after success."""
        book, at_us = self.book, op.at_us
        if any(order.elsewhere for order in book.of_person(case_id)):
            return False
        if before.state == "READY" and op.view.state in {"REAUTH_NEEDED", "REAUTH_SENT", "RETRY_WAIT", "LIMIT_WAIT"}:
            return True
        if before.state not in SETTLED or op.view.state not in WAITING:
            return False
        orders = [*book.refreshes(case_id), *(book.link_orders(case_id) if book.did(case_id) else [])]
        return not any(
            order.at_us <= at_us and (part.ended_us is None or part.ended_us > at_us)
            for order in orders for part in order.parts
        )  # fmt: skip

    def uncalled(self, news: Sequence[Hook]) -> Iterator[tuple[Hook, str, int, str, tuple[Op, ...]]]:
        """Yield (webhook, case, when, what, operations) of what was done without reason after such a webhook came."""
        cases = sorted(set().union(*map(self.concerns, news)))
        seen: set[str] = set()
        for case_id in cases:
            found = [] if case_id in seen else list(self.needless(case_id))
            seen |= self.book.kin(case_id)
            for at_us, what, ops in found:
                before = [it for it in news if it.at_us - it.elapsed_us <= at_us and case_id in self.concerns(it)]
                told_why = [it for it in before if it.event.get("status") in FAILURES]
                if before:
                    yield (told_why or before)[-1], case_id, at_us, what, ops

    def needless(self, case_id: str) -> Iterator[tuple[int, str, tuple[Op, ...]]]:
        """Yield (when, what, operations) of refreshes, link orders and links for a case that nothing called for."""
        yield from self._needless_refreshes(case_id)
        book = self.book
        asked = [(it.at_us, f"link order {it.order_id}", book.evidence(it)) for it in book.link_orders(case_id)]
        messages = [it for kin in sorted(book.kin(case_id)) for it in book.messages(kin) if it.kind == "link"]
        sent = [
            (it.at_us, f"a link to {f'order {it.order_id}' if it.order_id else it.url or 'a page'}", (it,))
            for it in messages
        ]
        reasons = sorted(self._reasons_to_ask(case_id)) if asked or sent else []
        for made in (asked, sent):
            for number, (at_us, what, ops) in enumerate(sorted(made, key=lambda it: it[0]), 1):
                if number > sum(each <= at_us for each in reasons):
                    often = {1: "nothing called for asking", 2: "there was one reason to ask"}.get(
                        number, f"there were {number - 1} reasons to ask"
                    )
                    yield at_us, f"{what}, although {often} the person", tuple(ops)

    def _needless_refreshes(self, case_id: str) -> Iterator[tuple[int, str, tuple[Op, ...]]]:
        book, latest = self.book, dict[str, tuple["OrderFacts", "Part"]]()
        for order in sorted(book.refreshes(case_id), key=lambda it: it.at_us):
            for part in order.parts:
                link_id = part.link_id or ""
                before = latest.get(link_id)
                latest[link_id] = (order, part)
                if before is None or self._may_follow(case_id, *before, order):
                    continue
                ended = before[1].status if (before[1].ended_us or order.at_us) < order.at_us else "still running"
                text = f"refresh order {order.order_id} of connection {link_id}, whose order {before[0].order_id} "
                yield order.at_us, f"{text}was {ended}", book.evidence(before[0], order)

    def _may_follow(self, case_id: str, first: OrderFacts, part: Part, second: OrderFacts) -> bool:
        """Return whether anything can have called for a second refresh of a connection after a first one."""
        book = self.book
        ended_us = part.ended_us if part.ended_us is not None else second.at_us
        failed = part.status != "done" and ended_us < second.at_us
        stuck = ended_us >= second.at_us and second.at_us - first.at_us >= HOUR_US
        asked = any(op.cycle != book.cycle_of(first) and op.at_us >= first.at_us for op in book.asked(case_id))
        died = any(first.at_us <= death.at_us <= second.at_us for death in book.deaths)
        came = any(first.at_us <= op.at_us <= second.at_us for kin in book.kin(case_id) for op in book.did(kin))
        return failed or stuck or asked or died or came or not book.is_known(first) or first.canceled_us is not None

    def _reasons_to_ask(self, case_id: str) -> Iterator[int]:
        """Yield the instants of everything that can have made somebody ask a case's person, once each."""
        book, history = self.book, self.history
        kin = book.kin(case_id)
        orders = {it.order_id: it for it in book.of_person(case_id)}
        for each in kin:
            orders.update({it.order_id: it for it in (*book.refreshes(each), *book.link_orders(each))})
        for order in orders.values():
            if order.is_refresh:
                yield from (it.ended_us for it in order.parts if it.ended_us is not None and it.status != "done")
            else:
                ends = [order.canceled_us, order.expires_us or None]
                ends += [
                    it.suborder_us for it in order.parts if it.suborder_status not in {"completed", "pending", "sent"}
                ]
                yield from (each for each in ends if each is not None)
        own_pages = (op for each in kin for op in book.messages(each) if op.kind == "link" and op.order_id is None)
        life_us = 0 if book.clock_stepped else page_us(book)  # a page ends by the program's own clock
        yield from (op.at_us + life_us for op in own_pages)
        yield from (op.at_us for each in kin for op in book.did(each))
        yield from (death.at_us for death in book.deaths)
        links = {link for each in kin if each in history.cases for link in history.cases[each].links.values()}
        yield from (at_us for link, at_us in book.deleted_us.items() if link in links)
        cycles = {op.cycle: op.at_us for each in kin for op in reversed(book.asked(each))}
        yield from sorted(cycles.values())[0 if history.manifest.policies.get("age_skip_days") is not None else 1 :]
        yield from self._unmade


def _deed(op: Op, views: Mapping[str, CaseView]) -> str | None:
    """Return what an operation did to the world or the caseworker's screen; None: nothing, or a timer may have."""
    match op:
        case Sent():
            return f"an order for a new login was asked for ({op.method} {op.path})"
        case Message():
            before, text = views.get(op.case_id), f"a {op.kind} was sent for {op.case_id}"
        case Shown(view=view):
            before = views.get(view.case_id)
            if before is None:
                return None
            news = view.state != before.state and view.state in {*SETTLED, "PARTIAL"}
            if not news and view.prefill == before.prefill:
                return None
            text = f"{view.case_id} went from {before.state} to {view.state}"
            text += "" if view.prefill == before.prefill else " and its prefill changed"
        case _:
            return None
    timer = before.next_action_at if before is not None else None
    return None if timer is not None and abs(instant_of(timer) - op.at_us) <= SECOND_US else text


def instants(history: History) -> Iterator[tuple[Mapping[str, CaseView], Sequence[Op]]]:
    """Yield what the program and others did at each instant, with how every case was shown before it."""
    views: dict[str, CaseView] = {}
    for _, group in groupby(history.ops, key=lambda op: op.at_us):
        ops = [op for op in group if not isinstance(op, Happened)]
        yield views, ops
        views.update({op.view.case_id: op.view for op in ops if isinstance(op, Shown)})
