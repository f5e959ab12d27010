"""What a person says of the data that an order shows: submitted in Bridge, read by itself or with the order."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import msgspec
from msgspec import UNSET
from msgspec.structs import asdict, replace

from mock_truv.api import render_banking
from mock_truv.api.bodies.certifications import Certify
from mock_truv.api.call import Operation
from mock_truv.api.parsing import parse_value
from mock_truv.api.shapes import certifications as shapes
from mock_truv.core import certifications, model, orders, records
from mock_truv.core.banking.links import is_bank
from mock_truv.core.base import suborders
from mock_truv.core.errors import NotFound

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mock_truv.api.call import Call
    from mock_truv.api.render_banking import Bank
    from mock_truv.api.shapes.orders import Order
    from mock_truv.core.base import WorldBase
    from mock_truv.core.model import Decision

    Seen = shapes.CertifiedEmployment | shapes.CertifiedAccount

PARTS = ("employments", "accounts", "bank_income_sources")
"""What a suborder shows that a person can certify."""


class OrderQuery(msgspec.Struct, kw_only=True):
    """The query of one order: whether what the person certified is shown."""

    certification: Literal["all", "certified"] | None = None


def results(call: Call) -> shapes.CertificationResults:
    """Return what the person said of each employment and account, in the order in which they said it."""
    order: model.Order = call.target
    seen = _seen(call.world, order)
    decided = certifications.decisions_of(call.world, order).values()
    return shapes.CertificationResults(results=[_result(it, seen[it.id]) for it in decided if it.id in seen])


def submit(world: WorldBase, order_id: str, fields: dict[str, Any]) -> dict[str, str]:
    """Take what a person submits for an order (a command: Truv's API has no request for it).

    Raises:
        NotFound: There is no such order.
        WrongInput: What is wrong with it.
    """
    order = world.state.orders.get(order_id)
    if order is None:
        raise NotFound
    given = parse_value(fields, Certify).decisions
    decisions = None if given is None else [model.Decision(**asdict(it)) for it in given]
    certifications.submit(world, order, list(_seen(world, order)), decisions)
    return {"order_id": order.id}


def annotated(world: WorldBase, order: model.Order, shown: Order, mode: str) -> Order:
    """Return an order with what the person said of each employment, account and source of income.

    With ``all`` those that nobody certified have null; with ``certified`` only those stand there that the person
    confirmed (which of them: assumed, the reference gives the two words alone).
    """
    seen = _seen(world, order)
    marks = {it.id: _mark(it, seen) for it in certifications.decisions_of(world, order).values() if it.id in seen}

    def part(entries: list[Any]) -> list[Any]:
        marked = [_marked(each, marks) for each in entries]
        return marked if mode == "all" else [each for each in marked if _is_confirmed(each["certification"])]

    def suborder(it: Any) -> Any:
        parts = {name: entries for name in PARTS if isinstance(entries := getattr(it, name, UNSET), list)}
        return replace(it, **{name: part(entries) for name, entries in parts.items()})

    return replace(
        shown,
        employers=[suborder(each) for each in shown.employers],
        financial_accounts=[suborder(each) for each in shown.financial_accounts],
        additional_income_sources=[],
    )


def _marked(entry: Any, marks: Mapping[str, shapes.Certification]) -> dict[str, Any]:
    """Return an entry of an order with its mark; a source of income has that of its account (assumed)."""
    plain = entry if isinstance(entry, dict) else asdict(entry)
    ident = plain.get("id") or plain.get("account_id") or ""
    return {**plain, "certification": marks.get(ident)}


def _is_confirmed(certification: shapes.Certification | None) -> bool:
    return certification is not None and certification.decision == certifications.REPRESENTATIVE


def _mark(decision: Decision, seen: Mapping[str, Seen]) -> shapes.Certification:
    return shapes.Certification(
        decision=decision.decision,
        rejection_reason=decision.rejection_reason,
        rejection_comment=decision.rejection_comment,
        certified_fields=msgspec.to_builtins(seen[decision.id]),
    )


def _result(decision: Decision, seen: Seen) -> shapes.CertificationResult:
    return shapes.CertificationResult(
        decision=decision.decision,
        rejection_reason=decision.rejection_reason or UNSET,
        rejection_comment=decision.rejection_comment or UNSET,
        employment=seen if isinstance(seen, shapes.CertifiedEmployment) else UNSET,
        account=seen if isinstance(seen, shapes.CertifiedAccount) else UNSET,
    )


def _seen(world: WorldBase, order: model.Order) -> dict[str, Seen]:
    """Return {id: what the person saw} of everything that the completed connections of an order show."""
    found: dict[str, Seen] = {}
    for suborder in suborders(order):
        link = world.state.links.get(suborder.link_id or "")
        if suborder.completed_us is None or link is None or link.deleted_us is not None:
            continue
        if suborder.product in orders.ACCOUNT_PRODUCTS:
            if is_bank(link):
                found |= {it.id: it for it in _accounts(render_banking.bank(world, link, suborder.completed_us))}
        else:
            entries = records.employments(world, link, suborder.completed_us, voe=suborder.product == "employment")
            found |= {it.id: it for it in (_employment(each) for each in entries)}
    return found


def _employment(entry: dict[str, Any]) -> shapes.CertifiedEmployment:
    days = [each.get("pay_date") for each in entry.get("statements") or []]
    return shapes.CertifiedEmployment(
        id=entry["id"],
        start_date=entry.get("start_date"),
        pay_rate=entry.get("pay_rate"),
        pay_date=max((day for day in days if day), default=None),
        company=shapes.CertifiedCompany(name=(entry.get("company") or {}).get("name")),
    )


def _accounts(bank: Bank) -> list[shapes.CertifiedAccount]:
    owners = [shapes.CertifiedOwner(full_name=each.full_name) for each in render_banking.owners(bank)]
    return [
        shapes.CertifiedAccount(
            id=bank.ident("account", account.key),
            type=account.type,
            mask=account.mask,
            routing_number=account.routing_number,
            balance=str(bank.ledger.balance(account)),
            owners=owners,
        )
        for account in bank.ledger.accounts
    ]


OPERATIONS = (
    Operation(
        "GET", "/orders/{order}/certifications/", results, "orders_certifications_results",
        answer=shapes.CertificationResults,
    ),
)  # fmt: skip
