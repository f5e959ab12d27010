"""Deposit switches: where a person's pay goes before and after, and when the payroll provider refuses.

Words and fields are those of the deposit switch report. Documented: the stage ``switch_deposit``, and that a switch to
an account which already gets everything ends in ``config_error`` with the provider's own text. The arithmetic of the
shares is assumed: fixed amounts come first, percents divide what is left, an entire account takes the rest.
"""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any, Literal

import msgspec

from mock_truv.core import products
from mock_truv.core.model import Deposit
from mock_truv.core.payroll.money import ZERO, cents, exact
from mock_truv.core.plain import Frozen

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mock_truv.core.base import WorldBase
    from mock_truv.core.catalog import DepositSwitch
    from mock_truv.core.model import Link, Task
    from mock_truv.core.payroll.people import BankAccount

TYPED_IN_BRIDGE = {
    "account_number": "16002600",
    "routing_number": "12345678",
    "account_type": "checking",
    "bank_name": "Truv Bank",
}
"""What the person types in Bridge where the client gave no account: the test account of the official sample code."""
USUAL_TYPE = {"deposit_switch": "entire", "pll": "amount"}
"""Product -> type of a share that the client did not name, if the provider has it; its value is 100, as in the official
samples (assumed)."""
DETAILS = (*TYPED_IN_BRIDGE, "deposit_type", "deposit_value")
DepositType = Literal["entire", "percent", "amount"]
WORDS: dict[str, DepositType] = {"e": "entire", "p": "percent", "a": "amount"}
LETTERS = {"entire": "E", "percent": "P", "amount": "A"}
WHOLE = Decimal(100)
LARGEST = Decimal(10**9)
"""Amounts from this on are no amounts of pay."""
UNCHANGED = "Direct deposit was not changed"


class Share(Frozen, frozen=True, kw_only=True):
    """What one account gets of each pay."""

    account_number: str
    routing_number: str
    account_type: str
    """``checking`` or ``savings``."""
    account_name: str | None = None
    bank_name: str
    deposit_type: str
    """``entire`` (what the others leave), ``percent`` or ``amount`` (in dollars)."""
    deposit_value: Decimal

    def is_of(self, other: Share) -> bool:
        """Return whether both are for the same account."""
        return (self.account_number, self.routing_number) == (other.account_number, other.routing_number)


def offer_of(world: WorldBase, provider_id: str) -> DepositSwitch | None:
    """Return what deposits a provider can be told to make, None: none at all, or nothing is known of it."""
    listing = world.catalog.listings.get(provider_id)
    return listing.deposit_switch if listing else None


def wanted(account: Mapping[str, Any] | None, product: str, offer: DepositSwitch | None) -> dict[str, str]:
    """Return ``deposit_details``: where a switch sends pay, in the client's own words, completed by the usual ones."""
    given = {key: _text(value) for key, value in (account or {}).items() if value is not None}
    usual: str = USUAL_TYPE[product]
    if offer is not None and usual not in offer.deposit_types:
        usual = offer.deposit_types[0]
    return {
        **{key: given.get(key, typed) for key, typed in TYPED_IN_BRIDGE.items()},
        "deposit_type": WORDS.get(given.get("deposit_type", "")[:1].lower(), usual),
        "deposit_value": given.get("deposit_value", "100"),
    }


def details(link: Link, task: Task, offer: DepositSwitch | None) -> dict[str, str]:
    """Return the ``deposit_details`` of a switch, done or not; without an account it repeats the one before it."""
    done = next((each for each in link.deposits if each.task_id == task.id), None)
    if done is None and task.account is None:
        before = [each for each in link.deposits if each.product == task.product and each.at_us <= task.updated_us]
        done = before[-1] if before else None
    if done is None:
        return wanted(task.account, task.product, offer)
    return {key: getattr(done, key) for key in DETAILS}


def allocation(
    link: Link, accounts: Sequence[BankAccount], at_us: int | None = None, *, before: str | None = None
) -> list[Share]:
    """Return where the pay behind a link goes just before an instant (default: now), at most one entry an account.

    ``accounts`` are those that the payroll provider had before any switch (``records.pay_accounts``). ``before``: leave
    out the switch of this task, and what came after it.
    """
    shares = [_share(each) for each in accounts]
    for each in link.deposits:
        if each.task_id == before or (at_us is not None and each.at_us >= at_us):
            break
        with exact():
            shares = switched(shares, _target(each))
    return shares


def switched(shares: Sequence[Share], target: Share) -> list[Share]:
    """Return the shares after a switch: the target's first, the others with what it leaves them.

    A percentage is taken from the account that got the rest, then from those listed last. Where the target gives up a
    part of what it had, that goes to the rest.
    """
    others = [each for each in shares if not each.is_of(target)]
    if target.deposit_type == "entire":
        return [target]
    freed = sum((each.deposit_value for each in shares if each.is_of(target) and each.deposit_type == "percent"), ZERO)
    if target.deposit_type == "amount":
        return [target, *_given(others, freed)]
    return [target, *_taken(_given(others, freed), target.deposit_value)]


def _given(shares: list[Share], freed: Decimal) -> list[Share]:
    """Return the shares when ``freed`` per cent more go to the last one that has a percentage."""
    places = [at for at, each in enumerate(shares) if each.deposit_type == "percent"]
    if not freed or not places or any(each.deposit_type == "entire" for each in shares):
        return shares
    return [_with(each, each.deposit_value + freed) if at == places[-1] else each for at, each in enumerate(shares)]


def _taken(shares: list[Share], percent: Decimal) -> list[Share]:
    """Return the shares when ``percent`` of what is left after fixed amounts goes elsewhere; empty ones are gone."""
    rest = WHOLE - sum((each.deposit_value for each in shares if each.deposit_type == "percent"), ZERO)
    kept = [_with(each, rest) if each.deposit_type == "entire" else each for each in shares]
    covered = sum((each.deposit_value for each in kept if each.deposit_type == "percent"), ZERO)
    missing = max(percent - (WHOLE - covered), ZERO)
    for at in sorted(range(len(kept)), key=lambda at: (shares[at].deposit_type != "entire", -at)):
        if kept[at].deposit_type == "percent":
            part = min(missing, kept[at].deposit_value)
            missing -= part
            kept[at] = _with(kept[at], kept[at].deposit_value - part)
    return [each for each in kept if each.deposit_value]


def _with(share: Share, percent: Decimal) -> Share:
    return msgspec.structs.replace(share, deposit_type="percent", deposit_value=percent)


def refusal(world: WorldBase, link: Link, task: Task, accounts: Sequence[BankAccount]) -> str | None:
    """Return why the payroll provider refuses a switch, in its own words (invented), None: it does not.

    ``accounts`` as for ``allocation``.
    """
    offer = offer_of(world, task.provider_id)
    asked = details(link, task, offer)
    with exact():
        problem = _value_problem(asked, offer)
    if problem is not None:
        return f"{UNCHANGED}: {problem}"
    target, before = _share_of(asked), allocation(link, accounts)
    named = (task.account or {}).get("account_number") is not None
    if named and any(each.is_of(target) and _is_everything(each) for each in before):
        return f"{UNCHANGED}: the account already receives 100% of the pay"
    with exact():
        count = len(switched(before, target))
    if offer is not None and count > max(offer.max_number, len(before)):
        return f"{UNCHANGED}: pay cannot go to more than {offer.max_number} accounts"
    return None


def _value_problem(asked: Mapping[str, str], offer: DepositSwitch | None) -> str | None:
    """Return what is wrong with the type or value of a deposit, None: nothing."""
    kind, value = asked["deposit_type"], _decimal(asked["deposit_value"])
    if offer is not None and kind not in offer.deposit_types:
        return f"deposits of {' or '.join(offer.deposit_types)} are possible, not of {kind}"
    if kind == "entire":
        return None
    if value is None or value <= 0 or (kind == "percent" and value > WHOLE):
        return f"{asked['deposit_value']!r} is not {'between 0 and 100 percent' if kind == 'percent' else 'an amount'}"
    step = (
        Decimal(1)
        if offer is None
        else Decimal(offer.percent_precision if kind == "percent" else offer.amount_precision)
    )
    return f"{asked['deposit_value']} is not a multiple of {step}" if value % step else None


def switch(world: WorldBase, link: Link, task: Task) -> None:
    """Let a switch be done: from now on pay goes as it says."""
    asked = details(link, task, offer_of(world, task.provider_id))
    made = Deposit(at_us=world.now_us, task_id=task.id, product=task.product, **asked)
    link.deposits = [*link.deposits, made]
    world.touch(link)
    world.happened("deposit", task.id, made.deposit_type, order_id=task.order_id, link_id=link.id)


def is_available(world: WorldBase, link: Link) -> bool:
    """Return ``is_dds_available``: whether pay can be sent elsewhere through a link (by its provider: inferred)."""
    return (
        link.data_source == products.PAYROLL
        and link.deleted_us is None
        and offer_of(world, link.provider_id) is not None
    )


def in_words(share: Share) -> DepositType:
    """Return the type of a share as one of its three words."""
    return WORDS[share.deposit_type[0]]


def in_letters(share: Share) -> dict[str, Any]:
    """Return a share as the payroll bank accounts of an employment show it."""
    return {
        "account_number": share.account_number,
        "routing_number": share.routing_number,
        "account_name": share.account_name,
        "account_type": "S" if share.account_type == "savings" else "C",
        "deposit_type": LETTERS[share.deposit_type],
        "deposit_value": str(cents(share.deposit_value)),
        "bank_name": share.bank_name,
    }


def _share(account: BankAccount) -> Share:
    return Share(
        account_number=account.account_number,
        routing_number=account.routing_number,
        account_type="savings" if account.account_type == "S" else "checking",
        account_name=account.account_name,
        bank_name=account.bank_name,
        deposit_type=WORDS[account.deposit_type.lower()],
        deposit_value=account.deposit_value,
    )


def _target(deposit: Deposit) -> Share:
    return _share_of({key: getattr(deposit, key) for key in DETAILS})


def _share_of(asked: Mapping[str, Any]) -> Share:
    value = WHOLE if asked["deposit_type"] == "entire" else _decimal(asked["deposit_value"])
    return Share(
        **{key: asked[key] for key in DETAILS[:-1]},
        deposit_value=WHOLE if value is None else value,
    )


def _is_everything(share: Share) -> bool:
    return share.deposit_type == "entire" or (share.deposit_type == "percent" and share.deposit_value == WHOLE)


def _text(value: object) -> str:
    """Return a value as text; both 40 and 40.0, which JSON readers do not tell apart, as ``40``."""
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def _decimal(text: str) -> Decimal | None:
    """Return a plain number, None when it is none or has more than two decimals."""
    try:
        value = Decimal(text)
    except InvalidOperation:
        return None
    exponent = value.as_tuple().exponent
    return value if isinstance(exponent, int) and exponent >= -2 and value < LARGEST else None
