"""Answers about insurance: policies, what they insure, and their claims. Money is in whole cents."""

from __future__ import annotations

from typing import Annotated

from mock_truv.api.shapes.base import Day, Id, Shape, assumed, inferred
from mock_truv.core.model import TaskStatus

SEEN = "insurance pages: the words seen; the list is longer"
Cents = int


class InsuredAddress(Shape):
    """Where something insured is, or where post goes."""

    SOURCE = "insurance pages"

    id: str
    address_nature: Annotated[str, inferred("insurance pages: MAILING is the word seen; PHYSICAL is ours")]
    street: Annotated[str | None, inferred("as every address of the service")]
    city: Annotated[str | None, inferred("as every address of the service")]
    state: Annotated[str | None, inferred("as every address of the service")]
    zip: Annotated[str | None, inferred("as every address of the service")]
    country: Annotated[str | None, inferred("as every address of the service")]


class Coverage(Shape):
    """What a policy pays for, up to which limits."""

    SOURCE = "insurance pages"

    id: str
    premium_cents: Cents
    is_declined: bool
    name: str
    per_person_limit_cents: Annotated[Cents | None, inferred("null where there is no such limit")]
    per_incident_limit_cents: Annotated[Cents | None, inferred("null where there is no such limit")]
    deductible_cents: Annotated[Cents | None, inferred("null where nothing is deducted")]


class Mortgagee(Shape):
    """Who has lent money on a home."""

    SOURCE = "insurance pages name the list; its keys are assumed"
    BASIS = "assumed"

    id: str
    name: str
    loan_number: str | None


class Dwelling(Shape):
    """A home that is insured."""

    SOURCE = "insurance pages"

    id: str
    address: InsuredAddress
    replacement_cost_cents: Cents
    cash_value_cents: Cents
    coverages: list[Coverage]
    mortgagees: list[Mortgagee]


class Vehicle(Shape):
    """A car that is insured."""

    SOURCE = "insurance pages; the list of keys was seen without its end"

    id: str
    vin: str
    is_removed: bool
    lien_holder: Annotated[str | None, inferred("null where nobody has a claim to the car")]
    year: int
    make: str
    model: str
    series: str | None
    series2: str | None
    type: str
    annual_mileage: int
    coverages: Annotated[list[Coverage], inferred("as those of a dwelling")]


class NamedInsured(Shape):
    """A person that a policy names."""

    SOURCE = "insurance pages"

    id: str
    first_name: Annotated[str, inferred("insurance pages: `names`, without the keys")]
    middle_name: Annotated[str | None, inferred("insurance pages: `names`, without the keys")]
    last_name: Annotated[str, inferred("insurance pages: `names`, without the keys")]
    is_primary: bool


class CommercialInsured(Shape):
    """A business that a policy names; those of people name none."""

    SOURCE = "insurance pages name the list; its keys are assumed"
    BASIS = "assumed"

    id: str
    name: str


class Claim(Shape):
    """What happened, and what the insurer paid."""

    SOURCE = "insurance pages"

    id: str
    dwelling_id: str | None
    vehicle_id: str | None
    driver_id: Annotated[
        str | None, assumed("the id of the insured person who drove; drivers are in no list that was seen")
    ]
    carrier_claim_identifier: str
    date_occurred: Day
    type: str
    status: Annotated[str, inferred("insurance pages: OPEN is the word seen; CLOSED is ours")]
    date_closed: Annotated[Day | None, inferred("null while it is open")]
    payout_cents: Annotated[Cents | None, inferred("null while it is open")]
    representative_name: Annotated[str | None, inferred("insurance pages: `representative_…`, without the ends")]
    representative_email: Annotated[str | None, inferred("insurance pages: `representative_…`, without the ends")]
    representative_phone: Annotated[str | None, inferred("insurance pages: `representative_…`, without the ends")]
    address: InsuredAddress | None


class Policy(Shape):
    """An insurance policy."""

    SOURCE = "link_detail_reports_insurance"

    carrier_name: str
    id: Annotated[str, inferred("link_detail_reports_insurance: the dashed form of an id")]
    policy_type: Annotated[str, inferred(f"{SEEN}: AUTO, CONDO, HOME")]
    name: str | None
    description: str | None
    carrier_policy_number: str
    effective_date: Day
    expiry_date: Day
    renewal_date: Annotated[Day | None, inferred("null after the end")]
    canceled_date: Annotated[Day | None, inferred("null while it is in force")]
    total_premium_cents: Cents
    deductible_cents: Cents
    status: Annotated[str, inferred(f"{SEEN}: ACTIVE; CANCELED is ours")]
    paid_in_full: bool
    dwellings: list[Dwelling]
    vehicles: list[Vehicle]
    commercial_named_insureds: list[CommercialInsured]
    named_insureds: list[NamedInsured]
    claims: list[Claim]


class Policies(Shape):
    """The policies of one account."""

    SOURCE = "link_detail_reports_insurance"

    policies: list[Policy]


class InsuranceReport(Shape):
    """The insurance of one account; it can be read while its task still runs."""

    SOURCE = "link_detail_reports_insurance, link_detail_reports_insurance_home"

    id: Id
    status: TaskStatus
    access_token: Id | None
    tracking_info: str | None
    insurance: Policies
