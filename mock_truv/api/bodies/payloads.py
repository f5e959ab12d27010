"""What the payload of a sandbox scenario has to be."""

from __future__ import annotations

from typing import Any

import msgspec

from mock_truv.api.bodies.common import Date, Ssn


class GivenAddress(msgspec.Struct):
    """An address in a payload."""

    street: str | None = None
    city: str | None = None
    state: str | None = None
    zip: str | None = None
    country: str | None = None


class GivenProfile(msgspec.Struct):
    """A person in a payload."""

    id: str | None = None
    first_name: str | None = None
    last_name: str | None = None
    middle_initials: str | None = None
    full_name: str | None = None
    email: str | None = None
    ssn: Ssn | None = None
    date_of_birth: Date | None = None
    home_address: GivenAddress | None = None


class GivenCompany(msgspec.Struct):
    """An employer in a payload."""

    name: str | None = None
    address: GivenAddress | None = None
    phone: str | None = None
    ein: str | None = None


class GivenStatement(msgspec.Struct):
    """A pay statement in a payload."""

    id: str | None = None
    pay_date: Date | None = None
    period_start: Date | None = None
    period_end: Date | None = None
    earnings: list[dict[str, Any]] | None = None
    earnings_ytd: list[dict[str, Any]] | None = None
    deductions: list[dict[str, Any]] | None = None
    deductions_ytd: list[dict[str, Any]] | None = None
    derived_fields: list[str] | None = None
    missing_data_fields: list[str] | None = None


class GivenEmployment(msgspec.Struct):
    """An employment in a payload; its other fields may have any form and are shown as they are."""

    id: str | None = None
    start_date: Date | None = None
    original_hire_date: Date | None = None
    end_date: Date | None = None
    is_active: bool | None = None
    dates_from_statements: bool | None = None
    derived_fields: list[str] | None = None
    missing_data_fields: list[str] | None = None
    profile: GivenProfile | None = None
    company: GivenCompany | None = None
    statements: list[GivenStatement] | None = None
    annual_income_summary: list[dict[str, Any]] | None = None
    w2s: list[dict[str, Any]] | None = None
    bank_accounts: list[dict[str, Any]] | None = None


class GivenFlags(msgspec.Struct):
    """What a payload says about fraud."""

    is_fraudulent: bool | None = None
    is_suspicious: bool | None = None


class PayrollPayload(msgspec.Struct):
    """What the payload of a payroll scenario has to be."""

    flags: GivenFlags | None = None
    employments: list[GivenEmployment] | None = None
