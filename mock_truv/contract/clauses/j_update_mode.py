"""Section J, Bridge Update Mode: tokens that repair a connection, made for one session of its own person."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mock_truv.contract.clause import Breach, Trigger, clause
from mock_truv.contract.clauses import j_plans
from mock_truv.contract.clauses.asking import login_failures
from mock_truv.contract.clauses.common import Casebook, at, lasting
from mock_truv.contract.clauses.j_reauth import SECTION
from mock_truv.contract.operations import Shown
from mock_truv.core.instants import HOUR_US

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mock_truv.contract.history import CaseFacts, History
    from mock_truv.contract.operations import Op, Sent


@clause(
    "RF-108", "MUST", "tokens of Update Mode", section=SECTION, source="errors page; returning user guide",
    needs=("core", "reauth", "update_mode"), plans=j_plans.opened_late,
    advice="Send a page of your own; whenever it is opened, make a token with the connection's access token.",
)  # fmt: skip
def update_mode_tokens(history: History) -> Iterator[Trigger | Breach]:
    """Whoever repairs connections in Update Mode makes a token with the connection's own access token for each session.

    A token is not used after its six hours, not sent in a message and not kept in the case.
    """
    book = Casebook.of(history)
    made = [op for op in history.sent if _makes_token(op) and 200 <= (op.status or 0) < 300]
    owners = _links_of_tokens(history)
    for facts in history.cases.values():
        mine = [op for op in made if _user_of(op) in _users(book, facts)]
        failures = login_failures(book, facts.case_id, history.start_us, history.end_us)
        for op in mine:
            if failures and failures[0][0] <= op.at_us:
                yield Trigger(op.at_us, f"a token was made for {facts.case_id}'s person")
                yield from _not_its_own(book, facts, op, owners)
        yield from _too_old(book, facts, mine)
    yield from _given_away(history, made)


def _makes_token(op: Sent) -> bool:
    parts = op.path.strip("/").split("/")
    return op.method == "POST" and parts[:2] == ["v1", "users"] and parts[3:] == ["tokens"]


def _user_of(op: Sent) -> str:
    return op.path.strip("/").split("/")[2]


def _users(book: Casebook, facts: CaseFacts) -> set[str]:
    return {facts.user_id, *(order.user_id for order in book.link_orders(facts.case_id))}


def _links_of_tokens(history: History) -> dict[str, str]:
    """Return the connection of each access token that any answer showed beside it."""
    found: dict[str, str] = {}

    def look(value: Any) -> None:
        if isinstance(value, dict):
            token, link_id = value.get("access_token"), value.get("link_id")
            if isinstance(token, str) and isinstance(link_id, str):
                found[token] = link_id
            for each in value.values():
                look(each)
        elif isinstance(value, list):
            for each in value:
                look(each)

    for op in history.sent:
        if op.path.startswith(("/v1/orders", "/v1/links", "/v1/link-access-tokens")):
            look(op.answer)
    return found


def _not_its_own(book: Casebook, facts: CaseFacts, op: Sent, owners: dict[str, str]) -> Iterator[Breach]:
    """Yield a breach where a token is for none of the person's connections that failed: it would make a second one."""
    token = op.body.get("access_token") if isinstance(op.body, dict) else None
    failed = {
        link for case_id in book.kin(facts.case_id)
        for _, link in login_failures(book, case_id, book.history.start_us, op.at_us)
    }  # fmt: skip
    if token is None:
        what = "without a connection's access_token in the body; a login with it makes a second connection"
    elif token in owners and owners[token] not in failed:
        what = f"with the access token of connection {owners[token]}, which had not failed"
    else:
        return
    yield Breach(
        op.at_us,
        f"the token for {facts.case_id}'s person was made at {at(book.history, op.at_us)} {what}",
        f"The body has the access_token of connection {' or '.join(sorted(failed))}, whose login was lost.",
        ops=(op,),
    )


def _too_old(book: Casebook, facts: CaseFacts, made: list[Sent]) -> Iterator[Breach]:
    """Yield a breach for each session that began with a token past its life: Bridge turned the person away."""
    history = book.history
    life_us = int(history.plan.profile.get("bridge_token_hours", 6)) * HOUR_US
    for visit in book.did(facts.case_id):
        before = [op for op in made if op.at_us <= visit.at_us]
        refused = visit.did == "too-late" and visit.status == "refused" and visit.order_id is None
        if refused and before and visit.at_us - before[-1].at_us >= life_us:
            yield Breach(
                visit.at_us,
                f"{facts.case_id}'s person opened the link at {at(history, visit.at_us)} and was given a token made "
                f"{lasting(visit.at_us - before[-1].at_us)} earlier; tokens live {lasting(life_us)}",
                "A new token for each session, made when the page is opened.",
                ops=(before[-1], visit),
            )


def _given_away(history: History, made: list[Sent]) -> Iterator[Breach]:
    """Yield a breach for each message and each showing of a case that carries a token."""
    tokens = {
        str(op.answer["bridge_token"]): op
        for op in made if isinstance(op.answer, dict) and op.answer.get("bridge_token")
    }  # fmt: skip
    if not tokens:
        return
    places: list[tuple[str, str, Op]] = [(f"the {op.kind} for {op.case_id}", op.text, op) for op in history.messages]
    places += [(f"the view of {op.view.case_id}", repr(op.view), op) for op in history.ops if isinstance(op, Shown)]
    for where, text, op in places:
        for token, source in tokens.items():
            if token in text:
                yield Breach(
                    op.at_us,
                    f"{where} at {at(history, op.at_us)} carries the bridge token made at {at(history, source.at_us)}",
                    "The address of a page of the integrator's own; the token is made when it is opened.",
                    ops=(source, op),
                )
