"""From a link to its bank accounts: whose they are, since when, and what a reading of them has shown."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from mock_truv.core import ids
from mock_truv.core.banking.days import first_of, month_number
from mock_truv.core.banking.household import Household
from mock_truv.core.banking.ledger import Ledger
from mock_truv.core.instants import date_of

if TYPE_CHECKING:
    from datetime import date

    from mock_truv.core.base import WorldBase
    from mock_truv.core.model import Link, User
    from mock_truv.core.payroll.terms import Address

BANKS = "financial_accounts"
HISTORY_MONTHS = 25
"""So far back a bank's history goes before the link was made: no less than the 730 days that a report may ask for."""


class Owner(NamedTuple):
    """Whom the bank knows as the owner of an account."""

    full_name: str
    email: str | None
    phone: str | None
    address: Address


def is_bank(link: Link) -> bool:
    """Return whether a link is one of bank accounts."""
    return link.data_source == BANKS


def banks_read(world: WorldBase, user: User) -> list[Link]:
    """Return a user's bank links that were read and still have their data, oldest first."""
    links = [world.state.links[link_id] for link_id in user.link_ids]
    return [link for link in links if is_bank(link) and link.read_us is not None and link.deleted_us is None]


def ledger_of(world: WorldBase, link: Link, as_of_us: int) -> Ledger:
    """Return the accounts of a bank link as they were at an instant."""
    return Ledger(household_of(world, link), link.username, as_of_us)


def household_of(world: WorldBase, link: Link) -> Household:
    """Return whose accounts a bank link shows. Two links of a person show two banks with different spending."""
    return Household(
        person=world.catalog.people[link.person], key=link.id, since=history_start(link), variation=link.variation
    )


def history_start(link: Link) -> date:
    """Return the first day of a bank link's history, the first of a month."""
    return first_of(month_number(date_of(link.created_us)) - HISTORY_MONTHS)


def owner_of(world: WorldBase, link: Link) -> Owner:
    """Return the owner of a link's accounts: the person, by the name that the client had given before."""
    person, given = world.catalog.people[link.person], link.profile_overrides
    names = (given.get("first_name", person.first_name), given.get("last_name", person.last_name))
    return Owner(" ".join(names), given.get("email", person.email), person.phone, person.home_address)


def object_id(world: WorldBase, link: Link, kind: str, key: str) -> str:
    """Return the stable identifier of something that a bank link shows: the same at every reading."""
    return ids.identifier(world.state.seed, f"bank {kind} of {link.id}", key)
