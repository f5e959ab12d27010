"""The shipped people and employers, and how a wrong fixture is refused."""

from __future__ import annotations

import json
import re
import unicodedata
from datetime import date, timedelta
from pathlib import Path
from typing import Any, get_args

import pytest

from mock_truv.core.payroll import FixtureError, count_statements, employment, load_people, person_for_login, statements
from mock_truv.core.payroll.people import JobType, PayFrequency

FIXTURES = Path(__file__).parents[3] / "fixtures"
FILES = {path.stem: path.read_bytes() for path in sorted((FIXTURES / "people").glob("*.json"))}
PEOPLE = load_people(FILES)
EMPLOYERS = json.loads((FIXTURES / "employers.json").read_bytes())
JOBS = [pytest.param(person, job, id=f"{key}-{job.key}") for key, person in PEOPLE.items() for job in person.jobs]
START = date(2026, 1, 5)  # where manual time begins
IN_A_LINE_OF_THEIR_OWN = {"annual-pay", "recently-hired", "seasonal", "volunteer"}
"""People whose pay does not come at least every six weeks, or who have not had it for long."""


@pytest.mark.parametrize(
    ("username", "key"),
    [
        ("goodlogin", "salaried-biweekly"), ("hourly.part-time", "hourly-part-time"), ("fulltime", "salaried-fulltime"),
        ("goodlogin.weekly", "salaried-weekly"), ("goodlogin.semimonthly", "salaried-semi-monthly"),
        ("goodlogin.monthly", "salaried-monthly"), ("multiple.employments", "two-employers"),
        ("multiple.employments2", "rehired"), ("hourly.two-jobs", "hourly-two-jobs"),
        ("terminated.recently", "just-terminated"), ("goodlogin.tn1", "recently-hired"),
        ("goodlogin.tn2", "recently-hired"), ("fannie-test.case4", "gse-case-4"), ("fannie-test.case5", "gse-case-5"),
        ("fannie-test.case6", "gse-case-6"), ("fannie-test.case7", "gse-case-7"),
        ("firsttimeborrower", "salaried-biweekly"), ("goodlogin.checking", "salaried-biweekly"),
        ("goodlogin.checking.savings", "salaried-biweekly"), ("goodlogin.card", "salaried-biweekly"),
        ("goodlogin.inv", "salaried-biweekly"), ("goodlogin.all", "salaried-biweekly"), ("sit", "salaried-biweekly"),
    ],
)  # fmt: skip
def test_login_leads_to_its_person(username: str, key: str) -> None:
    """Each login name leads to its own person, and every person has one."""
    person = person_for_login(PEOPLE, username)
    assert person is PEOPLE[key]


@pytest.mark.parametrize("key", PEOPLE)
def test_everybody_can_be_logged_in_as(key: str) -> None:
    """Every person has a login name that leads to them, and a sentence that says what they are for."""
    assert all(person_for_login(PEOPLE, name) is PEOPLE[key] for name in PEOPLE[key].usernames)
    assert len(PEOPLE[key].title) > 20
    assert not PEOPLE[key].title.endswith(".")


def test_every_kind_of_pay_has_somebody() -> None:
    """Somebody is paid in every documented frequency, on every basis, in every unit and in every kind of job."""
    jobs = [job for person in PEOPLE.values() for job in person.jobs]
    assert {job.pay_frequency for job in jobs} == {None, *get_args(PayFrequency)}
    assert {job.basis_of_pay for job in jobs} == {None, "S", "H", "D", "W"}
    assert {job.job_type for job in jobs} == set(get_args(JobType))
    shown = [employment(person, job, since=START, as_of=date(2027, 6, 7), id_of=lambda kind, key: kind + key,
                        created_at="", updated_at="") for person in PEOPLE.values() for job in person.jobs]  # fmt: skip
    assert {it["income_unit"] for it in shown} == {None, "YEARLY", "MONTHLY", "WEEKLY", "DAILY", "HOURLY"}
    taken = {line["category"] for it in shown for paper in it["statements"] for line in paper["deductions"]}
    assert taken == {"socialsec", "medicare", "federal", "state", "retirement", "insurance", "other"}
    paid = {line["category"] for it in shown for paper in it["statements"] for line in paper["earnings"]}
    assert paid == {"regular", "overtime", "bonus", "commission", "other_pay"}


def test_names_are_in_many_scripts() -> None:
    """Names stand in Latin letters with marks, Chinese, Arabic, Hebrew, Cyrillic and Devanagari."""
    names = "".join(f"{it.first_name}{it.last_name}{it.jobs[0].manager_name}" for it in PEOPLE.values())
    scripts = {unicodedata.name(letter).split()[0] for letter in names if letter.isalpha()}
    assert {"LATIN", "CJK", "ARABIC", "HEBREW", "CYRILLIC", "DEVANAGARI"} <= scripts


@pytest.mark.parametrize("username", ["", "GoodLogin", "goodlogin ", "nobody"])
def test_unknown_login_leads_to_nobody(username: str) -> None:
    """A name that is not written exactly like a login name leads to nobody."""
    assert person_for_login(PEOPLE, username) is None


def test_documented_numbers_and_frequencies_are_kept() -> None:
    """The test logins carry the documented social security numbers and pay frequencies."""
    number = {key: person.ssn for key, person in PEOPLE.items()}
    assert {number[key] for key in ("salaried-biweekly", "two-employers", "rehired")} == {"991919991"}
    assert number["hourly-part-time"] == "666382548"
    assert number["salaried-fulltime"].endswith("2211")
    cases = [number[f"gse-case-{case}"] for case in (4, 5, 6, 7)]
    assert cases == ["666006666", "999606666", "999405000", "999422345"]
    frequency = {key: person.jobs[0].pay_frequency for key, person in PEOPLE.items()}
    assert frequency["salaried-biweekly"] == "BW"
    assert (frequency["salaried-weekly"], frequency["salaried-monthly"]) == ("W", "M")
    assert frequency["salaried-semi-monthly"] == "SM"


def test_several_jobs_are_what_their_title_says() -> None:
    """Two employers are two, a rehire is two periods at one, and both hourly jobs are hourly."""
    first, second = PEOPLE["two-employers"].jobs
    assert first.employer != second.employer
    again, before = PEOPLE["rehired"].jobs
    assert again.employer == before.employer
    assert before.end_date is not None
    assert before.end_date < again.start_date
    assert again.original_hire_date == before.start_date
    assert {job.basis_of_pay for job in PEOPLE["hourly-two-jobs"].jobs} == {"H"}


@pytest.mark.parametrize(("person", "job"), JOBS)
def test_refreshes_show_change(person: Any, job: Any) -> None:
    """A job that goes on has history at the start of virtual time, pays within five weeks, and has raises to come."""
    if job.end_date is not None and job.end_date < START:
        last_pay = job.end_date + timedelta(days=job.pay_lag_days + 31)
        assert count_statements(job, last_pay, START + timedelta(days=400)) == 0
        return
    if person.key not in IN_A_LINE_OF_THEIR_OWN:
        assert date(2021, 1, 1) <= job.start_date <= date(2024, 12, 31)
        assert count_statements(job, job.start_date, START) > 12
        assert count_statements(job, START + timedelta(days=1), START + timedelta(days=35)) >= 1
    changes = [change.on.year for change in job.raises]
    assert job.rate is None or {2026, 2027}.intersection(changes) or job.job_type == "S"
    if job.pay_frequency is not None and job.tax_form == "W2":
        newest = statements(person, job, START, START + timedelta(days=600))[0]
        wanted = {"socialsec", "medicare"} if job.job_type == "P" else {"socialsec", "medicare", "federal"}
        assert wanted <= {line.category for line in newest.deductions_ytd}


def test_recently_hired_job_has_a_short_tenure() -> None:
    """The job of the tenure tests is younger than twelve months when virtual time begins, and has already paid."""
    (job,) = PEOPLE["recently-hired"].jobs
    assert START - timedelta(days=365) < job.start_date < START
    assert 0 < count_statements(job, job.start_date, START) < 12


def test_recently_terminated_job_ends_after_the_start() -> None:
    """The job that has just ended is active when virtual time begins and over ten weeks later, end date and all."""
    person = PEOPLE["just-terminated"]
    job = person.jobs[0]

    def seen(as_of: date) -> tuple[bool, str | None]:
        found = employment(
            person,
            job,
            since=job.start_date,
            as_of=as_of,
            id_of=lambda kind, key: kind + key,
            created_at="",
            updated_at="",
        )
        return found["is_active"], found["end_date"]

    assert job.end_date is not None
    assert seen(START) == seen(job.end_date - timedelta(days=1)) == (True, None)
    assert seen(job.end_date) == (True, job.end_date.isoformat())
    assert seen(START + timedelta(weeks=10)) == (False, job.end_date.isoformat())


def test_employers_are_distinct_and_invented() -> None:
    """Employers have an id, name, domain, phone and number of their own; none of them can be reached or is real."""
    assert len(EMPLOYERS) >= 40
    for field in ("company_mapping_id", "name", "domain", "phone", "ein"):
        assert len({employer[field] for employer in EMPLOYERS}) == len(EMPLOYERS)
    for employer in EMPLOYERS:
        assert {"company_mapping_id", "name", "domain", "address", "phone", "ein"} <= set(employer)
        assert list(employer["address"]) == ["street", "city", "state", "zip"]
        assert re.fullmatch(r"[0-9a-f]{32}", employer["company_mapping_id"])
        assert employer["domain"].endswith(".example")
        assert re.fullmatch(r"\d{3}55501\d\d", employer["phone"])
        assert re.fullmatch(r"89-\d{7}", employer["ein"])  # a prefix that is not given out


@pytest.mark.parametrize(("person", "job"), JOBS)
def test_jobs_name_listed_employers(person: Any, job: Any) -> None:
    """Every job's employer is in the list of employers with the same particulars; people are as invented as those."""
    listed = next(employer for employer in EMPLOYERS if employer["name"] == job.employer.name)
    address = job.employer.address
    assert listed["address"] == {name: getattr(address, name) for name in ("street", "city", "state", "zip")}
    assert (listed["domain"], listed["phone"]) == (job.employer.domain, job.employer.phone)
    assert listed["ein"] == job.employer.ein
    assert (person.email or "@example.com").endswith("@example.com")
    for account in job.bank_accounts:
        digits = [int(digit) for digit in account.routing_number]
        assert account.routing_number.startswith("13")  # no bank has one
        assert sum(digit * weight for digit, weight in zip(digits, (3, 7, 1) * 3, strict=True)) % 10 == 0


COMMISSION = {"name": "Commission", "percent": "5", "sales": ["100.00"]}
TRIPS = {"type": "delivery", "per_weekday": [1, 1, 1, 1, 1, 0, 0], "fares": ["5.00"], "minutes": [10]}
GIG: dict[str, Any] = {"rate": None, "raises": [], "pre_tax": [], "trips": TRIPS, "tax_form": "F1099_NEC"}


def broken(change: str) -> bytes:
    """Return the default person with one thing wrong."""
    person = json.loads(FILES["salaried-biweekly"])
    job = person["jobs"][0]
    raises, pay_day = job["raises"], job["pay_day"]
    changes: dict[str, Any] = {
        "misspelt": lambda: person.update(pone="1"),
        "ssn": lambda: person.update(ssn="991-91-9991"),
        "no jobs": lambda: person.update(jobs=[]),
        "same job": lambda: person["jobs"].append(job),
        "rate": lambda: job.update(rate="12.34567"),
        "infinite": lambda: job.update(rate="Infinity"),
        "negative": lambda: raises[1].update(rate="-1.00"),
        "raise order": raises.reverse,
        "frequency": lambda: job.update(pay_frequency="SA"),
        "annual": lambda: job.update(pay_frequency="A", pay_day={"days_of_month": [15]}),
        "half-monthly": lambda: job.update(pay_frequency="SM", pay_day={"days_of_month": [1, 15], "months": [1]}),
        "months": lambda: job.update(pay_frequency="C", pay_day={"days_of_month": [15], "months": [3, 1]}),
        "no basis": lambda: job.pop("basis_of_pay"),
        "no rate": lambda: job.update(rate=None, raises=[]),
        "raises of nothing": lambda: job.update(rate=None, commission=COMMISSION),
        "unpaid": lambda: job.update(pay_frequency=None, pay_day={}),
        "unpaid day": lambda: job.update(pay_frequency=None),
        "days off": lambda: job.update(days_off=[1]),
        "untaxed": lambda: job.update(tax_form="F1099_NEC"),
        "sales": lambda: job.update(commission=COMMISSION | {"sales": ["-1.00"]}),
        "share": lambda: job.update(commission=COMMISSION | {"percent": "101"}),
        "trips": lambda: job.update(trips=TRIPS),
        "idle trips": lambda: job.update(trips=TRIPS | {"per_weekday": [0, 1, 1, 1, 1, 0, 0]}),
        "fares": lambda: job.update(trips=TRIPS | {"fares": ["0"]}),
        "weekend trips": lambda: job.update(GIG | {"start_date": "2022-03-13", "original_hire_date": "2022-03-13"}),
        "anchor": lambda: pay_day.update(anchor="2026-01-10"),
        "rule": lambda: job.update(pay_day={"days_of_month": [15, 31]}),
        "monthly": lambda: job.update(pay_frequency="M"),
        "half months": lambda: job.update(pay_frequency="SM", pay_day={"days_of_month": [1, 28]}),
        "end": lambda: job.update(end_date="2020-01-01"),
        "hire": lambda: job.update(original_hire_date="2030-01-01"),
        "overtime": lambda: job.update(overtime={"every": 2, "hours": "3"}),
        "both": lambda: job["pre_tax"][0].update(amount="1.00"),
        "percent": lambda: job["pre_tax"][0].update(percent="101"),
        "pre-tax other": lambda: job["pre_tax"][0].update(category="other"),
        "missing": lambda: job.update(missing_data_fields=["company"]),
        "swing": lambda: job.update(basis_of_pay="H", hours_swing=["NaN"]),
    }
    changes[change]()
    return json.dumps(person).encode()


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ("misspelt", "the whole file: .*pone"), ("ssn", "ssn"), ("no jobs", "jobs"), ("same job", "job needs a key"),
        ("rate", r"jobs\[0\]: rate must be more than 0"), ("infinite", r"jobs\[0\]: rate"),
        ("negative", r"jobs\[0\]\.raises\[1\]: rate"), ("raise order", "raises must come"),
        ("frequency", r"jobs\[0\]\.pay_frequency"), ("annual", "one month for pay_frequency A"),
        ("half-monthly", "none for others"), ("months", "once each"), ("no basis", "basis_of_pay must be given"),
        ("no rate", "needs a rate, a commission or trips"), ("raises of nothing", "raises need a rate"),
        ("unpaid", "must not have pay"), ("unpaid day", "pay_day must be left out"), ("days off", "paid by the day"),
        ("untaxed", "tax_form W2"), ("sales", "sales must be 0 or more"), ("share", "percent must be"),
        ("trips", "trips need pay_frequency"), ("idle trips", "per_weekday"), ("fares", "fares must be more than 0"),
        ("weekend trips", "begin and end on a day from Monday to Friday"), ("anchor", r"jobs\[0\]\.pay_day: anchor"),
        ("rule", "pay_day must have an anchor"), ("monthly", "pay_day must have days_of_month"),
        ("half months", "10 to 20 days apart"), ("end", "end_date"), ("hire", "original_hire_date"),
        ("overtime", "overtime"), ("both", r"pre_tax\[0\]: give either"), ("percent", "percent must be"),
        ("pre-tax other", "pre_tax"), ("missing", r"missing_data_fields\[0\]|missing_data_fields\[...\]"),
        ("swing", "hours_swing"),
    ],
)  # fmt: skip
def test_wrong_fixture_names_file_and_field(change: str, field: str) -> None:
    """A wrong fixture is refused with a message that names the file and the field."""
    file = "fixtures/people/salaried-biweekly.json"
    with pytest.raises(FixtureError, match=f"^{file}: .*{field}"):
        load_people({file: broken(change)})


@pytest.mark.parametrize(
    ("files", "problem"),
    [
        (
            {"other.json": FILES["salaried-biweekly"]},
            "other.json: key: 'salaried-biweekly' is not the name of the file",
        ),
        ({"x.json": b"{"}, "x.json: not JSON"),
        ({"x.json": b"\xff\xff"}, "x.json: not JSON"),
        ({"a/rehired": FILES["rehired"], "b/rehired": FILES["rehired"]}, "b/rehired: usernames: .* taken in a/rehired"),
    ],
)
def test_wrong_set_of_files_is_refused(files: dict[str, bytes], problem: str) -> None:
    """A file that is not JSON, has another person's name, or takes a login name that is taken is refused."""
    with pytest.raises(FixtureError, match=problem):
        load_people(files)
