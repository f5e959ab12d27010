"""What a link shows at an instant: its person's employments, as the payroll calendar has them then."""

from __future__ import annotations

from datetime import date
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import msgspec

from mock_truv.core import deposits, ids, payloads, payroll, products, sandbox_scenarios
from mock_truv.core.instants import date_of, text_z
from mock_truv.core.model import Company, Payload
from mock_truv.core.plain import Frozen

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mock_truv.core.base import WorldBase
    from mock_truv.core.model import Link, Script, User
    from mock_truv.core.payroll import Job, Person
    from mock_truv.core.payroll.people import BankAccount, Employer


class Shown(Frozen, frozen=True):
    """One employment that a link shows, as far as events and orders speak of it."""

    key: str
    employment_id: str
    profile_id: str
    employer: str | None
    domain: str | None
    address: dict[str, Any] | None
    start_date: str | None
    accounts: int


def shown(world: WorldBase, link: Link, at_us: int | None = None) -> list[Shown]:
    """Return the employments a link shows at an instant (default: now): the client's own data, else the person's."""
    given = _given_employments(link, world.now_us if at_us is None else at_us)
    if given is None:
        as_of = date_of(world.now_us if at_us is None else at_us)
        found = [_shown_job(world, link, job, as_of) for job in jobs_of(world, link, at_us)]
        return found if not link.deposits else _recounted(world, link, found, at_us)
    return [_shown_entry(world, link, entry, position) for position, entry in enumerate(given)]


def _recounted(world: WorldBase, link: Link, found: list[Shown], at_us: int | None) -> list[Shown]:
    """Return employments with as many bank accounts as deposit switches have left."""
    seen_us = world.now_us if at_us is None else at_us
    count = len(deposits.allocation(link, pay_accounts(world, link, at_us), seen_us))
    place = next((at for at, it in enumerate(found) if it.accounts), 0)
    return [msgspec.structs.replace(it, accounts=count) if at == place else it for at, it in enumerate(found)]


def _shown_job(world: WorldBase, link: Link, job: Job, as_of: date) -> Shown:
    address = job.employer.address
    start = payroll.start_date_shown(job, date.fromisoformat(link.history_since), as_of)
    return Shown(
        job.key,
        object_id(world, link, "employment", job.key),
        object_id(world, link, "profile", job.key),
        job.employer.name,
        job.employer.domain,
        {key: getattr(address, key) for key in ("street", "city", "state", "zip")},
        None if start is None else str(start),
        len(job.bank_accounts),
    )


def _shown_entry(world: WorldBase, link: Link, entry: dict[str, Any], position: int) -> Shown:
    def id_of(kind: str, key: str) -> str:
        return object_id(world, link, kind, key)

    company = entry.get("company") or {}
    return Shown(
        payloads.key_of(position),
        payloads.employment_id(entry, position, id_of),
        payloads.profile_id(entry, position, id_of),
        company.get("name"),
        None,
        company.get("address"),
        entry.get("start_date"),
        len(entry.get("bank_accounts") or []),
    )


def jobs_of(world: WorldBase, link: Link, at_us: int | None = None) -> list[Job]:
    """Return the jobs a link shows, those that have begun by an instant (default: now).

    When the order named an employer, the connection belongs to it: the person's job there, or else the person's jobs
    with the first one carried at that employer, and with it every other period at the same one (assumed; the service's
    own sandbox has fixed employers).
    """
    if link.data_source in products.WITHOUT_WORK:
        return []
    person = world.catalog.people[link.person]
    begun = payroll.jobs_known(person, date_of(world.now_us if at_us is None else at_us))
    return jobs_at(begun or person.jobs[:1], link.company)


def jobs_at(jobs: Sequence[Job], company: Company) -> list[Job]:
    """Return jobs as seen through a connection that belongs to ``company`` (see ``jobs_of``)."""
    name = company.name
    if name is None:
        return list(jobs)
    same = [job for job in jobs if job.employer.name.casefold() == name.casefold()]
    if same:
        return same
    first = jobs[0]
    employer = msgspec.structs.replace(first.employer, name=name, domain=company.domain or first.employer.domain)
    if company.address:
        kept = {
            key: str(company.address[key]) for key in ("street", "city", "state", "zip") if company.address.get(key)
        }
        employer = msgspec.structs.replace(employer, address=msgspec.structs.replace(employer.address, **kept))
    return [_carried(job, employer) if job.employer == first.employer else job for job in jobs]


@lru_cache(maxsize=1024)
def _carried(job: Job, employer: Employer) -> Job:
    """Return a job at another employer: always the same object, so that what was worked out for it is found at once."""
    return msgspec.structs.replace(job, employer=employer)


def employments(world: WorldBase, link: Link, read_us: int, *, voe: bool) -> list[dict[str, Any]]:
    """Return the ``employments[]`` of a link as read at ``read_us``. Read-only: parts are shared."""
    given = _given_employments(link, read_us)
    if given is not None:
        return [
            payloads.employment(
                entry,
                position,
                id_of=lambda kind, key: object_id(world, link, kind, key),
                created_at=text_z(link.created_us),
                updated_at=text_z(read_us),
                voe=voe,
            )
            for position, entry in enumerate(given)
        ]
    person = world.catalog.people[link.person]
    since, as_of = date.fromisoformat(link.history_since), date_of(read_us)
    entries = [
        payroll.employment(
            person,
            job,
            since=since,
            as_of=as_of,
            id_of=lambda kind, key: object_id(world, link, kind, key),
            variation=link.variation,
            voe=voe,
            profile_overrides=link.profile_overrides,
            created_at=text_z(link.created_us),
            updated_at=text_z(read_us),
        )
        for job in jobs_of(world, link, read_us)
    ]
    return entries if voe or not link.deposits else _after_switches(world, link, entries, read_us)


def _after_switches(world: WorldBase, link: Link, entries: list[dict[str, Any]], read_us: int) -> list[dict[str, Any]]:
    """Return employments with the bank accounts that deposit switches left: those of the first job that had any."""
    accounts = pay_accounts(world, link, read_us)
    shares = deposits.allocation(link, accounts, read_us)
    place = next((at for at, entry in enumerate(entries) if entry["bank_accounts"]), 0)
    shown = [deposits.in_letters(each) for each in shares]
    return [entry | {"bank_accounts": shown} if at == place else entry for at, entry in enumerate(entries)]


def pay_accounts(world: WorldBase, link: Link, at_us: int | None = None) -> tuple[BankAccount, ...]:
    """Return the accounts that pay goes to without any deposit switch: those of a link's first job that has any."""
    return next((job.bank_accounts for job in jobs_of(world, link, at_us) if job.bank_accounts), ())


def statement_counts(world: WorldBase, link: Link, read_us: int) -> dict[str, int]:
    """Return {job key: number of statements} as read at ``read_us``."""
    given = _given_employments(link, read_us)
    if given is not None:
        return {payloads.key_of(at): len(entry.get("statements") or []) for at, entry in enumerate(given)}
    since, as_of = date.fromisoformat(link.history_since), date_of(read_us)
    return {
        job.key: 0 if "statements" in job.missing_data_fields else payroll.count_statements(job, since, as_of)
        for job in jobs_of(world, link, read_us)
    }


def object_id(world: WorldBase, link: Link, kind: str, key: str) -> str:
    """Return the stable identifier of an object that a link shows: the same at every reading."""
    return ids.identifier(world.state.seed, f"{kind} of {link.id}", key)


def history_start(world: WorldBase) -> str:
    """Return the first day of which statements are read, for a link made now: 1 January some years back (assumed)."""
    return f"{date_of(world.now_us).year - world.state.profile.history_years}-01-01"


def does_not_match(person: Person, user: User) -> bool:
    """Return whether data are suspicious: the order's SSN differs from theirs (documented), or they look forged."""
    return person.is_suspicious or (user.ssn is not None and not person.ssn.endswith(user.ssn))


def take_over(world: WorldBase, link: Link, script: Script | None) -> None:
    """Let a link show from now on what a sandbox scenario brought; without one, the built-in data again.

    What it showed before stays in its history, so that reports of older readings never change.
    """
    payload = script.payload if script is not None else None
    if payload is None and not link.payloads:
        return
    if not link.payloads and link.read_us is not None:
        link.payloads = [Payload(from_us=link.created_us, payload=None, is_suspicious=link.is_suspicious)]
    person, user = world.catalog.people[link.person], world.state.users[link.user_id]
    work = link.data_source not in products.WITHOUT_WORK
    given = payload.get("employments") if payload is not None and payloads_hold_work(link) else None
    mismatch = work and (does_not_match(person, user) if given is None else _differs(given, user.ssn))
    entry = Payload(from_us=world.now_us, payload=payload, is_suspicious=mismatch or sandbox_scenarios.flagged(payload))
    link.is_suspicious = entry.is_suspicious
    latest = link.payloads[-1] if link.payloads else None
    if latest is None or (latest.payload, latest.is_suspicious) != (entry.payload, entry.is_suspicious):
        link.payloads = [*link.payloads, entry]


def is_suspicious(link: Link, read_us: int | None) -> bool:
    """Return whether a link was suspicious as read at an instant (None: as it is now)."""
    entry = None if read_us is None else _entry(link, read_us)
    return link.is_suspicious if entry is None else entry.is_suspicious


def flagged(script: Script | None) -> bool:
    """Return whether a sandbox scenario marks its tasks as suspicious."""
    return script is not None and sandbox_scenarios.flagged(script.payload)


def payloads_hold_work(link: Link) -> bool:
    """Return whether what a link was given is employments: at payroll, or by documents, for which nobody logs in."""
    return link.data_source == products.PAYROLL or (link.data_source == products.DOCS and not link.username)


def _given_employments(link: Link, at_us: int) -> list[dict[str, Any]] | None:
    """Return the client's own employments as they were shown at an instant, None where the built-in data were.

    A payload without ``employments`` only changes the flags (assumed).
    """
    entry = _entry(link, at_us) if payloads_hold_work(link) else None
    given: list[dict[str, Any]] | None = None if entry is None else (entry.payload or {}).get("employments")
    return given


def _entry(link: Link, at_us: int) -> Payload | None:
    return next((entry for entry in reversed(link.payloads) if entry.from_us <= at_us), None)


def _differs(given: Sequence[dict[str, Any]], ssn: str | None) -> bool:
    """Return whether an order's SSN is none of those in a payload; where the payload has none, nothing differs."""
    known = [number for entry in given if (number := (entry.get("profile") or {}).get("ssn"))]
    return ssn is not None and bool(known) and not any(it.endswith(ssn) or ssn.endswith(it) for it in known)
