"""Answers about self-certification."""

from __future__ import annotations

from typing import Annotated, Any

from msgspec import UNSET, UnsetType

from mock_truv.api.shapes.base import Day, Id, Money, Shape, assumed, inferred
from mock_truv.api.shapes.reports import EitherEmployment
from mock_truv.core.model.certifications import DecisionWord, RejectionReason


class CertifiedCompany(Shape):
    """The employer of a certified employment."""

    SOURCE = "orders_certifications_results"

    name: str | None


class CertifiedEmployment(Shape):
    """What the person saw of an employment."""

    SOURCE = "orders_certifications_results"

    id: Id
    start_date: Day | None
    pay_rate: Money | None
    pay_date: Annotated[Day | None, inferred("orders_certifications_results: the latest pay date; null where none is")]
    company: CertifiedCompany


class CertifiedOwner(Shape):
    """An owner of a certified account."""

    SOURCE = "orders_certifications_results"

    full_name: str | None


class CertifiedAccount(Shape):
    """What the person saw of a bank account."""

    SOURCE = "orders_certifications_results"

    id: Id
    type: str | None
    mask: str | None
    routing_number: str | None
    balance: Money | None
    owners: list[CertifiedOwner]


class CertificationResult(Shape):
    """What the person said of one employment or one account; the reference shows either key, never both."""

    SOURCE = "orders_certifications_results, self-certification guide"

    decision: DecisionWord
    rejection_reason: RejectionReason | UnsetType = UNSET
    rejection_comment: str | UnsetType = UNSET
    employment: CertifiedEmployment | UnsetType = UNSET
    account: CertifiedAccount | UnsetType = UNSET


class CertificationResults(Shape):
    """All that the person said of an order; not paged, empty before they have submitted it."""

    SOURCE = "orders_certifications_results"

    results: list[CertificationResult]


class Certification(Shape):
    """What the person said, as it stands on an employment or account of an order read with ``certification``."""

    SOURCE = "orders_read"

    decision: DecisionWord
    rejection_reason: RejectionReason | None
    rejection_comment: str | None
    certified_fields: Annotated[
        dict[str, Any], assumed("orders_read: certified data fields; the key's name is not known: those of the results")
    ]


class OrderEmployment(EitherEmployment, kw_only=True):
    """An employment in an order."""

    SOURCE = "orders_read"

    certification: Annotated[
        Certification | UnsetType | None, inferred("orders_read: with the query certification; null: not certified")
    ] = UNSET
