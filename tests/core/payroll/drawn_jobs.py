"""Jobs of all kinds drawn by Hypothesis, and a few helpers to read what they pay. Several suites judge them."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from hypothesis import settings
from hypothesis import strategies as st

from mock_truv.core.payroll import Job, Person, employment
from mock_truv.core.payroll.people import (
    Address,
    BankAccount,
    Commission,
    Deduction,
    Employer,
    Extra,
    Overtime,
    PayDay,
    Raise,
    Trips,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mock_truv.core.payroll.people import PayFrequency

SOME = settings(max_examples=50, deadline=None)
"""How many jobs a property is tried on."""
ADDRESS = Address(street="1 Test St", city="Testville", state="GA", zip="30000")
EMPLOYER = Employer(name="Test & Sons", domain="test.example", address=ADDRESS, phone="4045550100", ein="89-0000001")
ACCOUNT = BankAccount(
    account_number="1", routing_number="130000001", account_type="C", deposit_type="E",
    deposit_value=Decimal(100), bank_name="Test Bank",
)  # fmt: skip
FIRST_DAY, LAST_DAY = date(2019, 1, 1), date(2027, 12, 31)

variations = st.integers(-120, 120)
spans = st.integers(0, 900)


def money(least: int, most: int) -> st.SearchStrategy[Decimal]:
    """Dollars, or hours, from ``least`` to ``most`` cents."""
    return st.integers(least, most).map(lambda amount: Decimal(amount) / 100)


def pay_days(frequency: str) -> st.SearchStrategy[PayDay]:
    if frequency in {"W", "BW"}:
        mondays = st.integers(0, 60).map(lambda weeks: date(2025, 1, 6) + timedelta(weeks=weeks))
        return st.builds(lambda monday, day: PayDay(anchor=monday + timedelta(days=day)), mondays, st.integers(0, 4))
    if frequency == "M":
        return st.builds(lambda day: PayDay(days_of_month=(day,)), st.integers(1, 31))
    if frequency in {"A", "C"}:
        months = st.lists(st.integers(1, 12), min_size=1, max_size=1 if frequency == "A" else 12, unique=True)
        return st.builds(
            lambda day, months: PayDay(days_of_month=(day,), months=tuple(sorted(months))), st.integers(1, 31), months
        )
    first_days, gaps = st.integers(1, 15), st.integers(10, 16)
    return st.builds(lambda day, gap: PayDay(days_of_month=(day, day + gap)), first_days, gaps)


extras = st.builds(
    Extra,
    name=st.sampled_from(("Award", "Sales", "Tips")),
    category=st.sampled_from(("bonus", "commission", "other_pay")),
    months=st.lists(st.integers(1, 12), min_size=1, max_size=3, unique=True).map(tuple),
    amount=money(1, 500_000),
)
percents = st.builds(
    Deduction, name=st.just("Plan"), category=st.sampled_from(("retirement", "insurance")), percent=money(0, 2_000)
)
amounts = st.builds(
    Deduction, name=st.just("Policy"), category=st.sampled_from(("retirement", "insurance")), amount=money(0, 90_000)
)


overtimes = st.none() | st.builds(Overtime, every=st.integers(1, 4), hours=money(1, 2_000))
frequencies: st.SearchStrategy[PayFrequency] = st.sampled_from(("W", "BW", "SM", "M", "A", "C"))
bases: st.SearchStrategy[Any] = st.sampled_from(("S", "H", "D", "W"))
RATES = {"H": (750, 9_000), "D": (6_000, 60_000), "W": (30_000, 600_000), "S": (1_500_000, 30_000_000)}
commissions = st.builds(
    Commission,
    name=st.just("Sales"),
    percent=money(0, 2_500),
    sales=st.lists(money(0, 9_000_000), min_size=1, max_size=3).map(tuple),
)
trips = st.builds(
    Trips,
    type=st.sampled_from(("delivery", "rideshare")),
    per_weekday=st.tuples(*[st.integers(1, 9)] * 5, *[st.integers(0, 20)] * 2),
    fares=st.lists(money(1, 9_000), min_size=1, max_size=5).map(tuple),
    tips=st.lists(money(0, 900), max_size=3).map(tuple),
    minutes=st.lists(st.integers(1, 40), min_size=1, max_size=3).map(tuple),
)


@st.composite
def jobs(draw: st.DrawFn) -> Job:
    frequency, basis = draw(frequencies), draw(bases)
    hourly = basis == "H"
    start = draw(st.dates(FIRST_DAY, LAST_DAY))
    rates = money(*RATES[basis])
    form: Any = draw(st.sampled_from(("W2", "W2", "F1099_NEC")))
    raise_days = draw(st.lists(st.integers(1, 900), max_size=3, unique=True).map(sorted))
    return Job(
        key="job", employer=EMPLOYER, job_title="Tester", job_type="F", start_date=start, original_hire_date=start,
        end_date=draw(st.none() | st.integers(0, 900).map(lambda days: start + timedelta(days=days))),
        basis_of_pay=basis, rate=draw(rates), salary_unit=draw(st.sampled_from(("YEARLY", "MONTHLY"))),
        raises=tuple(Raise(on=start + timedelta(days=days), rate=draw(rates)) for days in raise_days),
        pay_frequency=frequency, pay_day=draw(pay_days(frequency)), pay_lag_days=draw(st.integers(0, 14)),
        hours_per_week=draw(money(400, 5_000)),
        hours_swing=draw(st.lists(money(-1_000, 1_000), max_size=3).map(tuple)) if hourly else (),
        overtime=draw(overtimes) if hourly else None,
        days_off=draw(st.lists(st.integers(0, 6), max_size=3).map(tuple)) if basis == "D" else (),
        commission=draw(st.none() | commissions),
        extras=draw(st.lists(extras, max_size=2).map(tuple)),
        tax_form=form,
        pre_tax=draw(st.lists(percents | amounts, max_size=2).map(tuple)) if form == "W2" else (),
        post_tax=draw(st.lists(amounts, max_size=1).map(tuple)),
        state=draw(st.sampled_from(("TX", "GA", "NY", "KS"))), bank_accounts=(ACCOUNT,),
    )  # fmt: skip


@st.composite
def gigs(draw: st.DrawFn) -> Job:
    """Jobs paid by the trip, from a Monday on."""
    start = draw(st.dates(FIRST_DAY, LAST_DAY).map(lambda day: day - timedelta(days=day.weekday())))
    end = draw(st.none() | st.integers(0, 100).map(lambda weeks: start + timedelta(weeks=weeks)))
    return Job(
        key="job", employer=EMPLOYER, job_title="Driver", job_type="C", start_date=start, original_hire_date=start,
        end_date=end, basis_of_pay="D", pay_frequency=draw(st.sampled_from(("W", "BW"))), pay_day=draw(pay_days("W")),
        pay_lag_days=draw(st.integers(0, 14)), hours_per_week=Decimal(20), trips=draw(trips), tax_form="F1099_NEC",
        post_tax=draw(st.lists(amounts, max_size=1).map(tuple)), state="GA", bank_accounts=(ACCOUNT,),
    )  # fmt: skip


def person_with(job: Job) -> Person:
    return Person(
        key="tester", title="A tester", usernames=("tester",), first_name="Tess", last_name="Ter",
        email="t@example.com", phone="4045550101", ssn="900000001", date_of_birth=date(1990, 1, 1),
        home_address=ADDRESS, jobs=(job,),
    )  # fmt: skip


def id_of(kind: str, key: str) -> str:
    return f"{kind} {key}"


def report(job: Job, as_of: date, **changes: Any) -> dict[str, Any]:
    kwargs: dict[str, Any] = {"since": job.start_date, "id_of": id_of, "created_at": "then", "updated_at": "now"}
    return employment(person_with(job), job, as_of=as_of, **(kwargs | changes))


def total(texts: Iterator[str | None]) -> Decimal:
    return sum((Decimal(text) for text in texts if text is not None), Decimal(0))


def by_year(papers: list[dict[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    """Statements by year of their pay date, oldest first."""
    years: dict[str, list[dict[str, Any]]] = {}
    for paper in reversed(papers):
        years.setdefault(paper["pay_date"][:4], []).append(paper)
    return years


def lines(papers: list[dict[str, Any]], part: str) -> dict[tuple[str, str], Decimal]:
    sums: dict[tuple[str, str], Decimal] = {}
    for paper in papers:
        for line in paper[part]:
            what = (line["name"], line["category"])
            sums[what] = sums.get(what, Decimal(0)) + Decimal(line["amount"])
    return sums
