"""Which accounts a household has, which of them a login shows, and what was in them when the history began."""

from __future__ import annotations

from decimal import Decimal
from functools import lru_cache
from typing import TYPE_CHECKING, Literal

from mock_truv.core.banking.household import usual_level
from mock_truv.core.payroll.money import ZERO, cents, exact
from mock_truv.core.plain import Frozen

if TYPE_CHECKING:
    from mock_truv.core.banking.household import Household

AccountType = Literal["CHECKING", "SAVINGS", "CREDIT_CARD", "LOAN", "MORTGAGE", "INVESTMENT"]

CURRENCY = "USD"
ASSETS = ("CHECKING", "SAVINGS", "INVESTMENT")
DEPOSITS = ("CHECKING", "SAVINGS")
LOANS = ("LOAN", "MORTGAGE")
OWED = ("CREDIT_CARD", *LOANS)
CARD_LIMITS = (2500, 4000, 6000, 9000)
BANK_ROUTING_NUMBER = "130210113"
SCALE = {"checking": Decimal("0.45"), "savings": Decimal(2), "certificate": Decimal(3)}
"""Opening balance as a multiple of a month's living, before chance has its part in it."""


class Account(Frozen, frozen=True, kw_only=True):
    """One account. ``opening`` is its balance before the first transaction: what is in it, or what is owed on it."""

    key: str
    type: AccountType
    subtype: str | None
    nickname: str
    number: str
    routing_number: str
    opening: Decimal
    credit_limit: Decimal | None = None

    @property
    def mask(self) -> str:
        """The last four digits of the number."""
        return self.number[-4:]


KINDS: dict[str, tuple[AccountType, str | None, str]] = {
    "checking": ("CHECKING", None, "Everyday Checking"),
    "savings": ("SAVINGS", "MONEY_MARKET", "Rainy Day Savings"),
    "card": ("CREDIT_CARD", None, "Cash Rewards Card"),
    "auto_loan": ("LOAN", "AUTO", "Auto Loan"),
    "mortgage": ("MORTGAGE", None, "Home Loan"),
    "brokerage": ("INVESTMENT", "BROKERAGE", "Brokerage"),
    "certificate": ("SAVINGS", "CERTIFICATE_OF_DEPOSIT", "12-Month Certificate"),
    "stocks": ("INVESTMENT", "STOCKS", "Stocks"),
    "bonds": ("INVESTMENT", "BONDS", "Bonds"),
}
"""Key -> type, subtype, nickname. The subtypes of certificate, stocks and bonds are inferred from their names."""

EVERYDAY = ("checking", "savings", "card", "auto_loan", "mortgage", "brokerage")
SHOWN: dict[str, tuple[str, ...]] = {
    "goodlogin.checking": ("checking",),
    "goodlogin.checking.savings": ("checking", "savings"),
    "goodlogin.card": ("checking", "savings"),
    "goodlogin.inv": ("brokerage",),
    "goodlogin.all": ("checking", "savings", "brokerage"),
    "sit": ("certificate", "stocks", "bonds"),
}
"""Accounts by login (asset test guide, scenarios VOA-A1 to A6); every other login shows the everyday ones (assumed)."""


def accounts_of(household: Household, username: str) -> tuple[Account, ...]:
    """Return the accounts that a login shows; further accounts of the same type that pay goes to belong to it."""
    wanted = SHOWN.get(username, EVERYDAY)
    return tuple(it for it in all_accounts(household) if it.key.partition("-")[0] in wanted)


@lru_cache(maxsize=128)
def all_accounts(household: Household) -> tuple[Account, ...]:
    """Return every account of a household; which of them a login shows makes no difference to what happens."""
    pay_accounts = _pay_accounts(household)
    made = []
    for key, (kind, subtype, nickname) in KINDS.items():
        if key == "mortgage" and not household.is_owner:
            continue
        for name, number, routing in pay_accounts.get(key) or [(key, _number(household, key), BANK_ROUTING_NUMBER)]:
            with exact():
                limit = Decimal(household.one_of("limit", name, CARD_LIMITS)) + ZERO if key == "card" else None
                opening = _opening(household, name)
            made.append(
                Account(
                    key=name, type=kind, subtype=subtype, nickname=nickname, number=number, routing_number=routing,
                    opening=opening, credit_limit=limit,
                )
            )  # fmt: skip
    return tuple(made)


@lru_cache(maxsize=128)
def account_for_pay(household: Household) -> dict[str, str]:
    """Return {account number of a deposit rule: key of the account}. Read-only."""
    return {number: key for entries in _pay_accounts(household).values() for key, number, _ in entries}


def _pay_accounts(household: Household) -> dict[str, list[tuple[str, str, str]]]:
    """Return, by kind, (key, number, routing number) of the accounts that the jobs' deposit rules name."""
    found: dict[str, list[tuple[str, str, str]]] = {}
    known = set()
    for job in household.person.jobs:
        for rule in job.bank_accounts:
            if rule.account_number not in known:
                known.add(rule.account_number)
                kind = "checking" if rule.account_type == "C" else "savings"
                same = found.setdefault(kind, [])
                key = kind if not same else f"{kind}-{len(same) + 1}"
                same.append((key, rule.account_number, rule.routing_number))
    return found


def _number(household: Household, key: str) -> str:
    return f"{household.number('account number', key, 9_000_000_000) + 1_000_000_000}"


def _opening(household: Household, key: str) -> Decimal:
    """Return what is in an account, or owed on it, when the history begins."""
    base, kind = Decimal(max(usual_level(household), 400)), key.partition("-")[0]
    if kind in SCALE:
        return cents(base * SCALE[kind]) + household.dollars("opening", key, 60, 900)
    if kind == "card":
        return household.dollars("opening", key, 40, 400)
    if kind == "auto_loan":
        return Decimal(int(base * 6 / 100) * 100) + ZERO
    if kind == "mortgage":
        return Decimal(int(base * 44 / 100) * 100) + ZERO
    return household.dollars("opening", key, 20, 90)
