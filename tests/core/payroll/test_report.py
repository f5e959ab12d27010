"""The entry of a report: documented shape, figures worked out by hand, and what depends on the day one looks."""

from __future__ import annotations

import json
import re
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from hashlib import md5
from pathlib import Path
from typing import Any

import msgspec
import pytest

from mock_truv.core.payroll import Job, Person, employment, jobs_known, load_people
from mock_truv.core.payroll.people import Deduction
from mock_truv.core.payroll.withholding import federal_tax, social_security_base

FOLDER = Path(__file__).parents[3] / "fixtures" / "people"
PEOPLE = load_people({path.name: path.read_bytes() for path in sorted(FOLDER.glob("*.json"))})
DEFAULT = PEOPLE["salaried-biweekly"]
VOE_KEYS = [
    "id", "job_title", "job_type", "start_date", "end_date", "original_hire_date", "external_last_updated", "is_active",
    "dates_from_statements", "derived_fields", "missing_data_fields", "manager_name", "income", "income_unit",
    "pay_rate", "pay_frequency", "profile", "company",
]  # fmt: skip
VOIE_KEYS = [*VOE_KEYS, "statements", "annual_income_summary", "w2s", "bank_accounts"]
STATEMENT_KEYS = [
    "id", "check_number", "pay_date", "period_start", "period_end", "hours", "basis_of_pay", "regular", "regular_ytd",
    "overtime", "overtime_ytd", "bonus", "bonus_ytd", "commission", "commission_ytd", "other_pay", "other_pay_ytd",
    "gross_pay", "gross_pay_ytd", "net_pay", "net_pay_ytd", "earnings", "earnings_ytd", "deductions", "deductions_ytd",
    "md5sum", "file", "derived_fields", "missing_data_fields",
]  # fmt: skip
PROFILE_KEYS = [
    "id", "created_at", "updated_at", "first_name", "last_name", "full_name", "middle_initials", "email", "ssn",
    "date_of_birth", "home_address",
]  # fmt: skip
ADDRESS_KEYS = ["street", "city", "state", "zip", "country"]
W2_KEYS = [
    "file", "md5sum", "year", "wages", "federal_tax", "social_security_wages", "social_security_tax", "medicare_wages",
    "medicare_tax",
]  # fmt: skip


def id_of(kind: str, key: str) -> str:
    return md5(f"{kind} {key}".encode(), usedforsecurity=False).hexdigest()


def look(
    person: Person, as_of: str, job: Job | None = None, since: str = "2024-01-05", **changes: Any
) -> dict[str, Any]:
    job = job or person.jobs[0]
    return employment(
        person, job, since=date.fromisoformat(since), as_of=date.fromisoformat(as_of), id_of=id_of,
        created_at="2026-01-05T09:00:00.000000Z", updated_at="2026-01-05T09:00:00.000001Z", **changes,
    )  # fmt: skip


def with_job(person: Person, **changes: Any) -> Person:
    return msgspec.structs.replace(person, jobs=(msgspec.structs.replace(person.jobs[0], **changes),))


@pytest.mark.parametrize("key", PEOPLE)
def test_entry_has_the_documented_keys_in_order(key: str) -> None:
    """Every person's entries have exactly the documented keys, in the documented order, all the way down."""
    for job in PEOPLE[key].jobs:
        found = look(PEOPLE[key], "2027-06-01", job)
        assert list(found) == VOIE_KEYS
        assert list(found["profile"]) == PROFILE_KEYS
        assert list(found["profile"]["home_address"]) == ADDRESS_KEYS
        assert list(found["company"]) == ["name", "address", "phone", "ein"]
        assert list(found["company"]["address"]) == ADDRESS_KEYS
        for paper in found["statements"]:
            assert list(paper) == STATEMENT_KEYS
            for part in ("earnings", "earnings_ytd"):
                assert all(list(line) == ["name", "amount", "category", "rate", "units"] for line in paper[part])
            for part in ("deductions", "deductions_ytd"):
                assert all(list(line) == ["name", "amount", "category"] for line in paper[part])
        for entry in found["annual_income_summary"]:
            kinds = ["regular", "overtime", "bonus", "commission", "other_pay", "gross_pay", "net_pay"]
            assert list(entry) == ["id", "year", *kinds]
        assert all(list(form) == W2_KEYS for form in found["w2s"])


def test_employment_form_leaves_out_income() -> None:
    """In a VOE report the four income fields are null and the income papers are not there; all else is the same."""
    full, short = look(DEFAULT, "2026-06-01"), look(DEFAULT, "2026-06-01", voe=True)
    assert list(short) == VOE_KEYS
    income = ("income", "income_unit", "pay_rate", "pay_frequency")
    assert short == {key: None if key in income else full[key] for key in VOE_KEYS}


def test_figures_match_a_sum_done_by_hand() -> None:
    """A salary of 52,000 in Georgia with 5 % retirement and 100 dollars of insurance gives the net pay it should."""
    person = with_job(
        DEFAULT, rate=Decimal(52000), raises=(), extras=(), post_tax=(),
        pre_tax=(Deduction(name="401(k)", category="retirement", percent=Decimal(5)),
                 Deduction(name="Medical Plan", category="insurance", amount=Decimal(100))),
    )  # fmt: skip
    newest = look(person, "2026-01-09")["statements"][0]
    assert (newest["regular"], newest["hours"], newest["gross_pay"]) == ("2000.00", "80.00", "2000.00")
    # taxable: 1,900 for Social Security and Medicare, 1,800 for the others; 46,800 a year less 15,000
    assert {line["category"]: line["amount"] for line in newest["deductions"]} == {
        "retirement": "100.00", "insurance": "100.00", "socialsec": "117.80", "medicare": "27.55",
        "federal": "137.62", "state": "97.02",
    }  # fmt: skip
    assert newest["net_pay"] == "1420.01"
    assert newest["net_pay_ytd"] == "1420.01"
    year = look(person, "2027-01-31")["w2s"][0]
    assert (year["year"], year["wages"], year["medicare_wages"]) == (2026, "46800.00", "49400.00")


def test_social_security_stops_at_the_wage_base() -> None:
    """Once the year's wages reach the base no more Social Security is taken, and the W-2 shows the base."""
    person = with_job(DEFAULT, rate=Decimal(400000), raises=(), extras=(), pre_tax=())
    found = look(person, "2027-01-31")
    december = next(paper for paper in found["statements"] if paper["pay_date"].startswith("2026-12"))
    assert "socialsec" not in {line["category"] for line in december["deductions"]}
    assert "socialsec" in {line["category"] for line in december["deductions_ytd"]}
    assert found["w2s"][0]["social_security_wages"] == "184500.00"
    assert found["w2s"][0]["social_security_tax"] == "11439.00"
    assert social_security_base(2040) == social_security_base(2026)
    assert social_security_base(1999) == social_security_base(2020)


@pytest.mark.parametrize("key", PEOPLE)
def test_w2_taxes_are_exact_for_the_year(key: str) -> None:
    """Social Security and Medicare on a W-2 are their rates of the wages beside them, to the cent."""

    def tax(wages: str, rate: str, above: int = 0) -> Decimal:
        exact = max(Decimal(0), Decimal(wages) - above) * Decimal(rate)
        return exact.quantize(Decimal("0.01"), ROUND_HALF_UP)

    for job in PEOPLE[key].jobs:
        if job.start_date > date(2027, 3, 1):
            continue
        forms = look(PEOPLE[key], "2027-03-01", job, since="2021-01-01")["w2s"]
        assert bool(forms) == (job.tax_form == "W2" and job.pay_frequency is not None and key != "null-heavy")
        for form in forms:
            assert Decimal(form["social_security_tax"]) == tax(form["social_security_wages"], "0.062")
            more = tax(form["medicare_wages"], "0.009", above=200_000)
            assert Decimal(form["medicare_tax"]) == tax(form["medicare_wages"], "0.0145") + more


@pytest.mark.parametrize(
    ("wages", "pays", "tax"), [("0.00", 26, "0.00"), ("500.00", 26, "0.00"), ("1000.00", 52, "80.81")]
)
def test_federal_tax_follows_the_brackets(wages: str, pays: int, tax: str) -> None:
    """Wages below the allowance are untaxed; above it each bracket takes its rate."""
    assert federal_tax(Decimal(wages), pays) == Decimal(tax)


def test_tiny_pay_never_goes_below_zero() -> None:
    """Deductions stop where the money ends: a first day's pay can be zero, never less."""
    person = with_job(
        DEFAULT, start_date=date(2026, 1, 16), original_hire_date=date(2026, 1, 16), raises=(), extras=(),
        pre_tax=(Deduction(name="Medical Plan", category="insurance", amount=Decimal(5000)),),
    )  # fmt: skip
    newest = look(person, "2026-01-23")["statements"][0]
    assert (newest["period_start"], newest["period_end"]) == ("2026-01-16", "2026-01-18")
    assert newest["gross_pay"] == "208.00"
    assert newest["deductions"] == [{"name": "Medical Plan", "amount": "208.00", "category": "insurance"}]
    assert newest["net_pay"] == "0.00"


def test_raise_shows_from_its_day_and_in_pay_from_the_next_period() -> None:
    """Income changes on the day of the raise; pay with the first period that begins on it or later."""
    assert [look(DEFAULT, day)["income"] for day in ("2026-04-05", "2026-04-06")] == ["60320.00", "62920.00"]
    assert look(DEFAULT, "2026-04-06")["pay_rate"] == "2420.00"
    regular = {paper["pay_date"]: paper["regular"] for paper in look(DEFAULT, "2026-05-15")["statements"]}
    assert regular["2026-04-17"] == "2320.00"  # 30 March to 12 April
    assert regular["2026-05-01"] == "2420.00"


def test_hourly_income_is_the_rate_of_an_hour() -> None:
    """An hourly job shows its rate an hour, a usual cycle's pay, and overtime at one and a half."""
    found = look(PEOPLE["rehired"], "2026-02-27")
    assert (found["income"], found["income_unit"], found["pay_rate"]) == ("30.60", "HOURLY", "2448.00")
    paper = next(paper for paper in found["statements"] if paper["overtime"] is not None)
    regular, overtime = paper["earnings"]
    assert (regular["rate"], regular["units"], regular["amount"]) == ("30.60", "80.00", "2448.00")
    assert (overtime["rate"], overtime["units"], overtime["amount"]) == ("45.90", "7.50", "344.25")
    assert paper["hours"] == "87.50"


def test_monthly_salary_and_commission_are_paid_by_the_period() -> None:
    """A monthly salary is paid whole each month, commission is a share of its sales, both cut to days worked."""
    person = PEOPLE["commission-sales"]
    job = msgspec.structs.replace(person.jobs[1], start_date=date(2022, 6, 16), original_hire_date=date(2022, 6, 16),
                                  raises=(), end_date=None)  # fmt: skip
    found = look(msgspec.structs.replace(person, jobs=(job,)), "2022-08-31", job, since="2022-06-16")
    assert (found["income"], found["income_unit"], found["pay_rate"]) == ("2600.00", "MONTHLY", "2600.00")
    papers = found["statements"]
    assert [paper["regular"] for paper in papers] == ["2600.00", "2600.00", "1300.00"]  # 11 of 22 working days
    # 2 % of three months' sales, of which 11 of 22 days in the first
    assert [Decimal(paper["commission"]) for paper in papers] == [
        Decimal("765.02"),
        Decimal("820.00"),
        Decimal("551.90"),
    ]
    assert found["w2s"] == []


def test_pay_by_the_day_and_by_the_week() -> None:
    """Days not worked are not paid; a week is a unit of a weekly rate, and nothing is withheld on a 1099."""
    found = look(PEOPLE["daily-labourer"], "2026-06-05", since="2026-01-01")
    days = {paper["earnings"][0]["units"]: paper["regular"] for paper in found["statements"][:14]}
    assert days == {"5.00": "800.00", "4.00": "640.00", "3.00": "480.00", "2.00": "320.00"}
    assert (found["income"], found["income_unit"], found["pay_rate"]) == ("160.00", "DAILY", "800.00")
    weekly = look(PEOPLE["contractor"], "2026-02-10", since="2026-01-01")
    paper = weekly["statements"][0]
    assert (paper["period_start"], paper["period_end"]) == ("2026-01-01", "2026-01-31")
    line = {"name": "Weekly Pay", "amount": "11440.00", "category": "regular", "rate": "2600.00", "units": "4.40"}
    assert (paper["earnings"], paper["hours"], paper["net_pay"]) == ([line], "154.00", "11440.00")
    assert (weekly["income_unit"], weekly["pay_rate"], weekly["w2s"]) == ("WEEKLY", "11266.67", [])


def test_yearly_pay_is_for_the_year_before() -> None:
    """Someone paid once a year gets the whole year's salary in January, and a W-2 of the year in which it was paid."""
    found = look(PEOPLE["annual-pay"], "2026-01-31", since="2024-01-01")
    papers = [(it["pay_date"], it["period_start"], it["period_end"], it["gross_pay"]) for it in found["statements"]]
    assert papers[0] == ("2026-01-15", "2025-01-01", "2025-12-31", "91000.00")
    assert [form["year"] for form in found["w2s"]] == [2025, 2024]
    assert found["w2s"][0]["medicare_wages"] == papers[1][3] == "91000.00"


def test_half_cents_are_rounded_up() -> None:
    """One and a half times 19.35 is 29.025, shown as 29.03."""
    found = look(PEOPLE["hourly-two-jobs"], "2026-01-30")["statements"][0]
    assert [line["rate"] for line in found["earnings"]] == ["19.35", "29.03"]


def test_extras_come_with_the_first_pay_of_their_month() -> None:
    """A bonus is paid once, with the month's first pay date, and stays in the year to date."""
    papers = {paper["pay_date"]: paper for paper in look(DEFAULT, "2026-05-15")["statements"]}
    assert {day for day, paper in papers.items() if paper["bonus"] is not None and day > "2026"} == {"2026-03-06"}
    assert papers["2026-03-06"]["bonus"] == papers["2026-05-15"]["bonus_ytd"] == "1500.00"
    assert papers["2026-02-20"]["bonus_ytd"] is None


def test_variation_makes_people_differ() -> None:
    """A variation per mille scales rate and pay to the cent; other variations give other papers, zero the fixture's."""
    plain, more = look(DEFAULT, "2026-03-06"), look(DEFAULT, "2026-03-06", variation=50)
    assert (plain["income"], more["income"]) == ("60320.00", "63336.00")
    assert (more["statements"][0]["regular"], more["statements"][0]["bonus"]) == ("2436.00", "1575.00")
    assert more == look(DEFAULT, "2026-03-06", variation=50)
    hashes = {paper["md5sum"] for paper in (*plain["statements"], *more["statements"])}
    assert len(hashes) == len(plain["statements"]) + len(more["statements"])
    with pytest.raises(ValueError, match="variation must be more than -1000"):
        look(DEFAULT, "2026-03-06", variation=-1000)


def test_profile_takes_what_it_is_given() -> None:
    """Given names, number and address replace the fixture's, the full name follows, and null means not given."""
    address = {"street": "9 Elm", "city": "Salem", "state": "OR", "zip": "97301", "country": "US"}
    overrides = {"first_name": "Ada", "ssn": "900112222", "home_address": address, "email": None}
    found = look(DEFAULT, "2026-01-09", profile_overrides=overrides)["profile"]
    assert (found["first_name"], found["last_name"], found["full_name"]) == ("Ada", "Whitlock", "Ada Whitlock")
    assert (found["ssn"], found["home_address"], found["email"]) == ("900112222", address, DEFAULT.email)
    assert look(PEOPLE["salaried-fulltime"], "2026-01-09")["profile"]["full_name"] == "Renee T Okafor"
    with pytest.raises(ValueError, match="a profile has no nickname; it has first_name"):
        look(DEFAULT, "2026-01-09", profile_overrides={"nickname": "D"})


def test_missing_data_is_null_or_empty() -> None:
    """A field listed as not delivered is null, or empty if it is a list, and stays out of a report without it."""
    person = with_job(DEFAULT, missing_data_fields=("w2s", "pay_rate", "manager_name"))
    found = look(person, "2026-02-06")
    assert (found["w2s"], found["pay_rate"], found["manager_name"]) == ([], None, None)
    assert found["missing_data_fields"] == ["w2s", "pay_rate", "manager_name"]
    assert list(look(person, "2026-02-06", voe=True)) == VOE_KEYS


def test_last_change_is_the_last_pay_date() -> None:
    """The provider's last change is the newest pay date, or the first day before anything was paid."""
    assert look(DEFAULT, "2026-01-08")["external_last_updated"] == "2025-12-26"
    assert look(DEFAULT, "2026-01-09")["external_last_updated"] == "2026-01-09"
    assert look(DEFAULT, "2022-03-15", since="2022-01-01")["external_last_updated"] == "2022-03-14"


def test_jobs_are_known_from_their_first_day() -> None:
    """A job that is still to begin is not among the known ones, and asking for it is a programming error."""
    person = PEOPLE["rehired"]
    assert [job.key for job in jobs_known(person, date(2024, 2, 4))] == ["fitter-2021"]
    assert jobs_known(person, date(2024, 2, 5)) == person.jobs
    with pytest.raises(AssertionError, match="not known on 2024-02-04"):
        look(person, "2024-02-04")


def test_md5sum_is_that_of_the_canonical_json() -> None:
    """A statement's hash is that of its own JSON with sorted keys and no blanks, without id and file."""
    paper = look(DEFAULT, "2026-01-09")["statements"][0]
    own = {key: value for key, value in paper.items() if key in STATEMENT_KEYS[1:-4]}
    text = json.dumps(own, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    assert paper["md5sum"] == md5(text.encode(), usedforsecurity=False).hexdigest()
    assert re.fullmatch(r"[0-9a-f]{32}", paper["id"])
    assert paper["file"] is None
