"""The books of a household while a year is being worked out: what is in the accounts, and what a plan makes of it.

Money is spent by what is available: deposits count when they are good, what is bought counts at once. So a balance of
posted transactions goes below zero only by a bill that bounces, until it is returned, and by the fee for it.
"""

from __future__ import annotations

import heapq
from decimal import Decimal
from typing import TYPE_CHECKING

from mock_truv.core.banking.accounts import OWED, all_accounts
from mock_truv.core.banking.days import ONE_DAY, POSTING_HOUR, business_day, instant, posting
from mock_truv.core.banking.entries import CARD_PAYMENT, INTEREST_CHARGE, LOAN_PAYMENT, NSF, Entry
from mock_truv.core.banking.loans import minimum_payment, monthly_interest, monthly_payment
from mock_truv.core.banking.prices import PAPERS, price_on, units_for, value_of
from mock_truv.core.instants import HOUR_US, date_of
from mock_truv.core.payroll.money import ZERO, exact
from mock_truv.core.plain import Frozen

if TYPE_CHECKING:
    from mock_truv.core.banking.entries import IncomeCategory, Kind, Way
    from mock_truv.core.banking.household import Household
    from mock_truv.core.banking.plans import Plan

NSF_FEE = Decimal("34.00")
BOUNCES_A_MONTH = 2
"""After so many, whoever pays by hand stops trying."""
FIRST_CHECK = 1001


class Closing(Frozen, frozen=True, kw_only=True):
    """What one year hands to the next."""

    available: dict[str, Decimal]
    held: tuple[tuple[int, str, Decimal], ...]
    """Deposits that are not good yet: when they will be, which account, how much."""
    checks: int
    statement: Decimal
    """What was owed on the card when the month began."""
    interest: Decimal
    """Interest that savings have earned in the year."""


class Books:
    """Available money by account (on a debt: what is owed), and the entries so far."""

    def __init__(self, household: Household, before: Closing | None) -> None:
        self.household = household
        accounts = all_accounts(household)
        self.types = {account.key: account.type for account in accounts}
        self.openings = {account.key: account.opening for account in accounts}
        self.limits = {account.key: account.credit_limit for account in accounts if account.credit_limit}
        self.available = dict(before.available) if before else dict(self.openings)
        self.held = list(before.held) if before else []
        self.checks = before.checks if before else FIRST_CHECK
        self.statement = before.statement if before else ZERO
        self.interest = before.interest if before else ZERO
        self.entries: list[Entry] = []
        self.bounced = 0
        self._prefix = ""
        self._made = 0

    def begin_month(self, name: str) -> None:
        """Start a month: its entries are numbered anew, and the card's statement closes."""
        self._prefix, self._made, self.bounced = name, 0, 0
        self.statement = max(ZERO, self.available["card"])

    def closing(self) -> Closing:
        """Return what the next year starts from."""
        return Closing(
            available=dict(self.available), held=tuple(sorted(self.held)), checks=self.checks,
            statement=self.statement, interest=self.interest,
        )  # fmt: skip

    def carry_out(self, plan: Plan) -> None:
        """Try a plan with the money that is there."""
        self.release(plan.at_us)
        match plan.act:
            case "income":
                self._receive(plan)
            case "bill":
                self._pay_bill(plan)
            case "purchase" | "withdraw" | "repay":
                self._buy(plan)
            case "refund":
                self._refund(plan)
            case "card":
                self._pay_card(plan)
            case "loan":
                self._pay_loan(plan)
            case _:
                self._invest(plan)

    def release(self, at_us: int) -> None:
        """Let the deposits that are good by now count."""
        while self.held and self.held[0][0] <= at_us:
            _, account, amount = heapq.heappop(self.held)
            self.available[account] += amount

    def add(self, account: str, kind: Kind, amount: Decimal, categories: tuple[str, ...], description: str,
            transacted_us: int, posted_us: int, *, way: Way = "other", merchant: str | None = None,
            code: int | None = None, place: tuple[float, float] | None = None, check_number: str | None = None,
            memo: str | None = None, income: IncomeCategory | None = None, symbol: str | None = None,
            quantity: Decimal | None = None) -> None:  # fmt: skip
        """Put an entry into the books; a credit counts when it is good, a debit at once."""
        self._made += 1
        self.entries.append(
            Entry(
                key=f"{self._prefix}:{self._made:03d}", account=account, amount=amount, type=kind,
                categories=categories, description=description, transacted_us=transacted_us, posted_us=posted_us,
                way=way, merchant=merchant, code=code, place=place, check_number=check_number, memo=memo,
                income=income, symbol=symbol, quantity=quantity,
            )
        )  # fmt: skip
        if kind == "MEMO":
            return
        owed = self.types[account] in OWED
        if kind == "DEBIT":
            self.available[account] += amount if owed else -amount
        elif owed:
            self.available[account] -= amount
        elif posted_us > transacted_us:
            heapq.heappush(self.held, (posted_us, account, amount))
        else:
            self.available[account] += amount

    def transfer(self, origin: str, target: str, amount: Decimal, at_us: int) -> None:
        """Move money between two accounts of the household, at once."""
        out, into = f"TRANSFER TO {target.upper()}", f"TRANSFER FROM {origin.upper()}"
        self.add(origin, "DEBIT", amount, ("Transfer",), out, at_us, at_us)
        self.add(target, "CREDIT", amount, ("Transfer",), into, at_us, at_us)

    def _receive(self, plan: Plan) -> None:
        day = date_of(plan.at_us)
        posted_us = posting(day, 2) if plan.check else max(plan.at_us, instant(day, POSTING_HOUR))
        self.add(plan.account, "CREDIT", plan.amount, plan.categories, plan.description, plan.at_us, posted_us,
                 way="deposit", check_number=plan.check_number, memo=plan.memo, income=plan.income)  # fmt: skip

    def _pay_bill(self, plan: Plan) -> None:
        """Pay a bill, or let it bounce: debited, returned on the next business day, and a fee."""
        if plan.amount <= 0 or self.bounced >= BOUNCES_A_MONTH or self.available["checking"] < 0:
            return
        day = date_of(plan.at_us)
        number, description = None, plan.description
        if plan.check:
            number, self.checks = str(self.checks), self.checks + 1
            description = f"{plan.description} {number}"
        bounces = not self._covered(plan.amount, plan.at_us)
        posted_us = posting(day, 2 if plan.check else 1)
        self.add("checking", "DEBIT", plan.amount, plan.categories, description, plan.at_us, posted_us,
                 merchant=plan.merchant, check_number=number)  # fmt: skip
        if bounces:
            self._bounce("checking", plan.amount, description, number, posted_us)

    def _covered(self, amount: Decimal, at_us: int) -> bool:
        """Return whether checking has an amount, after a transfer from savings where the household sees to that."""
        missing = amount - self.available["checking"]
        if missing > 0 and self.household.is_careful and self.available["savings"] >= missing:
            self.transfer("savings", "checking", missing, at_us)
            return True
        return missing <= 0

    def _bounce(self, account: str, amount: Decimal, description: str, number: str | None, posted_us: int) -> None:
        """Return a debit that was not covered, an hour after it was posted, and charge the fee."""
        self.bounced += 1
        back_us = posted_us + HOUR_US
        self.add(account, "CREDIT", amount, ("Returned Item",), f"RETURNED NSF {description}", back_us, back_us,
                 check_number=number)  # fmt: skip
        self.add(account, "DEBIT", NSF_FEE, (NSF, "Bank Fee"), "NSF RETURNED ITEM FEE", back_us, back_us)

    def _buy(self, plan: Plan) -> None:
        """Buy with a card, take cash or pay an advance back: declined, without a trace, when there is no money."""
        room = self.available[plan.account]
        if plan.account in self.limits:
            room = self.limits[plan.account] - room
        if plan.amount > room:
            return
        day = date_of(plan.at_us)
        if plan.act == "purchase":
            posted_us = posting(day, 1 + self.household.number("posting", plan.at_us, 2))
            self.add(plan.account, "DEBIT", plan.amount, plan.categories, plan.description, plan.at_us, posted_us,
                     way="card", merchant=plan.merchant, code=plan.code, place=plan.place)  # fmt: skip
        else:
            self.add(plan.account, "DEBIT", plan.amount, plan.categories, plan.description, plan.at_us,
                     posting(day, 1), code=plan.code)  # fmt: skip

    def _refund(self, plan: Plan) -> None:
        """A refund comes only to a card on which more than that is owed."""
        if self.available[plan.account] > plan.amount:
            self.add(plan.account, "CREDIT", plan.amount, plan.categories, plan.description, plan.at_us,
                     posting(date_of(plan.at_us), 2), merchant=plan.merchant, code=plan.code)  # fmt: skip

    def _pay_card(self, plan: Plan) -> None:
        """Pay the card's statement from checking, or as much of it as there is; less than the minimum bounces."""
        due = min(self.statement, self.available["card"])
        if due <= 0 or self.bounced >= BOUNCES_A_MONTH or self.available["checking"] < 0:
            return
        least = minimum_payment(due)
        paid = max(least, min(due, self.available["checking"]))
        self._pay_debt(plan, paid, "card", CARD_PAYMENT)

    def _pay_loan(self, plan: Plan) -> None:
        """Charge a month's interest, and pay the constant payment from checking, the last one only what is owed."""
        key = plan.account
        owed = self.available[key]
        if owed <= 0:
            return
        interest = monthly_interest(owed, key)
        self.add(key, "DEBIT", interest, (INTEREST_CHARGE,), "INTEREST CHARGE", plan.at_us, plan.at_us)
        if self.bounced >= BOUNCES_A_MONTH or self.available["checking"] < 0:
            return
        payment = min(owed + interest, monthly_payment(self.openings[key], key))
        self._pay_debt(plan, payment, key, LOAN_PAYMENT)

    def _pay_debt(self, plan: Plan, amount: Decimal, key: str, category: str) -> None:
        posted_us = posting(date_of(plan.at_us), 1)
        bounces = not self._covered(amount, plan.at_us)
        self.add("checking", "DEBIT", amount, plan.categories, f"{plan.description} ONLINE", plan.at_us, posted_us)
        if bounces:
            self._bounce("checking", amount, plan.description, None, posted_us)
            return
        self.add(key, "CREDIT", amount, (category,), plan.description, plan.at_us, posted_us)

    def _invest(self, plan: Plan) -> None:
        """Move the month's share to the broker and buy with it on the next business day; nobody invests the last."""
        if not plan.amount or plan.amount * 2 > self.available["checking"]:
            return
        self.transfer("checking", "brokerage", plan.amount, plan.at_us)
        day = business_day(date_of(plan.at_us) + ONE_DAY)
        paper = self.household.one_of("paper", plan.at_us, PAPERS["brokerage"])
        price = price_on(paper, day)
        units = units_for(plan.amount, price)
        with exact():
            cost = value_of(units, price)
        at_us = instant(day, 15)
        if cost:
            self.add("brokerage", "DEBIT", cost, ("Investment Purchase",), f"BUY {paper.symbol}", at_us, at_us,
                     symbol=paper.symbol, quantity=units, memo=f"{units} at {price}")  # fmt: skip
