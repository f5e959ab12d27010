"""What holds for every job on every calendar, however it is paid."""

from __future__ import annotations

import re
from datetime import date, timedelta
from decimal import Decimal, localcontext
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import msgspec
from hypothesis import assume, given
from hypothesis import strategies as st

from mock_truv.core.payroll import Job, count_statements, pay_dates, statements
from mock_truv.core.payroll.statements import tax_year, year_of_statements
from tests.core.payroll.drawn_jobs import (
    FIRST_DAY,
    LAST_DAY,
    SOME,
    by_year,
    gigs,
    jobs,
    lines,
    person_with,
    report,
    spans,
    total,
    variations,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

MONEY = re.compile(r"^-?\d+\.\d\d$")
PAY_CATEGORIES = ("regular", "overtime", "bonus", "commission", "other_pay")


@SOME
@given(jobs() | gigs(), spans, variations)
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
@given(jobs() | gigs(), spans, st.integers(0, 120), variations)
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
@given(jobs() | gigs(), spans, variations)
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
    assert [form["year"] for form in report(job, as_of)["w2s"]] == (out if job.tax_form == "W2" else [])


@SOME
@given(jobs(), spans)
def test_pay_dates_keep_their_rhythm(job: Job, days: int) -> None:
    """Pay dates strictly increase, lie on weekdays and are as far apart as the pay frequency says."""
    found = pay_dates(job, job.start_date, job.start_date + timedelta(days=days))
    rhythm = {"W": (7, 7), "BW": (14, 14), "SM": (6, 23), "M": (26, 33), "A": (363, 368), "C": (26, 368)}
    least, most = rhythm[job.pay_frequency or ""]
    assert all(day.weekday() < 5 for day in found)
    assert all(least <= (later - earlier).days <= most for earlier, later in pairwise(found))


@SOME
@given(jobs() | gigs())
def test_periods_cover_the_job_without_gap(job: Job) -> None:
    """Periods lie end to end, and every weekday from first day to last is in one of them."""
    end = job.end_date or job.start_date + timedelta(days=400)
    wait = timedelta(days=400 if job.pay_frequency in {"A", "C"} else 60)
    periods = [
        (paper.period_start, paper.period_end)
        for paper in reversed(statements(person_with(job), job, job.start_date, end + wait))
    ]
    assert all(later[0] - earlier[1] == timedelta(days=1) for earlier, later in pairwise(periods))
    for day in (job.start_date, end):
        assert day.weekday() > 4 or any(first <= day <= last for first, last in periods)


@SOME
@given(jobs() | gigs(), st.dates(FIRST_DAY, LAST_DAY), spans)
def test_count_is_the_number_of_statements(job: Job, since: date, days: int) -> None:
    """The cheap count, the pay dates and the statements agree, wherever the window lies."""
    until = since + timedelta(days=days)
    dates = pay_dates(job, since, until)
    assert count_statements(job, since, until) == len(dates)
    assert [paper.pay_date for paper in statements(person_with(job), job, since, until)] == dates[::-1]
    assert all(since <= day <= until for day in dates)


@SOME
@given(jobs() | gigs(), spans, st.integers(0, 60))
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
@given(jobs() | gigs(), spans, variations)
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
@given(jobs() | gigs(), spans, variations)
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
