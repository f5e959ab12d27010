"""One entry of ``employments[]`` as a report shows it: documented keys, order and formats; figures from the calendar.

A report knows nothing of the future: a raise, an end or a W-2 is there from its day on, never before.
What is returned shares parts with other reports of the same job: read it, encode it, but do not change its insides.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

import msgspec

from mock_truv.core.payroll.calendar import paid_indices, pay_date, pay_run
from mock_truv.core.payroll.documents import (
    IdOf,
    JsonObject,
    annual_income_summary,
    statement_entries,
    texts,
    w2_entries,
)
from mock_truv.core.payroll.earnings import income_unit, pay_per_cycle, rate_on
from mock_truv.core.payroll.money import exact

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from mock_truv.core.payroll.people import Job, Person

INCOME_FIELDS = ("income", "income_unit", "pay_rate", "pay_frequency")
PROFILE_FIELDS = ("first_name", "last_name", "middle_initials", "email", "ssn", "date_of_birth", "home_address")


def jobs_known(person: Person, as_of: date) -> tuple[Job, ...]:
    """Return the person's jobs that have begun by ``as_of``, in the order of the fixture."""
    return tuple(job for job in person.jobs if job.start_date <= as_of)


def employment(
    person: Person,
    job: Job,
    *,
    since: date,
    as_of: date,
    id_of: IdOf,
    created_at: str,
    updated_at: str,
    variation: int = 0,
    voe: bool = False,
    profile_overrides: Mapping[str, Any] | None = None,
) -> JsonObject:
    """Return the entry for a VOIE report, or with ``voe`` for a VOE report, without ``gse_accepted``.

    Statements are those paid from ``since`` to ``as_of``; summaries and W-2s are whole years, from the year of
    ``since`` on. Ids are asked for as ("employment", job key), ("profile", job key), ("statement", "job key:pay date")
    and ("annual_income_summary", "job key:year"). ``created_at`` and ``updated_at`` belong to the profile.
    ``profile_overrides`` may hold any of ``PROFILE_FIELDS``; None counts as not given.
    """
    assert job.start_date <= as_of, f"{job.key} begins on {job.start_date} and is not known on {as_of}"
    since = max(since, job.start_date)
    entry = _facts(job, since, as_of, id_of)
    entry |= dict.fromkeys(INCOME_FIELDS) if voe else _income(job, as_of, variation)
    entry["profile"] = _profile(person, profile_overrides or {}, id_of("profile", job.key), created_at, updated_at)
    entry["company"] = _company(job)
    if not voe:
        years = range(as_of.year, since.year - 1, -1)
        entry["statements"] = statement_entries(job, since, as_of, variation, id_of)
        entry["annual_income_summary"] = annual_income_summary(job, years, as_of, variation, id_of)
        entry["w2s"] = w2_entries(job, years, as_of, variation)
        entry["bank_accounts"] = _bank_accounts(job)
    for field in job.missing_data_fields:
        if field == "ein":
            entry["company"]["ein"] = None
        elif field in entry:
            entry[field] = [] if isinstance(entry[field], list) else None
    return entry


def start_date_shown(job: Job, since: date, as_of: date) -> date | None:
    """Return the start a provider tells: the job's, or where it tells none, that of the oldest period read.

    ``dates_from_statements`` is documented to mean that dates come from pay statements; which one is assumed.
    """
    if "start_date" in job.missing_data_fields:
        return None
    if not job.dates_from_statements:
        return job.start_date
    read = paid_indices(job, max(since, job.start_date), as_of)
    return pay_run(job, read[0]).first if read else None


def _facts(job: Job, since: date, as_of: date, id_of: IdOf) -> JsonObject:
    """Return the parts that are about the job itself."""
    ended = job.end_date is not None and as_of >= job.end_date
    start = start_date_shown(job, since, as_of)
    paid = paid_indices(job, job.start_date, as_of)
    return {
        "id": id_of("employment", job.key),
        "job_title": job.job_title,
        "job_type": job.job_type,
        "start_date": None if start is None else start.isoformat(),
        "end_date": job.end_date.isoformat() if job.end_date is not None and ended else None,
        "original_hire_date": job.original_hire_date.isoformat(),
        "external_last_updated": (pay_date(job, paid[-1]) if paid else job.start_date).isoformat(),
        "is_active": job.end_date is None or as_of <= job.end_date,
        "dates_from_statements": job.dates_from_statements,
        "derived_fields": list(job.derived_fields),
        "missing_data_fields": list(job.missing_data_fields),
        "manager_name": job.manager_name,
    }


def _income(job: Job, as_of: date, variation: int) -> JsonObject:
    """Return income as of the day; after the end of a job, as it last was."""
    day = as_of if job.end_date is None else min(as_of, job.end_date)
    with exact():
        rate, pay_rate = rate_on(job, day, variation), pay_per_cycle(job, day, variation)
    text = texts(job)
    return {
        "income": None if rate is None else text(rate),
        "income_unit": None if rate is None else income_unit(job),
        "pay_rate": None if pay_rate is None else text(pay_rate),
        "pay_frequency": job.pay_frequency,
    }


def _profile(
    person: Person, overrides: Mapping[str, Any], profile_id: str, created_at: str, updated_at: str
) -> JsonObject:
    """Return the profile; the full name follows the names."""
    unknown = set(overrides).difference(PROFILE_FIELDS)
    if unknown:
        raise ValueError(f"a profile has no {', '.join(sorted(unknown))}; it has {', '.join(PROFILE_FIELDS)}")
    facts = {
        "first_name": person.first_name,
        "last_name": person.last_name,
        "middle_initials": person.middle_initials,
        "email": person.email,
        "ssn": person.ssn,
        "date_of_birth": person.date_of_birth.isoformat(),
        "home_address": msgspec.to_builtins(person.home_address),
        **{field: value for field, value in overrides.items() if value is not None},
    }
    names = (facts["first_name"], facts["middle_initials"], facts["last_name"])
    return {
        "id": profile_id,
        "created_at": created_at,
        "updated_at": updated_at,
        "first_name": facts["first_name"],
        "last_name": facts["last_name"],
        "full_name": " ".join(name for name in names if name),
        **{field: facts[field] for field in PROFILE_FIELDS[2:]},
    }


def _company(job: Job) -> JsonObject:
    employer = job.employer
    return {
        "name": employer.name,
        "address": msgspec.to_builtins(employer.address),
        "phone": employer.phone,
        "ein": employer.ein,
    }


def _bank_accounts(job: Job) -> list[JsonObject]:
    text = texts(job)
    return [
        {
            "account_number": account.account_number,
            "routing_number": account.routing_number,
            "account_name": account.account_name,
            "account_type": account.account_type,
            "deposit_type": account.deposit_type,
            "deposit_value": text(Decimal(f"{account.deposit_value:.2f}")),
            "bank_name": account.bank_name,
        }
        for account in job.bank_accounts
    ]
