"""What a link shows at an instant: its person's employments, as the payroll calendar has them then."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

import msgspec

from mock_truv.core import ids, payroll
from mock_truv.core.instants import date_of, text_z
from mock_truv.core.model import Company

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mock_truv.core.base import WorldBase
    from mock_truv.core.model import Link, User
    from mock_truv.core.payroll import Job, Person


def jobs_of(world: WorldBase, link: Link, at_us: int | None = None) -> list[Job]:
    """Return the jobs a link shows, those that have begun by an instant (default: now).

    When the order named an employer, the connection belongs to it: the person's job there, or else the person's jobs
    with the first one carried at that employer (assumed; the service's own sandbox has fixed employers).
    """
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
    return [msgspec.structs.replace(first, employer=employer), *jobs[1:]]


def employments(world: WorldBase, link: Link, read_us: int, *, voe: bool) -> list[dict[str, Any]]:
    """Return the ``employments[]`` of a link as read at ``read_us``. Read-only: parts are shared."""
    person = world.catalog.people[link.person]
    user = world.state.users[link.user_id]
    since, as_of = date.fromisoformat(link.history_since), date_of(read_us)
    own = {"first_name": user.first_name, "last_name": user.last_name, "email": user.email}
    overrides = {key: value for key, value in own.items() if value}
    return [
        payroll.employment(
            person,
            job,
            since=since,
            as_of=as_of,
            id_of=lambda kind, key: object_id(world, link, kind, key),
            variation=link.variation,
            voe=voe,
            profile_overrides=overrides,
            created_at=text_z(link.created_us),
            updated_at=text_z(read_us),
        )
        for job in jobs_of(world, link, read_us)
    ]


def statement_counts(world: WorldBase, link: Link, read_us: int) -> dict[str, int]:
    """Return {job key: number of statements} as read at ``read_us``."""
    since, as_of = date.fromisoformat(link.history_since), date_of(read_us)
    return {job.key: payroll.count_statements(job, since, as_of) for job in jobs_of(world, link, read_us)}


def object_id(world: WorldBase, link: Link, kind: str, key: str) -> str:
    """Return the stable identifier of an object that a link shows: the same at every reading."""
    return ids.identifier(world.state.seed, f"{kind} of {link.id}", key)


def history_start(world: WorldBase) -> str:
    """Return the first day of which statements are read, for a link made now: 1 January some years back (assumed)."""
    return f"{date_of(world.now_us).year - world.state.profile.history_years}-01-01"


def does_not_match(person: Person, user: User) -> bool:
    """Return whether the SSN on the order differs from the one in the data (then ``is_suspicious``, documented)."""
    return user.ssn is not None and not person.ssn.endswith(user.ssn)
