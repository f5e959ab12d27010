"""Employers as a client describes them: which one a description means best. All of this is assumed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mock_truv.core.names import QUERY_LIMIT, words_of
from mock_truv.core.plain import Frozen

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mock_truv.core.catalog import Catalog, Employer

LEAST_MATCHED = 300
"""A description that fits less well means nobody we know."""


class Wanted(Frozen, frozen=True, kw_only=True):
    """A description of an employer; every part of it may be missing."""

    mapping_id: str | None = None
    name: str | None = None
    domain: str | None = None
    ein: str | None = None
    phone: str | None = None
    street: str | None = None
    city: str | None = None
    state: str | None = None
    zip: str | None = None


class Match(Frozen, frozen=True):
    """The employer that a description means best."""

    employer: Employer
    confidence: int
    """Per cent."""


def best_match(catalog: Catalog, wanted: Wanted) -> Match | None:
    """Return the employer that a description means best, None when it means none that is known.

    Each part that agrees leaves less of the doubt (assumed); an address alone names nobody.
    """
    certainties: dict[int, list[int]] = {}
    for number, certainty in _named(catalog, wanted):
        certainties.setdefault(number, []).append(certainty)
    best: tuple[int, int] | None = None
    for number, each in sorted(certainties.items()):
        score = _combined([*each, *_at_address(catalog.employers[number], wanted)])
        score = score * 4 // 5 if _is_elsewhere(catalog.employers[number], wanted) else score
        if best is None or score > best[0]:
            best = (score, number)
    if best is None or best[0] < LEAST_MATCHED:
        return None
    return Match(catalog.employers[best[1]], best[0] // 10)


def _named(catalog: Catalog, wanted: Wanted) -> Iterator[tuple[int, int]]:
    """Yield (number of an employer, per mille) for every part of a description that names one."""
    found = (
        (catalog.employer(wanted.mapping_id or ""), 1000),
        (catalog.employer_with_ein(wanted.ein or ""), 970),
        (catalog.employer_at(wanted.domain or ""), 930),
        (catalog.employer_with_phone(wanted.phone or ""), 700),
    )
    for employer, certainty in found:
        if employer is not None:
            yield catalog.number_of(employer), certainty
    for it in catalog.company_names.search(wanted.name or "", whole=True)[:20]:
        yield it.place, it.score * 19 // 20


def _at_address(employer: Employer, wanted: Wanted) -> Iterator[int]:
    address = employer["address"]
    for given, known, certainty in (
        (wanted.street, address["street"], 400),
        (wanted.zip, address["zip"], 300),
        (wanted.city, address["city"], 150),
        (wanted.state, address["state"], 50),
    ):
        if given and words_of(given[:QUERY_LIMIT]) == words_of(known):
            yield certainty


def _is_elsewhere(employer: Employer, wanted: Wanted) -> bool:
    return bool(wanted.state) and words_of((wanted.state or "")[:QUERY_LIMIT]) != words_of(employer["address"]["state"])


def _combined(certainties: list[int]) -> int:
    doubt = 1_000_000
    for each in certainties:
        doubt = doubt * (1000 - each) // 1000
    return 1000 - -(-doubt // 1000)
