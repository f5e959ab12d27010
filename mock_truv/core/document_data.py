"""What uploaded documents say: the data that a link made of them shows, in the form of a sandbox scenario's payload.

The papers are those of a person of the catalog whose login name stands in a file's name, else of ``goodlogin``; they
bear the name of the user they belong to. So they agree to the cent with what a payroll connection of the same user
shows. Which paper a file is, its name says, as in the service's own sandbox (test documents page): the first, the next,
the most recent pay stub, the year of a form. All else about them is assumed.
"""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from mock_truv.core import ids, payroll, records
from mock_truv.core.instants import date_of
from mock_truv.core.payroll.documents import PAY_CATEGORIES
from mock_truv.core.payroll.report import INCOME_FIELDS
from mock_truv.core.payroll.tax_documents import total_income

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mock_truv.core.base import WorldBase
    from mock_truv.core.model import RecognizedDocument, UploadedFile, User
    from mock_truv.core.payroll import Job, Person

    Paper = tuple[UploadedFile, RecognizedDocument]

JsonObject = dict[str, Any]

READ_INTO_LINKS = ("PAYSTUB", "W2", "F1099", "F1040", "VOLUNTEER_LETTER")
"""Documents that a link of income or employment can be made of."""
USUAL_PERSON = "goodlogin"
SAY_NO_NAME = frozenset({USUAL_PERSON, "volunteer", "suspicious"})
"""Login names that say something else in the name of a file."""
ON_NO_PAYSTUB = ("original_hire_date", "manager_name")
ON_PAYSTUBS_ONLY = ("job_title", "job_type", "start_date", "is_active", *INCOME_FIELDS)
SUSPICIOUS = "suspicious."
"""Before a file's name: the data are read, and marked as suspicious (test documents page)."""
PANTRY: JsonObject = {
    "name": "Riverbend Community Pantry",
    "address": {"street": "12 Mill Race", "city": "Dayton", "state": "OH", "zip": "45402", "country": "US"},
    "phone": "9375550142",
    "ein": None,
}
"""Who writes letters about voluntary work."""
YEARS_OF_PAPERS = 3
"""People keep their forms: W-2s of so many years can be uploaded. Pay stubs are those that a payroll connection has."""
RETURN_MONTH_DAY = (4, 15)
"""From then on the return of the year before is there, as at payroll connections."""
WORK_GIVEN = ("Sorting donations", "Serving meals", "Driving deliveries", "Helping at the front desk")


def person_of(world: WorldBase, files: Sequence[UploadedFile]) -> Person:
    """Return whose papers these are: the longest login name that stands in a file's name, else the usual person."""
    names = [plain(it.filename) for it in files]
    people = world.catalog.people
    found = [
        (len(login), person)
        for person in people.values()
        for login in person.usernames
        if plain(login) not in SAY_NO_NAME and any(f" {plain(login)} " in f" {name} " for name in names)
    ]
    if found:
        return max(found, key=lambda it: it[0])[1]
    return payroll.person_for_login(people, USUAL_PERSON) or next(iter(people.values()))


def payload_of(world: WorldBase, user: User, papers: Sequence[Paper]) -> JsonObject:
    """Return the data that a user's papers hold, as of the day on which the last of them was uploaded."""
    files = [file for file, _ in papers]
    person = person_of(world, files)
    as_of = date_of(max(it.created_us for it in files))
    variation = variation_of(world, user)
    jobs = payroll.jobs_known(person, as_of)
    return {
        "flags": {"is_suspicious": person.is_suspicious or any(is_suspicious(it) for it in files)},
        "employments": _employments(world, user, person, jobs, papers, as_of, variation),
        "tax_documents": [
            _form(file, document, jobs, as_of, variation)
            for file, document in papers
            if document.document_type in {"F1099", "F1040"}
        ],
    }


def variation_of(world: WorldBase, user: User) -> int:
    """Return by how many per mille a user's pay differs from the person's: the same as in a payroll connection."""
    return ids.number(world.state.seed, "variation", user.id, 201) - 100


def is_suspicious(file: UploadedFile) -> bool:
    """Return whether a file looks altered."""
    return file.filename.lower().startswith(SUSPICIOUS) or file.facts.maker == "editor"


def volunteer_time(file: UploadedFile) -> JsonObject:
    """Return what a letter about voluntary work tells: six days of it, one a week, before it was uploaded."""
    digits = bytes.fromhex(file.facts.md5sum)
    last = date_of(file.created_us)
    entries: list[JsonObject] = [
        {
            "date": (last - timedelta(days=7 * week)).isoformat(),
            "hours": 1 + digits[week] % 7 / 2,
            "description": WORK_GIVEN[digits[-week] % len(WORK_GIVEN)],
        }
        for week in range(1, 7)
    ]
    return {"total_hours": sum(it["hours"] for it in entries), "time_entries": entries}


def plain(name: str) -> str:
    """Return a file's or person's name as words in small letters."""
    return " ".join(re.findall(r"[^\W_]+", name.casefold()))


def _employments(
    world: WorldBase, user: User, person: Person, jobs: Sequence[Job], papers: Sequence[Paper], as_of: date,
    variation: int,
) -> list[JsonObject]:  # fmt: skip
    stubs = [file for file, document in papers if document.document_type == "PAYSTUB"]
    forms = [file for file, document in papers if document.document_type == "W2"]
    letters = [file for file, document in papers if document.document_type == "VOLUNTEER_LETTER"]
    entries = [_whole(world, user, person, job, as_of, variation) for job in jobs]
    found = []
    if entries and (stubs or forms or not letters):
        entry = next((it for it in entries if it["statements"]), entries[0])
        found.append(_read_from(entry, stubs, forms))
    elif letters and entries:
        found.append(_volunteering(entries[0]))
    return found


def _whole(world: WorldBase, user: User, person: Person, job: Job, as_of: date, variation: int) -> JsonObject:
    given = {name: value for name in ("first_name", "last_name", "email") if (value := getattr(user, name))}
    if user.ssn is not None:
        given["ssn"] = user.ssn if len(user.ssn) > 4 else person.ssn[:-4] + user.ssn
    entry = payroll.employment(
        person,
        job,
        since=date(as_of.year - YEARS_OF_PAPERS, 1, 1),
        as_of=as_of,
        id_of=lambda kind, key: f"{kind} {key}",
        created_at="",
        updated_at="",
        variation=variation,
        profile_overrides=given,
    )
    shown_since = records.history_start(world)
    return {**entry, "statements": [it for it in entry["statements"] if it["pay_date"] >= shown_since]}


def _read_from(entry: JsonObject, stubs: Sequence[UploadedFile], forms: Sequence[UploadedFile]) -> JsonObject:
    """Return of an employment what the pay stubs and W-2s show."""
    statements = [
        {**entry["statements"][at], "id": None, "md5sum": file.facts.md5sum}
        for at, file in sorted(_chosen(len(entry["statements"]), stubs).items())
    ]
    w2s = [{**entry["w2s"][at], "md5sum": file.facts.md5sum} for at, file in _years(entry["w2s"], forms).items()]
    shown = {
        **entry,
        **dict.fromkeys(ON_NO_PAYSTUB),
        **({} if statements else dict.fromkeys(ON_PAYSTUBS_ONLY)),
        "id": None,
        "profile": {**entry["profile"], "id": None, "created_at": None, "updated_at": None},
        "dates_from_statements": bool(statements),
        "derived_fields": ["start_date", "is_active"] if statements else [],
        "statements": statements,
        "annual_income_summary": _summaries(statements),
        "w2s": w2s,
        "bank_accounts": [],
    }
    if statements:
        shown["start_date"] = min(it["period_start"] for it in statements)
        shown["external_last_updated"] = statements[0]["pay_date"]
    missing = [*ON_NO_PAYSTUB, *([] if statements else ON_PAYSTUBS_ONLY), "statements", "w2s", "bank_accounts"]
    shown["missing_data_fields"] = [name for name in missing if not shown[name] and shown[name] is not False]
    return shown


def _volunteering(entry: JsonObject) -> JsonObject:
    shown = _read_from(entry, (), ())
    return {**shown, "job_title": "Volunteer", "job_type": "V", "is_active": True, "company": PANTRY}


def _chosen(count: int, stubs: Sequence[UploadedFile]) -> dict[int, UploadedFile]:
    """Return {place of a statement, the newest first: the file that is it}; files beyond the statements show nothing.

    A name may say which one it is; the others are the newest that are left, in the order of the files.
    """
    named = {"most recent": 0, "next recent": 1, "first": count - 1}
    chosen: dict[int, UploadedFile] = {}
    rest = []
    for file in stubs:
        place = next((at for words, at in named.items() if words in plain(file.filename)), -1)
        if 0 <= place < count and place not in chosen:
            chosen[place] = file
        else:
            rest.append(file)
    left = (place for place in range(count) if place not in chosen)
    return chosen | dict(zip(left, rest, strict=False))


def _years(w2s: Sequence[JsonObject], forms: Sequence[UploadedFile]) -> dict[int, UploadedFile]:
    """Return {place of a W-2, the newest first: the file that is it}, by the year in its name or in order."""
    chosen: dict[int, UploadedFile] = {}
    for file in forms:
        year = _year_named(file)
        places = [at for at, it in enumerate(w2s) if at not in chosen and year in {None, it["year"]}]
        if places:
            chosen[places[0]] = file
    return dict(sorted(chosen.items()))


def _summaries(statements: Sequence[JsonObject]) -> list[JsonObject]:
    """Return for each year what its newest statement says of the year to date."""
    newest: dict[int, JsonObject] = {}
    for it in statements:
        newest.setdefault(int(it["pay_date"][:4]), it)
    sums = (*PAY_CATEGORIES, "gross_pay", "net_pay")
    return [{"year": year, **{name: it[f"{name}_ytd"] for name in sums}} for year, it in newest.items()]


def _form(
    file: UploadedFile, document: RecognizedDocument, jobs: Sequence[Job], as_of: date, variation: int
) -> JsonObject:
    is_filed = (as_of.month, as_of.day) >= RETURN_MONTH_DAY
    year = _year_named(file) or as_of.year - (1 if is_filed else 2)
    total = total_income(jobs, year, variation) if document.document_type == "F1040" else None
    return {
        "document_type": document.document_type,
        "document_subtype": document.document_subtype,
        "md5sum": file.facts.md5sum,
        "year": year,
        "fields": {} if document.document_type != "F1040" else {"total_income": str(total or "0.00")},
    }


def _year_named(file: UploadedFile) -> int | None:
    match = re.search(r"(?<!\d)20\d\d(?!\d)", file.filename)
    return int(match.group()) if match else None
