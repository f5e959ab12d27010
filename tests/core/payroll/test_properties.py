"""What holds for every job on every calendar, however it is paid."""

from __future__ import annotations

import re
from datetime import date, timedelta
from decimal import Decimal, localcontext
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import msgspec
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from mock_truv.core.payroll import Job, Person, count_statements, employment, pay_dates, statements
from mock_truv.core.payroll.people import Address, BankAccount, Deduction, Employer, Extra, Overtime, PayDay, Raise
from mock_truv.core.payroll.statements import tax_year, year_of_statements

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mock_truv.core.payroll.people import PayFrequency

MONEY = re.compile(r"^-?\d+\.\d\d$")
SOME = settings(max_examples=50, deadline=None)
ADDRESS = Address(street="1 Test St", city="Testville", state="GA", zip="30000")
EMPLOYER = Employer(name="Test & Sons", domain="test.example", address=ADDRESS, phone="4045550100", ein="89-0000001")
ACCOUNT = BankAccount(
    account_number="1", routing_number="130000001", account_type="C", deposit_type="E",
    deposit_value=Decimal(100), bank_name="Test Bank",
)  # fmt: skip
PAY_CATEGORIES = ("regular", "overtime", "bonus", "commission", "other_pay")
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
frequencies: st.SearchStrategy[PayFrequency] = st.sampled_from(("W", "BW", "SM", "M"))


@st.composite
def jobs(draw: st.DrawFn) -> Job:
    frequency = draw(frequencies)
    hourly = draw(st.booleans())
    start = draw(st.dates(FIRST_DAY, LAST_DAY))
    rates = money(750, 9_000) if hourly else money(1_500_000, 30_000_000)
    raise_days = draw(st.lists(st.integers(1, 900), max_size=3, unique=True).map(sorted))
    return Job(
        key="job", employer=EMPLOYER, job_title="Tester", job_type="F", start_date=start, original_hire_date=start,
        end_date=draw(st.none() | st.integers(0, 900).map(lambda days: start + timedelta(days=days))),
        basis_of_pay="H" if hourly else "S", rate=draw(rates),
        raises=tuple(Raise(on=start + timedelta(days=days), rate=draw(rates)) for days in raise_days),
        pay_frequency=frequency, pay_day=draw(pay_days(frequency)), pay_lag_days=draw(st.integers(0, 14)),
        hours_per_week=draw(money(400, 5_000)),
        hours_swing=draw(st.lists(money(-1_000, 1_000), max_size=3).map(tuple)) if hourly else (),
        overtime=draw(overtimes) if hourly else None,
        extras=draw(st.lists(extras, max_size=2).map(tuple)),
        pre_tax=draw(st.lists(percents | amounts, max_size=2).map(tuple)),
        post_tax=draw(st.lists(amounts, max_size=1).map(tuple)),
        state=draw(st.sampled_from(("TX", "GA", "NY", "KS"))), bank_accounts=(ACCOUNT,),
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


@SOME
@given(jobs(), spans, variations)
def test_year_to_date_is_the_sum_of_the_year_so_far(job: Job, days: int, variation: int) -> None:
    """Every year-to-date figure is the sum of that year's statements so far, so all begin anew in January."""
    found = report(job, job.start_date + timedelta(days=days), variation=variation)
    for year in by_year(found["statements"]).values():
        for count, newest in enumerate(year, start=1):
            for name in (*PAY_CATEGORIES, "gross_pay", "net_pay"):
                shown = newest[f"{name}_ytd"]
                assert Decimal(shown or 0) == total(paper[name] for paper in year[:count])
                assert (shown is None) == all(paper[name] is None for paper in year[:count])
            for part in ("earnings", "deductions"):
                assert lines([newest], f"{part}_ytd") == lines(year[:count], part)


@SOME
@given(jobs(), spans, st.integers(0, 120), variations)
def test_later_look_only_adds_statements(job: Job, days: int, later: int, variation: int) -> None:
    """Looking later gives the old statements byte for byte, and before them those paid in between."""
    first = job.start_date + timedelta(days=days)
    second = first + timedelta(days=later)
    old = report(job, first, variation=variation)["statements"]
    new = report(job, second, variation=variation)["statements"]
    added = pay_dates(job, first + timedelta(days=1), second)
    assert [paper["pay_date"] for paper in new[: len(added)]] == [day.isoformat() for day in reversed(added)]
    assert msgspec.json.encode(new[len(added) :]) == msgspec.json.encode(old)


@SOME
@given(jobs(), spans, variations)
def test_gross_less_deductions_is_net(job: Job, days: int, variation: int) -> None:
    """Earnings add up to gross, by category too; gross less every deduction is net, which is never below zero."""
    for paper in report(job, job.start_date + timedelta(days=days), variation=variation)["statements"]:
        assert total(line["amount"] for line in paper["earnings"]) == Decimal(paper["gross_pay"])
        assert total(paper[category] for category in PAY_CATEGORIES) == Decimal(paper["gross_pay"])
        taken = total(line["amount"] for line in paper["deductions"])
        assert Decimal(paper["gross_pay"]) - taken == Decimal(paper["net_pay"]) >= 0


@SOME
@given(jobs(), variations)
def test_w2_is_the_sum_of_its_year(job: Job, variation: int) -> None:
    """A W-2 shows the taxes of its year's statements, and wages that are the sums of what those taxes are based on."""
    found = report(job, job.start_date + timedelta(days=900), variation=variation)
    years = by_year(found["statements"])
    for form in found["w2s"]:
        taxes: dict[str, Decimal] = {}
        for (_, category), amount in lines(years[str(form["year"])], "deductions").items():
            taxes[category] = taxes.get(category, Decimal(0)) + amount
        names = {"federal_tax": "federal", "social_security_tax": "socialsec", "medicare_tax": "medicare"}
        assert all(Decimal(form[field]) == taxes.get(category, 0) for field, category in names.items())
        paid = year_of_statements(job, form["year"], variation)
        assert Decimal(form["wages"]) == sum(paper.federal_wages for paper in paid)
        assert Decimal(form["medicare_wages"]) == sum(paper.medicare_wages for paper in paid)
        assert (
            Decimal(form["wages"])
            <= Decimal(form["medicare_wages"])
            <= total(paper["gross_pay"] for paper in years[str(form["year"])])
        )
        figures = tax_year(job, form["year"], variation)
        assert figures is not None
        assert figures.social_security_wages <= figures.medicare_wages


@SOME
@given(jobs(), spans)
def test_w2_is_out_on_31_january(job: Job, days: int) -> None:
    """There is a W-2 for each year that paid something, from 31 January of the year after."""
    as_of = job.start_date + timedelta(days=days)
    paid_in = {day.year for day in pay_dates(job, job.start_date, as_of)}
    out = [year for year in sorted(paid_in, reverse=True) if as_of >= date(year + 1, 1, 31)]
    assert [form["year"] for form in report(job, as_of)["w2s"]] == out


@SOME
@given(jobs(), spans)
def test_pay_dates_keep_their_rhythm(job: Job, days: int) -> None:
    """Pay dates strictly increase, lie on weekdays and are as far apart as the pay frequency says."""
    found = pay_dates(job, job.start_date, job.start_date + timedelta(days=days))
    least, most = {"W": (7, 7), "BW": (14, 14), "SM": (6, 23), "M": (26, 33)}[job.pay_frequency]
    assert all(day.weekday() < 5 for day in found)
    assert all(least <= (later - earlier).days <= most for earlier, later in pairwise(found))


@SOME
@given(jobs())
def test_periods_cover_the_job_without_gap(job: Job) -> None:
    """Periods lie end to end, and every weekday from first day to last is in one of them."""
    end = job.end_date or job.start_date + timedelta(days=400)
    periods = [
        (paper.period_start, paper.period_end)
        for paper in reversed(statements(person_with(job), job, job.start_date, end + timedelta(days=60)))
    ]
    assert all(later[0] - earlier[1] == timedelta(days=1) for earlier, later in pairwise(periods))
    for day in (job.start_date, end):
        assert day.weekday() > 4 or any(first <= day <= last for first, last in periods)


@SOME
@given(jobs(), st.dates(FIRST_DAY, LAST_DAY), spans)
def test_count_is_the_number_of_statements(job: Job, since: date, days: int) -> None:
    """The cheap count, the pay dates and the statements agree, wherever the window lies."""
    until = since + timedelta(days=days)
    dates = pay_dates(job, since, until)
    assert count_statements(job, since, until) == len(dates)
    assert [paper.pay_date for paper in statements(person_with(job), job, since, until)] == dates[::-1]
    assert all(since <= day <= until for day in dates)


@SOME
@given(jobs(), spans, st.integers(0, 60))
def test_ids_are_stable_and_distinct(job: Job, days: int, later: int) -> None:
    """A statement keeps its id, made of job and pay date, whenever one looks; no two things share one."""
    as_of = job.start_date + timedelta(days=days)
    old, new = (report(job, day) for day in (as_of, as_of + timedelta(days=later)))
    assert {paper["id"] for paper in old["statements"]} <= {paper["id"] for paper in new["statements"]}
    assert all(paper["id"] == f"statement job:{paper['pay_date']}" for paper in new["statements"])
    things = [new, new["profile"], *new["statements"], *new["annual_income_summary"]]
    assert len({thing["id"] for thing in things}) == len(things)
    numbers = [paper["check_number"] for paper in new["statements"]]
    assert numbers == sorted(set(numbers), reverse=True)


@SOME
@given(jobs(), st.integers(0, 900), st.integers(0, 900), variations)
def test_summary_is_the_newest_statement_of_its_year(job: Job, days: int, window: int, variation: int) -> None:
    """A yearly summary shows the year to date of its newest statement, however short the wanted history is."""
    as_of = job.start_date + timedelta(days=days)
    since = max(job.start_date, as_of - timedelta(days=window))
    newest = {
        year: papers[-1] for year, papers in by_year(report(job, as_of, variation=variation)["statements"]).items()
    }
    found = report(job, as_of, since=since, variation=variation)["annual_income_summary"]
    assert [entry["year"] for entry in found] == sorted((int(y) for y in newest if int(y) >= since.year), reverse=True)
    for entry in found:
        for name in (*PAY_CATEGORIES, "gross_pay", "net_pay"):
            assert entry[name] == newest[str(entry["year"])][f"{name}_ytd"]


@SOME
@given(jobs(), spans, variations)
def test_report_knows_nothing_of_the_future(job: Job, days: int, variation: int) -> None:
    """Leaving out raises and an end that are still to come changes no byte of the report."""
    assume(job.pay_lag_days >= 2)  # otherwise a pay date moved before a weekend pays days still to come
    as_of = job.start_date + timedelta(days=days)
    end = job.end_date if job.end_date is not None and job.end_date <= as_of else None
    raises = tuple(change for change in job.raises if change.on <= as_of)
    known = msgspec.structs.replace(job, end_date=end, raises=raises)
    shown, wanted = (msgspec.json.encode(report(one, as_of, variation=variation)) for one in (job, known))
    assert shown == wanted


@SOME
@given(jobs(), spans, variations)
def test_money_has_two_decimals(job: Job, days: int, variation: int) -> None:
    """Every amount, rate, unit and hour is a string with two decimals."""
    found = report(job, job.start_date + timedelta(days=days), variation=variation)

    def walk(thing: Any, name: str) -> Iterator[tuple[str, Any]]:
        if isinstance(thing, dict):
            for key, value in thing.items():
                yield from walk(value, key)
        elif isinstance(thing, list):
            for value in thing:
                yield from walk(value, name)
        else:
            yield name, thing

    words = {"wages", "tax", "pay", "rate", "hours", "units", "amount", "ytd", "income", "value", *PAY_CATEGORIES}
    shown = [(name, value) for name, value in walk(found, "") if name in words or name.split("_")[-1] in words]
    amounts_shown = [value for name, value in shown if value is not None and name != "basis_of_pay"]
    assert amounts_shown
    assert all(MONEY.match(value) for value in amounts_shown)


@SOME
@given(jobs(), spans, variations)
def test_same_question_has_same_answer(job: Job, days: int, variation: int) -> None:
    """Neither the caches nor the caller's decimal settings change a byte."""
    as_of = job.start_date + timedelta(days=days)
    first = msgspec.json.encode(report(job, as_of, variation=variation))
    year_of_statements.cache_clear()
    with localcontext() as context:
        context.prec = 3
        year_of_statements.cache_clear()
        paid = statements(person_with(job), job, job.start_date, as_of, variation)
        assert msgspec.json.encode(report(job, as_of, variation=variation)) == first
    assert paid == statements(person_with(job), job, job.start_date, as_of, variation)
