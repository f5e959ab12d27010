"""Insurance policies behind a link: invented, the same ones at every reading, as they are on a day.

Fields: insurance report page. Money is in whole cents; a policy's premium is the sum of its coverages' premiums. What a
policy insures, for how long and for how much is assumed; so are terms of six months for a car and twelve for a home.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from mock_truv.core import ids
from mock_truv.core.instants import date_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mock_truv.core.base import WorldBase
    from mock_truv.core.model import Link

JsonObject = dict[str, Any]

HOMES = {"HOME": "Homeowners policy", "CONDO": "Condominium unit owners policy"}
AUTO = "AUTO"
TERM_MONTHS = {"AUTO": 6, "HOME": 12, "CONDO": 12}
CARS = (
    ("Corvane", "Meridian", "LE", "Sedan"), ("Hallmoor", "Ridgeback", "XLT", "Pickup"),
    ("Osprey", "Tern", "Touring", "SUV"), ("Larkin", "Piper", "Sport", "Hatchback"),
    ("Brightwell", "Caravel", "EX", "Minivan"),
)  # fmt: skip
"""Make, model, series and body of the invented cars."""
VIN_SIGNS = "ABCDEFGHJKLMNPRSTUVWXYZ0123456789"
VIN_WEIGHTS = (8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2)
VIN_VALUES = dict(zip("ABCDEFGHJKLMNPRSTUVWXYZ", (*range(1, 9), *range(1, 6), 7, 9, *range(2, 10)), strict=True))
LENDERS = ("Cascade Community Bank", "Lakeview Savings", "Harbor Home Lending")
CLAIM_KINDS = {"AUTO": ("Collision", "Glass"), "HOME": ("Water damage", "Hail"), "CONDO": ("Water damage", "Theft")}
HANDLERS = ("Ines Calloway", "Theo Marchetti", "Ruth Okonjo")
CLAIM_CLOSES_DAYS = 75
"""A claim is ``OPEN`` for so long after it occurred, then ``CLOSED``."""


def policies(world: WorldBase, link: Link, read_us: int) -> list[JsonObject]:
    """Return the policies of a link as read at an instant: a car's and a home's, each in the term then in force.

    Some people have had another car before, whose policy was canceled.
    """
    draw = _Draw(world.state.seed, link, "policies")
    day = date_of(read_us)
    home = "CONDO" if draw.number("kind", 3) == 0 else "HOME"
    found = [_policy(world, link, "car", AUTO, day), _policy(world, link, "home", home, day)]
    if draw.number("former", 3) == 0:
        canceled = date_of(link.created_us) - timedelta(days=30 + draw.number("canceled", 300))
        found.append(_canceled(_policy(world, link, "former car", AUTO, canceled), canceled))
    return found


def _canceled(policy: JsonObject, day: date) -> JsonObject:
    """Return a policy that was canceled on a day: its car is gone, and it is not renewed."""
    vehicles = [each | {"is_removed": True} for each in policy["vehicles"]]
    gone: JsonObject = {"canceled_date": day.isoformat(), "renewal_date": None, "status": "CANCELED", "claims": []}
    return policy | gone | {"vehicles": vehicles}


class _Draw:
    """Numbers and ids of one thing of a link, each by its name."""

    def __init__(self, seed: str, link: Link, thing: str) -> None:
        self._seed, self._link, self._thing = seed, link.id, thing

    def number(self, name: str, below: int) -> int:
        return ids.number(self._seed, f"insurance {self._link} {self._thing}", name, below)

    def id_of(self, name: str) -> str:
        return ids.identifier(self._seed, f"insurance {self._link} {self._thing}", name)

    def uuid(self, name: str) -> str:
        """Return an id in the dashed form (insurance page: ids of policies)."""
        text = self.id_of(name)
        return f"{text[:8]}-{text[8:12]}-4{text[13:16]}-8{text[17:20]}-{text[20:]}"


def _policy(world: WorldBase, link: Link, thing: str, kind: str, day: date) -> JsonObject:
    draw = _Draw(world.state.seed, link, thing)
    names, address = _holder(world, link)
    begins = _term_begin(draw, TERM_MONTHS[kind], day)
    ends = _months_later(begins, TERM_MONTHS[kind])
    vehicles = [_vehicle(draw, day)] if kind == AUTO else []
    dwellings = [] if kind == AUTO else [_dwelling(draw, address, kind)]
    coverages = [each for thing in (*vehicles, *dwellings) for each in thing["coverages"]]
    insured = {"id": draw.uuid("insured"), **names, "is_primary": True}
    return {
        "carrier_name": world.state.providers[link.provider_id].name,
        "id": draw.uuid("policy"),
        "policy_type": kind,
        "name": "Personal auto" if kind == AUTO else HOMES[kind],
        "description": None if kind == AUTO else f"{HOMES[kind]}, {address['street']}",
        "carrier_policy_number": f"{kind[0]}{draw.number('policy number', 10**9):09d}",
        "effective_date": begins.isoformat(),
        "expiry_date": ends.isoformat(),
        "renewal_date": ends.isoformat(),
        "canceled_date": None,
        "total_premium_cents": sum(each["premium_cents"] for each in coverages),
        "deductible_cents": max(each["deductible_cents"] or 0 for each in coverages),
        "status": "ACTIVE",
        "paid_in_full": draw.number("paid in full", 2) == 0,
        "dwellings": dwellings,
        "vehicles": vehicles,
        "commercial_named_insureds": [],
        "named_insureds": [insured],
        "claims": [_claim(draw, link, kind, address, vehicles, dwellings, insured, day)],
    }


def _holder(world: WorldBase, link: Link) -> tuple[JsonObject, JsonObject]:
    """Return the names and the home address of the person that the link is of."""
    person, named = world.catalog.people[link.person], link.profile_overrides
    names = {
        "first_name": named.get("first_name", person.first_name),
        "middle_name": person.middle_initials,
        "last_name": named.get("last_name", person.last_name),
    }
    return names, {key: getattr(person.home_address, key) for key in ("street", "city", "state", "zip", "country")}


def _vehicle(draw: _Draw, day: date) -> JsonObject:
    make, model, series, body = CARS[draw.number("car", len(CARS))]
    year = 2017 + draw.number("year", 8)
    return {
        "id": draw.uuid("vehicle"),
        "vin": vin([draw.number(f"sign {at}", len(VIN_SIGNS)) for at in range(17)]),
        "is_removed": False,
        "lien_holder": LENDERS[draw.number("lien holder", len(LENDERS))] if day.year - year < 6 else None,
        "year": year,
        "make": make,
        "model": model,
        "series": series,
        "series2": "Plus" if draw.number("series2", 3) == 0 else None,
        "type": body,
        "annual_mileage": 6_000 + 500 * draw.number("mileage", 20),
        "coverages": [
            _coverage(draw, "Bodily injury liability", 14_000, 9_000, per_person=10_000_000, per_incident=30_000_000),
            _coverage(draw, "Property damage liability", 9_000, 6_000, per_incident=5_000_000),
            _coverage(draw, "Collision", 18_000, 16_000, deductible=50_000),
            _coverage(draw, "Comprehensive", 6_000, 5_000, deductible=25_000),
            _coverage(draw, "Rental reimbursement", 0, 0, declined=True),
        ],
    }


def _dwelling(draw: _Draw, address: JsonObject, kind: str) -> JsonObject:
    share = 40 if kind == "CONDO" else 100
    replacement = (25_000_000 + 500_000 * draw.number("replacement", 60)) * share // 100
    return {
        "id": draw.uuid("dwelling"),
        "address": _address(draw, "dwelling", address, "PHYSICAL"),
        "replacement_cost_cents": replacement,
        "cash_value_cents": replacement * 82 // 100,
        "coverages": [
            _coverage(draw, "Dwelling", 52_000, 40_000, per_incident=replacement, deductible=100_000),
            _coverage(draw, "Personal property", 14_000, 9_000, per_incident=replacement // 2, deductible=100_000),
            _coverage(draw, "Personal liability", 3_000, 2_000, per_incident=30_000_000),
            _coverage(draw, "Earthquake", 0, 0, declined=True),
        ],
        "mortgagees": [
            {
                "id": draw.uuid("mortgagee"),
                "name": LENDERS[draw.number("mortgagee", len(LENDERS))],
                "loan_number": f"{draw.number('loan number', 10**10):010d}",
            }
        ],
    }


def _coverage(draw: _Draw, name: str, least: int, spread: int, *, per_person: int | None = None,
              per_incident: int | None = None, deductible: int | None = None, declined: bool = False,
              ) -> JsonObject:  # fmt: skip
    """Return a coverage; its premium is at least ``least`` cents and less than ``least + spread``."""
    return {
        "id": draw.uuid(f"coverage {name}"),
        "premium_cents": least + (draw.number(f"premium {name}", spread) if spread else 0),
        "is_declined": declined,
        "name": name,
        "per_person_limit_cents": per_person,
        "per_incident_limit_cents": per_incident,
        "deductible_cents": deductible,
    }


def _claim(draw: _Draw, link: Link, kind: str, address: JsonObject, vehicles: Sequence[JsonObject],
           dwellings: Sequence[JsonObject], insured: JsonObject, day: date) -> JsonObject:  # fmt: skip
    """Return the one claim of a policy: it occurred some time before the link was made, and is closed in the end."""
    occurred = date_of(link.created_us) - timedelta(days=10 + draw.number("claim", 120))
    closes = occurred + timedelta(days=CLAIM_CLOSES_DAYS)
    closed = day >= closes
    name = HANDLERS[draw.number("handler", len(HANDLERS))]
    return {
        "id": draw.uuid("claim"),
        "dwelling_id": dwellings[0]["id"] if dwellings else None,
        "vehicle_id": vehicles[0]["id"] if vehicles else None,
        "driver_id": insured["id"] if vehicles else None,
        "carrier_claim_identifier": f"CL-{draw.number('claim number', 10**8):08d}",
        "date_occurred": occurred.isoformat(),
        "type": CLAIM_KINDS[kind][draw.number("claim kind", 2)],
        "status": "CLOSED" if closed else "OPEN",
        "date_closed": closes.isoformat() if closed else None,
        "payout_cents": 40_000 + draw.number("payout", 400_000) if closed else None,
        "representative_name": name,
        "representative_email": f"{name.split()[0].lower()}@claims.example",
        "representative_phone": f"555{draw.number('phone', 10**7):07d}",
        "address": _address(draw, "claim", address, "MAILING"),
    }


def _address(draw: _Draw, of: str, address: JsonObject, nature: str) -> JsonObject:
    return {"id": draw.uuid(f"address of {of}"), "address_nature": nature, **address}


def _term_begin(draw: _Draw, months: int, day: date) -> date:
    """Return the first day of the term that a day lies in; terms follow each other without a gap."""
    begin = date(day.year - 1, 1 + draw.number("month", 12), 1 + draw.number("day", 28))
    while (following := _months_later(begin, months)) <= day:
        begin = following
    return begin


def _months_later(day: date, months: int) -> date:
    """Return the same day of a later month; days are at most the 28th."""
    month = day.month - 1 + months
    return day.replace(year=day.year + month // 12, month=month % 12 + 1)


def vin(signs: Sequence[int]) -> str:
    """Return a vehicle number of 17 signs, given by place in ``VIN_SIGNS``, with the right check digit in the ninth."""
    letters = [VIN_SIGNS[sign] for sign in signs]
    letters[8] = "0"
    values = [VIN_VALUES[sign] if sign in VIN_VALUES else int(sign) for sign in letters]
    total = sum(weight * value for weight, value in zip(VIN_WEIGHTS, values, strict=True))
    letters[8] = "X" if total % 11 == 10 else str(total % 11)
    return "".join(letters)
