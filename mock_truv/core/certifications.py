"""Self-certification: the person looks at what was found and says of each entry whether it represents them.

It is a step of its own after all connections of an order, and is submitted once (self-certification guide).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, get_args

from mock_truv.core import notices, progress
from mock_truv.core.base import suborders
from mock_truv.core.errors import WrongInput
from mock_truv.core.instants import text_z
from mock_truv.core.model import OPEN_SUBORDER, Certification, Decision, OrderEvent, SuborderStatus
from mock_truv.core.model.certifications import DecisionWord, RejectionReason

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mock_truv.core.base import WorldBase
    from mock_truv.core.model import Order

REPRESENTATIVE: DecisionWord = "representative"


def submit(world: WorldBase, order: Order, shown: Sequence[str], decisions: Sequence[Decision] | None) -> Certification:
    """Take what the person submits: a decision for each entry, or None: everything represents them.

    ``shown`` are the ids of all employments and accounts that the order shows.

    Raises:
        WrongInput: The order is not over, shows nothing or was certified before; an entry is unknown or named twice;
            a reason is missing or too much.
    """
    _check_ready(world, order)
    if decisions is None:
        decisions = [Decision(id=each, decision=REPRESENTATIVE) for each in shown]
    _check(decisions, shown)
    made = Certification(order_id=order.id, submitted_us=world.now_us, decisions=list(decisions))
    world.state.certifications[order.id] = made
    world.touch(order)
    progress.note(world, order, OrderEvent(object="order", type="certification_completed", at_us=world.now_us))
    _announce(world, order)
    return made


def decisions_of(world: WorldBase, order: Order) -> Mapping[str, Decision]:
    """Return {id of an employment or account: decision}; empty before the person has submitted any."""
    made = world.state.certifications.get(order.id)
    return {each.id: each for each in made.decisions} if made is not None else {}


def _check_ready(world: WorldBase, order: Order) -> None:
    before = world.state.certifications.get(order.id)
    if before is not None:
        raise WrongInput(("id", f"The order was certified at {text_z(before.submitted_us)}; that happens once"))
    waiting = [each for each in suborders(order) if each.status in OPEN_SUBORDER]
    if waiting:
        raise WrongInput(("id", f"Suborder {waiting[0].id} is still {waiting[0].status}; certifying comes after all"))
    if all(each.status is not SuborderStatus.COMPLETED for each in suborders(order)):
        raise WrongInput(("id", "No connection of the order was completed; there is nothing to certify"))


def _check(decisions: Sequence[Decision], shown: Sequence[str]) -> None:
    problems: list[tuple[str, str]] = []
    seen: set[str] = set()
    for at, each in enumerate(decisions):
        if each.id not in shown:
            problems.append((f"decisions[{at}].id", f"The order shows no {each.id!r}; it shows: {', '.join(shown)}"))
        if each.id in seen:
            problems.append((f"decisions[{at}].id", f"{each.id!r} is decided twice"))
        seen.add(each.id)
        if each.decision != REPRESENTATIVE and each.rejection_reason is None:
            text = f"Say why it is not representative: one of {', '.join(get_args(RejectionReason))}"
            problems.append((f"decisions[{at}].rejection_reason", text))
        if each.decision == REPRESENTATIVE and (each.rejection_reason or each.rejection_comment):
            text = "What is representative is not rejected; leave reason and comment out"
            problems.append((f"decisions[{at}].rejection_reason", text))
    if problems:
        raise WrongInput(*problems)


def _announce(world: WorldBase, order: Order) -> None:
    """``certification-completed``: the order, nothing of its suborders (orders events page)."""
    _, form = notices.TIME_FORMS[world.state.profile.time_format]
    fields = {
        "updated_at": form(order.updated_us),
        "user_id": order.user_id,
        "order_id": order.id,
        "order_number": order.order_number,
        "template_id": order.template_id,
    }
    notices.announce(world, "certification-completed", fields)
