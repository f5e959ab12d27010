"""What a household means to do in a month: what comes in, what is due, what is bought. Nothing here looks at a balance.

Merchants, shares of the budget and days are invented; merchant category codes are those of ISO 18245.
"""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Literal, NamedTuple
from zlib import crc32

from mock_truv.core import payroll
from mock_truv.core.banking.accounts import account_for_pay
from mock_truv.core.banking.days import ONE_DAY, business_day, first_of, instant, last_of
from mock_truv.core.banking.household import level, paid_in
from mock_truv.core.banking.merchants import BILLS, PURCHASES, Bill, Purchase
from mock_truv.core.payroll.money import ZERO, cents, exact

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mock_truv.core.banking.entries import IncomeCategory
    from mock_truv.core.banking.household import Household
    from mock_truv.core.payroll import Job, Statement
    from mock_truv.core.payroll.people import BankAccount

Act = Literal["income", "bill", "purchase", "refund", "card", "loan", "invest", "withdraw", "repay"]


class Plan(NamedTuple):
    """Something to be tried at an instant, with ``amount`` dollars where that is known beforehand."""

    at_us: int
    act: Act
    account: str
    amount: Decimal
    categories: tuple[str, ...]
    description: str
    merchant: str | None = None
    code: int | None = None
    place: tuple[float, float] | None = None
    check: bool = False
    """It is a paper check: drawn by the household, or deposited by it."""
    check_number: str | None = None
    memo: str | None = None
    income: IncomeCategory | None = None


def plans_of(household: Household, month: int) -> list[Plan]:
    """Return the plans of a month in the order in which they come."""
    living = level(household, month)
    plans = [*_pay(household, month), *_side_income(household, month), *_windfalls(household, month)]
    if living:
        plans += [*_bills(household, month, living), *_purchases(household, month, living)]
    return sorted(plans, key=lambda plan: plan.at_us)


def _pay(household: Household, month: int) -> Iterator[Plan]:
    """Yield the deposits of all pay statements of the month: net pay, divided by the job's deposit rules."""
    first, last = first_of(month), last_of(month)
    for job in household.person.jobs:
        for statement in reversed(payroll.statements(household.person, job, first, last, household.variation)):
            if not job.bank_accounts:
                yield _paper_pay(job, statement)
                continue
            for rule, amount in divided(job.bank_accounts, statement.net_pay):
                yield Plan(
                    instant(statement.pay_date, 2), "income", account_for_pay(household)[rule.account_number], amount,
                    ("Paycheck",), f"{job.employer.name.upper()} PAYROLL", memo="Direct deposit", income="PAYCHECK",
                )  # fmt: skip


def _paper_pay(job: Job, statement: Statement) -> Plan:
    """Return the deposit of a paycheck on paper, the way of a job without deposit rules (assumed)."""
    return Plan(
        instant(statement.pay_date, 17, 10), "income", "checking", statement.net_pay, ("Deposit",),
        "MOBILE CHECK DEPOSIT", check=True, check_number=statement.check_number, memo=job.employer.name,
        income="CASH_OR_CHECK",
    )  # fmt: skip


def divided(rules: tuple[BankAccount, ...], net: Decimal) -> list[tuple[BankAccount, Decimal]]:
    """Return what of a net pay each deposit rule gets: amounts and percentages in their order, then the entire rest.

    When the percentages make up 100 the last one gets the rest, so that no cent is lost.
    """
    shares: list[tuple[BankAccount, Decimal]] = []
    left = net
    with exact():
        whole = sum(rule.deposit_value for rule in rules if rule.deposit_type == "P") == 100
        last_percent = [rule for rule in rules if rule.deposit_type == "P"][-1:] if whole else []
        for rule in sorted(rules, key=lambda rule: "APE".index(rule.deposit_type)):
            if rule.deposit_type == "E" or (rule in last_percent and not any(it.deposit_type == "A" for it in rules)):
                share = left
            elif rule.deposit_type == "P":
                share = min(left, cents(net * rule.deposit_value / 100))
            else:
                share = min(left, rule.deposit_value + ZERO)
            left -= share
            if share:
                shares.append((rule, share))
    return shares


def _side_income(household: Household, month: int) -> Iterator[Plan]:
    """Yield what the person earns besides the jobs; who earns what follows from the person."""
    first, living = first_of(month), level(household, month)
    match household.side_income:
        case "GIG_ECONOMY":
            for week in range(4):
                day = business_day(first + timedelta(days=2 + 7 * week))
                amount = household.dollars("gig", f"{month}:{week}", 45, 190)
                yield _deposit(day, amount, "QUICKERRAND DRIVER PAYOUT", "Gig Income", "GIG_ECONOMY")
        case "RENTAL":
            yield _deposit(business_day(first + timedelta(days=3)), Decimal("640.00"), "RENT FROM TENANT UNIT B",
                           "Rental Income", "RENTAL")  # fmt: skip
        case _ if living:
            day = first + timedelta(days=8 + household.number("advance day", month, 4))
            amount = Decimal(40 + 10 * household.number("advance", month, 9)) + ZERO
            yield _deposit(business_day(day), amount, "DAYBREAK EARNED WAGE ADVANCE", "Wage Advance", "EWA_PAYROLL")
            yield Plan(instant(business_day(day + timedelta(days=9)), 9), "repay", "checking", amount,
                       ("Loan Payment",), "DAYBREAK ADVANCE REPAYMENT")  # fmt: skip
    if household.number("p2p", month, 3):
        day = first + timedelta(days=household.number("p2p day", month, 27))
        yield _deposit(day, household.dollars("p2p", f"{month}:a", 15, 120), "HANDSHAKE PAY FROM J MERCER", "Transfer",
                       "P2P_TRANSFER")  # fmt: skip
    if household.number("cash", month, 2):
        day = business_day(first + timedelta(days=household.number("cash day", month, 24)))
        yield Plan(
            instant(day, 17, 40), "income", "checking", household.dollars("cash", f"{month}:a", 40, 260), ("Deposit",),
            "CHECK DEPOSIT BRANCH 114", check=True, check_number=f"{household.number('check', month, 9000) + 1000}",
            income="CASH_OR_CHECK",
        )  # fmt: skip


def _deposit(day: date, amount: Decimal, description: str, category: str, income: IncomeCategory) -> Plan:
    return Plan(instant(day, 11, 20), "income", "checking", amount, (category,), description, income=income)


def _windfalls(household: Household, month: int) -> Iterator[Plan]:
    """Yield what comes once a year: the tax refund in March, and one large deposit that is no income."""
    first = first_of(month)
    if first.month == 3 and any(paid_in(household, job, first.year - 1) for job in household.person.jobs):
        day = business_day(first + timedelta(days=household.number("refund day", first.year, 20)))
        yield _deposit(day, household.dollars("refund", first.year, 350, 1900), "US TREASURY TAX REFUND", "Tax Refund",
                       "TAX_CREDITS")  # fmt: skip
    if first.month == 1 + household.number("gift month", first.year, 12):
        day = business_day(first + timedelta(days=household.number("gift day", first.year, 25)))
        amount = Decimal(household.number("gift", first.year, 60) * 100 + 2500) + ZERO
        yield Plan(instant(day, 14, 5), "income", "checking", amount, ("Deposit",), "INCOMING WIRE TRANSFER",
                   memo="Gift")  # fmt: skip


def _bills(household: Household, month: int, living: int) -> Iterator[Plan]:
    """Yield what is due on fixed days; a bill whose day is a weekend comes on the Monday after it."""
    first = first_of(month)
    for bill in BILLS:
        if bill.name == "rent" and household.is_owner:
            continue
        if bill.months and first.month not in bill.months:
            continue
        day = business_day(first + timedelta(days=bill.day - 1))
        yield Plan(instant(day, 9, BILLS.index(bill)), "bill", "checking", _due(household, bill, month, living),
                   (bill.category,), bill.description, bill.merchant, check=bill.by_check)  # fmt: skip
    if first.month == 1 + household.number("surprise month", first.year, 12):
        day = business_day(first + timedelta(days=6 + household.number("surprise day", first.year, 20)))
        amount = cents(living * Decimal(household.number("surprise", first.year, 60) + 50) / 100)
        yield Plan(instant(day, 9, 40), "bill", "checking", amount, ("Medical",), "ST ALBAN MEDICAL CENTER",
                   "St. Alban Medical Center")  # fmt: skip
    yield Plan(instant(business_day(first + timedelta(days=14)), 9, 30), "card", "card", ZERO, ("Credit Card Payment",),
               "CARD PAYMENT THANK YOU")  # fmt: skip
    yield Plan(instant(business_day(first + timedelta(days=19)), 9, 35), "loan", "auto_loan", ZERO, ("Loan Payment",),
               "AUTO LOAN PAYMENT")  # fmt: skip
    if household.is_owner:
        yield Plan(instant(business_day(first), 9, 36), "loan", "mortgage", ZERO, ("Mortgage Payment",),
                   "HOME LOAN PAYMENT")  # fmt: skip
    share = Decimal(int(living * 5 / 1000) * 10) + ZERO
    yield Plan(instant(business_day(first + timedelta(days=21)), 10), "invest", "brokerage", share, ("Transfer",),
               "TRANSFER TO BROKERAGE")  # fmt: skip


def _due(household: Household, bill: Bill, month: int, living: int) -> Decimal:
    amount = cents(living * bill.share)
    if bill.swing:
        return amount + household.dollars(bill.name, month, 0, max(1, int(amount / 4)))
    return amount


def _purchases(household: Household, month: int, living: int) -> Iterator[Plan]:
    """Yield what is bought; each kind of purchase has its rhythm, and its money goes by the level of living."""
    day, last, start = first_of(month), last_of(month), first_of(month)
    while day <= last:
        wants = household.numbers("buys", day.toordinal())
        for kind, want in zip(PURCHASES, wants, strict=False):
            if want % 1000 < kind.per_mille:
                yield _purchase(household, kind, day, living)
        day += ONE_DAY
    if household.number("return", month, 3) == 0:
        day = start + timedelta(days=10 + household.number("return day", month, 15))
        yield Plan(instant(day, 16, 30), "refund", "card", household.dollars("return", f"{month}:a", 12, 48),
                   ("Refund", "Shopping"), "JUNIPER HARDWARE RETURN", "Juniper Hardware", 5251)  # fmt: skip
    day = start + timedelta(days=5 + household.number("cash out", month, 20))
    yield Plan(instant(day, 18, 2), "withdraw", "checking", Decimal(40 + 20 * household.number("atm", month, 4)) + ZERO,
               ("ATM Withdrawal",), "ATM WITHDRAWAL MAIN ST", None, 6011)  # fmt: skip


def _purchase(household: Household, kind: Purchase, day: date, living: int) -> Plan:
    which, price, minute, *_ = household.numbers(kind.name, day.toordinal())
    merchant, place = kind.merchants[which % len(kind.merchants)]
    usual_cents = max(600, int(living * kind.share * 100))
    amount = Decimal(usual_cents // 2 + price % usual_cents) / 100 + ZERO
    at_us = instant(day, 8 + minute % 720 // 60, minute % 60)
    description = f"{merchant.upper()} {1000 + crc32(merchant.encode()) % 8999}"
    return Plan(at_us, "purchase", kind.account, amount, (kind.category,), description, merchant, kind.code, place)
