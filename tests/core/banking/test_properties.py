"""Money in the bank adds up: for every person of the fixtures over three virtual years, to the cent."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta
from decimal import Decimal, localcontext
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mock_truv.core import payroll
from mock_truv.core.banking import (
    Ledger,
    average_balance,
    card_terms,
    days_available,
    end_of_day,
    income_sources,
    loan_terms,
    nsf_count,
)
from mock_truv.core.banking.accounts import OWED, SHOWN, all_accounts
from mock_truv.core.banking.days import instant
from mock_truv.core.banking.entries import NSF
from mock_truv.core.banking.holdings import opening_units
from mock_truv.core.banking.loans import LOANS
from mock_truv.core.banking.months import _block
from mock_truv.core.banking.plans import divided
from mock_truv.core.instants import DAY_US, HOUR_US, date_of
from mock_truv.core.payroll.money import cents
from tests.core.banking.households import FIRST, KEYS, LAST, PEOPLE, SINCE, household, ledger, ledger_at

if TYPE_CHECKING:
    from mock_truv.core.banking import Account, Entry

CENT = Decimal("0.01")
SOME = settings(max_examples=12, deadline=None)
people = st.sampled_from(KEYS)
days = st.dates(FIRST, LAST)


def signed(account: Account, entry: Entry) -> Decimal:
    """Return what an entry adds to its account, by the words of the reference alone."""
    if entry.type == "MEMO":
        return Decimal(0)
    into = entry.amount if entry.type == "CREDIT" else -entry.amount
    return -into if account.type in OWED else into


def summed(shown: Ledger, account: Account, at_us: int) -> Decimal:
    """Return an account's cash at an instant from its opening and its transactions."""
    posted = (
        signed(account, each) for each in shown.entries if each.account == account.key and each.posted_us <= at_us
    )
    return account.opening + sum(posted, Decimal(0))


@pytest.mark.parametrize("key", KEYS)
def test_balance_is_opening_and_what_was_posted(key: str) -> None:
    """At the end of each quarter a balance is the opening and all that was posted, and the value of what is held."""
    shown = ledger(key)
    for back in range(0, 3 * 365, 91):
        at_us = end_of_day(LAST - timedelta(days=back))
        for account in shown.accounts:
            value = sum((each.value for each in shown.holdings(account, at_us)), Decimal(0))
            assert shown.balance(account, at_us) == summed(shown, account, at_us) + value


@pytest.mark.parametrize("key", KEYS)
def test_pay_goes_where_the_deposit_rules_say(key: str) -> None:
    """Every pay statement's net pay arrives on its pay date, whole, in the accounts that the job's rules name."""
    shown, person = ledger(key), PEOPLE[key]
    number = {account.key: account.number for account in shown.accounts}
    arrived: Counter[tuple[date, str, str]] = Counter()
    for each in shown.entries:
        if each.income == "PAYCHECK":
            arrived[date_of(each.posted_us), each.description, number[each.account]] += int(each.amount * 100)
    expected: Counter[tuple[date, str, str]] = Counter()
    for job in person.jobs:
        for paper in payroll.statements(person, job, SINCE, LAST, 17):
            for rule, amount in divided(job.bank_accounts, paper.net_pay):
                text = f"{job.employer.name.upper()} PAYROLL"
                expected[paper.pay_date, text, rule.account_number] += int(amount * 100)
    assert arrived == expected


@SOME
@given(people, days, st.integers(0, 400))
def test_later_readings_only_add(key: str, day: date, more: int) -> None:
    """What was posted is there at every later reading, unchanged, and so is its balance."""
    early, late = ledger_at(key, day, 15), ledger_at(key, day + timedelta(days=more), 9 if more else 15)
    posted = [each for each in early.entries if each.status(early.as_of_us) == "POSTED"]
    kept = [each for each in late.entries if each.posted_us <= early.as_of_us]
    assert posted == kept
    assert set(early.entries) <= set(late.entries)
    assert [early.balance(it) for it in early.accounts] == [late.balance(it, early.as_of_us) for it in late.accounts]


@SOME
@given(people, days, st.sampled_from([0, 5, 6, 13, 23]))
def test_transactions_are_of_the_past(key: str, day: date, hour: int) -> None:
    """Nothing is shown before it happened; each is listed once, newest first; what is pending is in no balance."""
    shown = ledger_at(key, day, hour)
    assert len({each.key for each in shown.entries}) == len(shown.entries)
    order = [each.transacted_us for each in shown.entries]
    assert order == sorted(order, reverse=True)
    assert all(each.transacted_us <= shown.as_of_us and each.transacted_us <= each.posted_us for each in shown.entries)
    assert all(each.amount >= 0 and each.amount == each.amount.quantize(CENT) for each in shown.entries)
    for account in shown.accounts:
        if account.type in {"CHECKING", "SAVINGS"}:
            going = [each for each in shown.by_account[account.key] if each.posted_us > shown.as_of_us]
            held = sum((each.amount for each in going if each.type == "DEBIT"), Decimal(0))
            assert shown.available(account) == shown.balance(account) - held


@pytest.mark.parametrize("key", KEYS)
def test_nobody_overdraws_but_by_a_bounced_bill(key: str) -> None:
    """No deposit account ends a day below zero by more than its fees, and no card goes over its limit."""
    shown = ledger(key)
    for account in shown.accounts:
        if account.type not in {"CHECKING", "SAVINGS", "CREDIT_CARD"}:
            continue
        fees = sum((each.amount for each in shown.by_account[account.key] if NSF in each.categories), Decimal(0))
        ends = [shown.balance(account, end_of_day(SINCE + timedelta(days=day))) for day in range((LAST - SINCE).days)]
        if account.type == "CREDIT_CARD":
            assert account.credit_limit is not None
            assert max(ends) <= account.credit_limit
        else:
            assert min(ends) >= -fees


@pytest.mark.parametrize("key", KEYS)
def test_money_between_own_accounts_is_neither_made_nor_lost(key: str) -> None:
    """Every transfer out of an account is one of the same amount and instant into another."""
    moved = [each for each in ledger(key).entries if each.description.startswith("TRANSFER ")]
    out = Counter((each.transacted_us, each.amount) for each in moved if each.type == "DEBIT")
    into = Counter((each.transacted_us, each.amount) for each in moved if each.type == "CREDIT")
    assert out == into
    assert moved


@pytest.mark.parametrize("key", KEYS)
def test_bounced_bills_come_back(key: str) -> None:
    """Each returned item is a debit of the same amount and a fee, and the count of a report is that of the fees."""
    shown = ledger(key)
    account = shown.accounts[0]
    entries = shown.by_account[account.key]
    returned = [each for each in entries if "Returned Item" in each.categories]
    fees = [each for each in entries if NSF in each.categories]
    assert len(returned) == len(fees) == nsf_count(shown, account, (LAST - SINCE).days + 1)
    debits = Counter(each.amount for each in entries if each.type == "DEBIT")
    assert all(debits[each.amount] for each in returned)


def test_every_word_occurs() -> None:
    """Among all persons every type, status, income category and category of account occurs, and bills do bounce."""
    entries = [each for key in KEYS for each in ledger(key).entries]
    assert {each.type for each in entries} == {"CREDIT", "DEBIT", "MEMO"}
    assert {each.income for each in entries} == {
        None, "PAYCHECK", "GIG_ECONOMY", "RENTAL", "EWA_PAYROLL", "P2P_TRANSFER", "TAX_CREDITS", "CASH_OR_CHECK",
    }  # fmt: skip
    statuses = {
        each.status(at_us)
        for each in entries
        for at_us in (each.transacted_us, each.transacted_us + 25 * HOUR_US, each.posted_us)
    }
    assert statuses == {"POSTED", "PENDING", "AUTHORIZATION", "MEMO"}
    named = {category for each in entries for category in each.categories}
    assert named >= {
        "Paycheck", "Rent", "Groceries", "Utilities", "Credit Card Payment", "Transfer", "Refund", NSF, "Deposit",
        "Mortgage Payment", "Loan Payment", "Interest", "Dividend", "Tax Refund", "Rental Income", "Gig Income",
    }  # fmt: skip
    for field in ("check_number", "merchant", "code", "place", "memo", "symbol"):
        found = [getattr(each, field) for each in entries]
        assert None in found
        assert any(value is not None for value in found)


@SOME
@given(people, days, st.sampled_from([30, 60, 90]))
def test_average_is_that_of_the_days(key: str, day: date, span: int) -> None:
    """An average balance is the mean of the balances at the ends of the days, worked out from the transactions."""
    shown = ledger_at(key, day, 15)
    for account in shown.accounts:
        if account.type == "INVESTMENT":
            continue
        ends = [shown.as_of_us, *(end_of_day(day - timedelta(days=back)) for back in range(1, span))]
        total = account.opening * span
        for each in shown.by_account[account.key]:
            total += signed(account, each) * sum(each.posted_us <= end_us for end_us in ends)
        assert average_balance(shown, account, span) == cents(total / span)


@SOME
@given(people, days, st.sampled_from([30, 60, 365, 730]))
def test_income_is_the_sum_of_deposits(key: str, day: date, span: int) -> None:
    """A source's figures follow from its deposits, no deposit is in two sources, and months divide them up."""
    shown = ledger_at(key, day, 15)
    first = day - timedelta(days=span - 1)
    sources = income_sources(shown, span)
    counted = [each.key for source in sources for each in source.entries]
    assert len(set(counted)) == len(counted)
    for source in sources:
        amounts = [each.amount for each in source.entries]
        assert source.total == sum(amounts) == sum(bucket.total for bucket in source.buckets)
        assert source.average == cents(source.total / len(amounts))
        assert source.monthly == cents(source.total / len(source.buckets))
        assert [each for bucket in source.buckets for each in bucket.entries] == source.entries
        assert all(first <= date_of(each.transacted_us) <= day for each in source.entries)
        assert all(
            bucket.first <= date_of(it.transacted_us) <= bucket.last
            for bucket in source.buckets
            for it in bucket.entries
        )
        assert source.next_on is None or source.next_on > source.last
    deposits = [each for each in shown.entries if each.income is not None and date_of(each.transacted_us) >= first]
    assert set(counted) <= {each.key for each in deposits}


@pytest.mark.parametrize("key", KEYS)
def test_frequency_is_that_of_the_job(key: str) -> None:
    """The rhythm that is read off the paychecks of a running job is the job's own pay frequency."""
    shown = ledger(key, date(2026, 7, 1))
    running = {
        f"{job.employer.name.upper()} PAYROLL": job.pay_frequency
        for job in PEOPLE[key].jobs
        if job.end_date is None and job.bank_accounts and job.start_date < date(2026, 1, 1)
    }
    found = {
        source.description: source.frequency for source in income_sources(shown, 60) if source.category == "PAYCHECK"
    }
    regular = {"W", "BW", "SM", "M"}
    names = Counter(job.employer.name for job in PEOPLE[key].jobs)
    for description, frequency in running.items():
        if frequency in regular and max(names.values()) == 1:
            assert found[description] == frequency


@SOME
@given(people, days)
def test_holdings_are_what_was_bought(key: str, day: date) -> None:
    """Units and cost of a holding are those of the beginning and of every purchase since."""
    shown = ledger_at(key, day, 20)
    for account in shown.accounts:
        for held in shown.holdings(account):
            bought = [each for each in shown.by_account[account.key] if each.symbol == held.paper.symbol]
            assert held.units == opening_units(shown.household, held.paper.symbol) + sum(
                (each.quantity for each in bought if each.quantity is not None), Decimal(0)
            )
            assert held.value == cents(held.units * held.price)
            assert held.price > 0


@SOME
@given(people, days)
def test_terms_follow_from_the_transactions(key: str, day: date) -> None:
    """What is due on a card is its balance of the month's beginning less what was paid; a loan owes its balance."""
    shown = ledger_at(key, day, 15)
    month_us, year_us = instant(day.replace(day=1)), instant(date(day.year, 1, 1))
    for account in shown.accounts:
        entries = [each for each in shown.by_account[account.key] if each.posted_us <= shown.as_of_us]
        if account.type == "CREDIT_CARD":
            terms = card_terms(shown, account)
            lately = [it for it in entries if it.posted_us >= month_us]
            paid = sum((it.amount for it in lately if "Credit Card Payment" in it.categories), Decimal(0))
            assert terms.statement_balance == max(Decimal(0), summed(shown, account, month_us - 1))
            assert terms.next_payment == max(Decimal(0), terms.statement_balance - paid)
            assert terms.minimum_payment <= terms.next_payment
            assert terms.current_balance == shown.balance(account)
        elif account.type in OWED:
            loan = loan_terms(shown, account)
            charged = [it.amount for it in entries if "Interest Charge" in it.categories and it.posted_us >= year_us]
            assert loan.interest_this_year == sum(charged, Decimal(0))
            assert loan.principal == summed(shown, account, shown.as_of_us)
            assert loan.original_principal == account.opening
            assert loan.months == LOANS[account.key].months
            assert (loan.next_payment_date is None) == (loan.principal == 0)


@pytest.mark.parametrize("username", [*SHOWN, "goodlogin"])
def test_login_shows_the_documented_accounts(username: str) -> None:
    """Each test login of assets shows its accounts, and shows them as every other login does."""
    whole = Ledger(household("salaried-biweekly"), "goodlogin", end_of_day(FIRST))
    part = Ledger(household("salaried-biweekly"), username, end_of_day(FIRST))
    kinds = [account.type for account in part.accounts]
    wanted = {
        "goodlogin.checking": ["CHECKING"], "goodlogin.checking.savings": ["CHECKING", "SAVINGS"],
        "goodlogin.card": ["CHECKING", "SAVINGS"], "goodlogin.inv": ["INVESTMENT"],
        "goodlogin.all": ["CHECKING", "SAVINGS", "INVESTMENT"], "sit": ["SAVINGS", "INVESTMENT", "INVESTMENT"],
        "goodlogin": ["CHECKING", "SAVINGS", "CREDIT_CARD", "LOAN", "MORTGAGE", "INVESTMENT"],
    }  # fmt: skip
    assert kinds == wanted[username]
    for account in part.accounts:
        if account in whole.accounts:
            assert part.by_account[account.key] == whole.by_account[account.key]
        assert days_available(part, account) <= (FIRST - SINCE).days + 1


@pytest.mark.parametrize("key", ["salaried-biweekly", "two-employers", "hourly-part-time"])
def test_same_question_has_same_answer(key: str) -> None:
    """Neither the caches nor the caller's decimal settings change an amount."""
    day = date(2026, 5, 17)
    before = ledger_at(key, day, 15)
    first = [(each, each.status(before.as_of_us)) for each in before.entries]
    balances = [(before.balance(it), before.available(it), average_balance(before, it, 30)) for it in before.accounts]
    _block.cache_clear()
    all_accounts.cache_clear()
    with localcontext() as context:
        context.prec = 3
        again = ledger_at(key, day, 15)
        assert [(each, each.status(again.as_of_us)) for each in again.entries] == first
        found = [(again.balance(it), again.available(it), average_balance(again, it, 30)) for it in again.accounts]
    assert found == balances


def test_history_begins_where_it_is_said() -> None:
    """Before the first month there is nothing but the opening balances, however far back one asks."""
    shown = Ledger(household("salaried-biweekly"), "goodlogin", instant(SINCE) - 400 * DAY_US)
    assert shown.entries == []
    assert all(shown.balance(it) == it.opening for it in shown.accounts if it.type != "INVESTMENT")
    with pytest.raises(ValueError, match="first day of a month"):
        type(shown.household)(person=shown.household.person, key="k", since=date(2024, 1, 2))
