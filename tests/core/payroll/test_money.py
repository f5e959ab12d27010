"""Every shipped person's money adds up over three years of virtual time, to the cent: from lines to tax forms.

The sums are done anew here, from the texts a report shows and the rules the fixtures state; the engine is not asked.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from copy import deepcopy
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from functools import cache
from hashlib import md5
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from mock_truv.core.payroll import Job, Person, employment, load_people, shift_entries, tax_documents

if TYPE_CHECKING:
    from collections.abc import Iterable

FOLDER = Path(__file__).parents[3] / "fixtures" / "people"
PEOPLE = load_people({path.name: path.read_bytes() for path in sorted(FOLDER.glob("*.json"))})
SINCE = date(2025, 1, 1)
START = date(2026, 1, 5)  # where manual time begins
END = date(2029, 4, 30)  # the forms of its third year are out
VARIATION = -37
CATEGORIES = ("regular", "overtime", "bonus", "commission", "other_pay")
BASES = {2025: 176_100}
LATER_BASE = 184_500
W2_FIELDS = (
    "wages", "federal_tax", "social_security_wages", "social_security_tax", "medicare_wages", "medicare_tax",
)  # fmt: skip
JOBS = [pytest.param(person, job, id=f"{key}-{job.key}") for key, person in PEOPLE.items() for job in person.jobs]
JsonObject = dict[str, Any]


def id_of(kind: str, key: str) -> str:
    return md5(f"{kind} {key}".encode(), usedforsecurity=False).hexdigest()


def look(person: Person, job: Job, as_of: date = END, **changes: Any) -> JsonObject:
    kwargs: JsonObject = {"since": SINCE, "id_of": id_of, "created_at": "", "updated_at": "", "variation": VARIATION}
    return employment(person, job, as_of=as_of, **(kwargs | changes))


def whole(job: Job) -> Job:
    """Return a job of which the provider delivers everything."""
    return msgspec.structs.replace(
        job, missing_data_fields=(), statement_missing_data_fields=(), summary_missing_fields=()
    )


@cache
def whole_look(person: Person, job: Job) -> JsonObject:
    """Return the report of everything at the end of the three years; only to be read."""
    job = whole(job)
    return look(msgspec.structs.replace(person, jobs=(job,)), job)


def total(amounts: Iterable[str | None]) -> Decimal:
    return sum((Decimal(amount) for amount in amounts if amount is not None), Decimal(0))


def by_year(papers: list[JsonObject]) -> dict[int, list[JsonObject]]:
    """Statements by year of their pay date, oldest first."""
    years: dict[int, list[JsonObject]] = defaultdict(list)
    for paper in reversed(papers):
        years[int(paper["pay_date"][:4])].append(paper)
    return years


def by_line(papers: Iterable[JsonObject], part: str) -> dict[tuple[str, str], Decimal]:
    """Sums by name and category of the lines of a part."""
    sums: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    for paper in papers:
        for line in paper[part]:
            sums[line["name"], line["category"]] += Decimal(line["amount"])
    return dict(sums)


@pytest.mark.parametrize(("person", "job"), JOBS)
def test_statements_add_up(person: Person, job: Job) -> None:
    """Gross is the sum of the earnings, net is gross less the deductions, and each category is the sum of its lines."""
    for paper in whole_look(person, job)["statements"]:
        lines = by_line([paper], "earnings")
        for category in CATEGORIES:
            found = [amount for (_, kind), amount in lines.items() if kind == category]
            assert paper[category] is None if not found else Decimal(paper[category]) == sum(found)
        assert Decimal(paper["gross_pay"]) == sum(lines.values()) == total(paper[each] for each in CATEGORIES)
        taken = sum(by_line([paper], "deductions").values())
        assert Decimal(paper["net_pay"]) == Decimal(paper["gross_pay"]) - taken >= 0


@pytest.mark.parametrize(("person", "job"), JOBS)
def test_pay_is_rate_times_units(person: Person, job: Job) -> None:
    """A line with a rate is that times its units, to the cent."""
    for paper in whole_look(person, job)["statements"]:
        for line in paper["earnings"]:
            if line["rate"] is not None:
                exact = Decimal(line["rate"]) * Decimal(line["units"])
                assert Decimal(line["amount"]) == exact.quantize(Decimal("0.01"), ROUND_HALF_UP)


@pytest.mark.parametrize(("person", "job"), JOBS)
def test_year_to_date_and_summaries_are_sums_of_statements(person: Person, job: Job) -> None:
    """Every year-to-date figure and line is the sum of its year's statements, as is the year's summary."""
    found = whole_look(person, job)
    years = by_year(found["statements"])
    sums = ("gross_pay", "net_pay", *CATEGORIES)
    for papers in years.values():
        for count, newest in enumerate(papers, 1):
            for field in sums:
                assert Decimal(newest[f"{field}_ytd"] or 0) == total(paper[field] for paper in papers[:count])
        for part in ("earnings", "deductions"):
            running: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
            for paper in papers:
                for what, amount in by_line([paper], part).items():
                    running[what] += amount
                assert by_line([paper], f"{part}_ytd") == running
    assert [entry["year"] for entry in found["annual_income_summary"]] == sorted(years, reverse=True)
    for entry in found["annual_income_summary"]:
        for field in sums:
            amounts = [paper[field] for paper in years[entry["year"]] if paper[field] is not None]
            assert entry[field] is None if not amounts else Decimal(entry[field]) == total(amounts)


@pytest.mark.parametrize(("person", "job"), JOBS)
def test_w2_is_the_sum_of_the_years_statements(person: Person, job: Job) -> None:
    """A W-2's wages and taxes follow from the year's statements by the stated rules; a 1099-NEC's job has none."""
    found = whole_look(person, job)
    years = by_year(found["statements"])
    taxed = [year for year in years if year < END.year and job.tax_form == "W2"]
    assert [form["year"] for form in found["w2s"]] == sorted(taxed, reverse=True)
    before_tax = {(it.name, it.category) for it in job.pre_tax}
    for form in found["w2s"]:
        papers = years[form["year"]]
        taken = by_line(papers, "deductions")
        gross = total(paper["gross_pay"] for paper in papers)
        insurance = sum(taken.get(what, Decimal(0)) for what in before_tax if what[1] == "insurance")
        retirement = sum(taken.get(what, Decimal(0)) for what in before_tax if what[1] == "retirement")
        base = Decimal(BASES.get(form["year"], LATER_BASE))
        wages = (gross - insurance - retirement, min(gross - insurance, base), gross - insurance)
        names = ("wages", "social_security_wages", "medicare_wages")
        assert tuple(Decimal(form[name]) for name in names) == wages
        for field, category in (("federal_tax", "federal"), ("social_security_tax", "socialsec"),
                                ("medicare_tax", "medicare")):  # fmt: skip
            assert Decimal(form[field]) == sum(amount for (_, kind), amount in taken.items() if kind == category)


@pytest.mark.parametrize("key", PEOPLE)
def test_tax_documents_say_what_the_reports_say(key: str) -> None:
    """W-2 documents have the figures of the W-2s in the reports; a return is the sum of wages and untaxed pay."""
    person = PEOPLE[key]
    jobs = tuple(whole(job) for job in person.jobs)
    documents = tax_documents(jobs, SINCE, END, VARIATION, id_of)
    assert [it["year"] for it in documents] == sorted((it["year"] for it in documents), reverse=True)
    assert len({it["id"] for it in documents}) == len(documents)
    income: dict[int, Decimal] = defaultdict(Decimal)
    untaxed, forms = [], []
    for job in jobs:
        found = whole_look(person, job)
        forms += [({field: form[field] for field in W2_FIELDS}, form["md5sum"], form["year"]) for form in found["w2s"]]
        for form in found["w2s"]:
            income[form["year"]] += Decimal(form["wages"])
        for year, papers in by_year(found["statements"]).items():
            if job.tax_form == "F1099_NEC" and year < END.year:
                income[year] += total(paper["gross_pay"] for paper in papers)
                untaxed.append(year)
    kinds = {kind: [it for it in documents if it["document_type"] == kind] for kind in ("W2", "F1099", "F1040")}
    shown = [(it["fields"], it["md5sum"], it["year"]) for it in kinds["W2"]]
    assert sorted(map(repr, shown)) == sorted(map(repr, forms))
    assert sorted(it["year"] for it in kinds["F1099"]) == sorted(untaxed)
    assert all((it["document_subtype"], it["fields"]) == ("F1099_NEC", {}) for it in kinds["F1099"])
    assert {it["year"]: Decimal(it["fields"]["total_income"]) for it in kinds["F1040"]} == income


@pytest.mark.parametrize(("person", "job"), JOBS)
def test_shifts_add_up_to_statements(person: Person, job: Job) -> None:
    """What the shifts of a pay period earned for time or trips is what its statement shows for them."""
    shifts = shift_entries(job, SINCE, END, VARIATION, id_of)
    has_shifts = job.pay_frequency is None or job.trips is not None or job.basis_of_pay in {"H", "D"}
    assert bool(shifts) == (has_shifts and (job.end_date is None or job.end_date >= SINCE))
    assert {shift["type"] for shift in shifts} <= {"shift" if job.trips is None else job.trips.type}
    assert len({thing["id"] for it in shifts for thing in (it, *it["time_entries"])}) == sum(
        1 + len(it["time_entries"]) for it in shifts
    )
    if job.pay_frequency is None:
        assert all(shift["earnings"] == [] and shift["time_entries"] for shift in shifts)
    if not shifts:
        return
    timed = ("regular", "overtime") if job.trips is None else CATEGORIES
    shifts.reverse()
    starts = [it["start_date"] for it in shifts]
    for paper in whole_look(person, job)["statements"]:
        if paper["period_start"] >= SINCE.isoformat():
            held = shifts[bisect_left(starts, paper["period_start"]) : bisect_right(starts, paper["period_end"])]
            paid = {what: amount for what, amount in by_line([paper], "earnings").items() if what[1] in timed}
            assert by_line(held, "earnings") == {what: amount for what, amount in paid.items() if amount}


DAYS = (START, date(2026, 4, 16), date(2027, 1, 31), date(2028, 2, 29))


@pytest.mark.parametrize(("person", "job"), JOBS)
def test_later_days_only_add(person: Person, job: Job) -> None:
    """Whenever one looks later, the earlier statements, W-2s, shifts and tax documents are there byte for byte."""
    known: dict[str, list[JsonObject]] = {}
    for as_of in DAYS:
        if job.start_date > as_of:
            continue
        found = look(person, job, as_of)
        lists = {
            "statements": found["statements"],
            "w2s": found["w2s"],
            "shifts": shift_entries(job, SINCE, as_of, VARIATION, id_of),
            "tax": [
                it for it in tax_documents([job], SINCE, as_of, VARIATION, id_of) if it["document_type"] != "F1040"
            ],
        }
        for name, earlier in known.items():
            assert lists[name][len(lists[name]) - len(earlier) :] == earlier
        summaries = {entry["year"]: entry["id"] for entry in found["annual_income_summary"]}
        assert all(ident == id_of("annual_income_summary", f"{job.key}:{year}") for year, ident in summaries.items())
        assert (found["id"], found["profile"]["id"]) == (id_of("employment", job.key), id_of("profile", job.key))
        known = lists


@pytest.mark.parametrize(("person", "job"), JOBS)
def test_missing_fields_are_null_and_nothing_else_differs(person: Person, job: Job) -> None:
    """A report is the whole one with just the fields named as missing taken out: null, or an empty list."""
    found, full = look(person, job), deepcopy(whole_look(person, job))
    full["missing_data_fields"] = list(job.missing_data_fields)
    for paper in full["statements"]:
        paper["missing_data_fields"] = list(job.statement_missing_data_fields)
        paper |= {name: [] if isinstance(paper[name], list) else None for name in job.statement_missing_data_fields}
    for entry in full["annual_income_summary"]:
        entry.update(dict.fromkeys(job.summary_missing_fields))
    for name in job.missing_data_fields:
        place = full["company"] if name == "ein" else full
        place[name] = [] if isinstance(place[name], list) else None
    if job.statement_missing_data_fields:  # the hash is that of what is shown
        for paper in (*found["statements"], *full["statements"]):
            paper["md5sum"] = ""
    assert found == full


NULLABLE = {
    "employment": ("is_active", "job_title", "job_type", "start_date", "original_hire_date", "end_date", "income",
                   "income_unit", "pay_rate", "pay_frequency", "external_last_updated", "manager_name"),
    "profile": ("middle_initials", "email"),
    "company": ("ein",),
    "statement": ("check_number", "hours", *CATEGORIES, *(f"{name}_ytd" for name in CATEGORIES)),
    "earning": ("rate", "units"),
    "summary": (*CATEGORIES, "gross_pay", "net_pay"),
    "bank_account": ("account_name",),
    "tax_document": ("document_subtype",),
}  # fmt: skip


def test_every_nullable_field_is_seen_both_ways() -> None:
    """Every field that may be null is null for somebody and is not for somebody else; so is every list of parts."""
    seen: dict[tuple[str, str], set[bool]] = defaultdict(set)
    for person in PEOPLE.values():
        for job in person.jobs:
            found = look(person, job)
            things = {
                "employment": [found],
                "profile": [found["profile"]],
                "company": [found["company"]],
                "statement": found["statements"],
                "earning": [line for paper in found["statements"] for line in paper["earnings"]],
                "summary": found["annual_income_summary"],
                "bank_account": found["bank_accounts"],
                "tax_document": tax_documents([job], SINCE, END, VARIATION, id_of),
            }
            for kind, fields in NULLABLE.items():
                for thing in things[kind]:
                    for field in fields:
                        seen[kind, field].add(thing[field] is None)
            for part in ("statements", "annual_income_summary", "w2s", "bank_accounts"):
                seen["employment", part].add(not found[part])
            for paper in found["statements"]:
                for part in ("derived_fields", "missing_data_fields", "earnings", "deductions"):
                    seen["statement", part].add(not paper[part])
            for part in ("derived_fields", "missing_data_fields", "dates_from_statements"):
                seen["employment", part].add(not found[part])
    assert {what for what, ways in seen.items() if len(ways) < 2} == set()


def test_start_from_statements_is_the_oldest_period_read() -> None:
    """Where a provider tells no dates, the start is that of the oldest period read, whenever one looks."""
    person = PEOPLE["dates-from-statements"]
    (job,) = person.jobs
    for as_of in DAYS:
        found = look(person, job, as_of)
        assert found["start_date"] == found["statements"][-1]["period_start"] > job.start_date.isoformat()
        assert found["dates_from_statements"]
        assert "start_date" in found["derived_fields"]
    unread = look(person, job, date(2024, 1, 2), since=date(2024, 1, 2))
    assert (unread["start_date"], unread["statements"]) == (None, [])
    assert look(person, job, since=date(2020, 1, 1))["start_date"] == job.start_date.isoformat()


def test_short_decimals_are_the_same_figures() -> None:
    """Amounts written as short as they go are the same numbers as with two decimals, ``29.7`` for ``29.70``."""
    person = PEOPLE["awkward-decimals"]
    job = person.jobs[0]
    short, long = (look(person, msgspec.structs.replace(job, decimals=form)) for form in ("shortest", "two"))
    texts = [(a, b) for a, b in zip(leaves(short), leaves(long), strict=True) if a != b and len(a) != 32]
    assert {len(b) - len(a) for a, b in texts} == {1, 3}
    assert all(Decimal(a) == Decimal(b) for a, b in texts)
    assert any(a.isdecimal() for a, _ in texts)
    rates = {line["rate"] for paper in short["statements"] for line in paper["earnings"] if line["rate"]}
    assert any(len(rate.partition(".")[2]) > 2 for rate in rates)


def leaves(thing: Any) -> list[Any]:
    if isinstance(thing, dict):
        return [leaf for value in thing.values() for leaf in leaves(value)]
    return [leaf for value in thing for leaf in leaves(value)] if isinstance(thing, list) else [thing]
