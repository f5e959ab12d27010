"""How a net pay is divided, and on which day a bank does what."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from mock_truv.core.banking.days import business_day, first_of, last_of, month_number, posting
from mock_truv.core.banking.loans import LOANS, minimum_payment, monthly_interest, monthly_payment
from mock_truv.core.banking.plans import divided
from mock_truv.core.banking.prices import PAPERS, Paper, price_on, units_for, value_of
from mock_truv.core.instants import date_of
from mock_truv.core.payroll import Job
from tests.core.banking.households import PEOPLE

RULE = next(rule for person in PEOPLE.values() for job in person.jobs for rule in job.bank_accounts)
amounts = st.decimals(Decimal("0.01"), Decimal(20000), places=2)
any_day = st.dates(date(2020, 1, 1), date(2190, 1, 1))


def rules(*kinds: tuple[str, str]) -> Job:
    """Return a job with deposit rules of these types and values."""
    job = next(job for person in PEOPLE.values() for job in person.jobs if job.bank_accounts)
    made = tuple(
        msgspec.structs.replace(RULE, account_number=f"{at:08d}", deposit_type=kind, deposit_value=Decimal(value))
        for at, (kind, value) in enumerate(kinds)
    )
    return msgspec.structs.replace(job, bank_accounts=made)


@settings(max_examples=100, deadline=None)
@given(amounts, st.integers(1, 99), amounts)
def test_whole_pay_is_divided_to_the_cent(net: Decimal, percent: int, fixed: Decimal) -> None:
    """Percentages of 100, and whatever comes before an entire rest, leave no cent over and none twice."""
    for job in (
        rules(("P", str(percent)), ("P", str(100 - percent))),
        rules(("E", "100")),
        rules(("A", str(fixed)), ("E", "100")),
        rules(("P", str(percent)), ("A", str(fixed)), ("E", "100")),
    ):
        shares = [share for _, share in divided(job.bank_accounts, net)]
        assert sum(shares) == net
        assert all(share > 0 for share in shares)


@settings(max_examples=100, deadline=None)
@given(amounts, st.integers(1, 99), amounts)
def test_rules_get_no_more_than_they_say(net: Decimal, percent: int, fixed: Decimal) -> None:
    """An amount is at most itself and goes first; a lone percentage is rounded to the cent, and the rest stays away."""
    (_, share), *_ = divided(rules(("P", str(percent)), ("A", str(fixed))).bank_accounts, net)
    assert share == min(net, fixed)
    alone = divided(rules(("P", str(percent))).bank_accounts, net)
    assert abs(sum(share for _, share in alone) - net * percent / 100) <= Decimal("0.005")


@settings(max_examples=60, deadline=None)
@given(any_day, st.integers(0, 3))
def test_banks_work_from_monday_to_friday(day: date, business_days: int) -> None:
    """A business day is the day itself or the Monday after it; posting takes as many business days as it says."""
    moved = business_day(day)
    assert moved.weekday() < 5
    assert timedelta(0) <= moved - day <= timedelta(days=2)
    done = date_of(posting(day, business_days))
    between = [day + timedelta(days=at) for at in range(1, (done - day).days + 1)]
    assert sum(each.weekday() < 5 for each in between) == business_days
    assert done == day or done.weekday() < 5
    assert first_of(month_number(day)) == day.replace(day=1)
    assert last_of(month_number(day)).month == day.month
    assert (last_of(month_number(day)) + timedelta(days=1)).day == 1


@settings(max_examples=30, deadline=None)
@given(st.integers(10, 5000).map(lambda hundreds: Decimal(hundreds * 100)), st.sampled_from(sorted(LOANS)))
def test_constant_payments_repay_a_loan(principal: Decimal, key: str) -> None:
    """After as many payments as the term has, no more is owed than the cents that rounding left."""
    owed, payment = principal, monthly_payment(principal, key)
    for _ in range(LOANS[key].months):
        owed += monthly_interest(owed, key) - payment
    assert abs(owed) < payment


@given(amounts)
def test_minimum_payment_is_never_more_than_is_owed(statement: Decimal) -> None:
    """The least due on a card is at least 25 dollars or all of it, and 2 percent of a large balance."""
    least = minimum_payment(statement)
    assert Decimal(0) < least <= statement
    assert least == statement or least >= 25
    assert least >= (statement * 2 / 100).quantize(Decimal("0.01"), "ROUND_DOWN") or least == statement


@settings(max_examples=60, deadline=None)
@given(amounts, any_day, st.sampled_from([paper for papers in PAPERS.values() for paper in papers]))
def test_units_cost_no_more_than_was_given(amount: Decimal, day: date, paper: Paper) -> None:
    """What an amount buys costs at most the amount, and one ten-thousandth of a unit more would cost more."""
    price = price_on(paper, day)
    units = units_for(amount, price)
    assert value_of(units, price) <= amount
    assert (units + Decimal("0.0002")) * price > amount - Decimal("0.01")
