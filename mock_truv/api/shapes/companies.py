"""Answers about employers and data providers."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta

from mock_truv.api.enums import Product
from mock_truv.api.shapes.base import Id, Paged, Shape, Url, assumed, inferred
from mock_truv.core.catalog import DepositType, MappingStatus, ProviderSource, SuccessRate

Confidence = Annotated[str, Meta(pattern=r"^(0(\.\d+)?|1)$")]
"""From ``0`` to ``1``, a decimal number as text; 0.5 and more count as high."""
SERVICE = "companies and data-providers objects"
ROUTING = "null: too few attempts so far"


class SignOn(Shape):
    """The single sign-on service of an employer's people."""

    SOURCE = "another vendor's copy of company_autocomplete_search"
    BASIS = "inferred"

    name: str


class CompanySuggestion(Shape):
    """An employer that a search found."""

    SOURCE = "company_autocomplete_search"

    company_mapping_id: Id | None
    name: str
    domain: str | None
    logo_url: Url | None
    success_rate: Annotated[SuccessRate | None, Meta(description=ROUTING)]
    confidence_level: Confidence
    sso: Annotated[SignOn | None, inferred("another vendor's copy of company_autocomplete_search")]


class Company(Shape):
    """An employer joined to the payroll system it uses."""

    SOURCE = "company_mapping, companies object"

    company_mapping_id: Id | None
    name: str
    domain: str | None
    logo_url: Url | None
    success_rate: Annotated[SuccessRate | None, Meta(description=ROUTING)]
    confidence_level: Confidence
    mapping_status: MappingStatus


class DepositSwitch(Shape):
    """What deposits the employer's payroll system can be told to make."""

    SOURCE = "company_info"

    max_number: int
    deposit_types: list[DepositType]
    amount_precision: str
    percent_precision: str


class FillRates(Shape):
    """Share of connections in which each field was present, from 0 to 1."""

    SOURCE = "company_info"

    job_title: float
    job_type: float
    is_active: float
    start_date: float
    original_hire_date: float
    income: float
    income_unit: float
    pay_frequency: float
    w2s: float
    paystubs: float


class Features(Shape):
    """What a payroll system can do, and what it usually tells."""

    SOURCE = "company_info"

    deposit_switch: DepositSwitch
    fill_rates: FillRates


class CompanyInfo(Company, kw_only=True):
    """An employer with the features of its payroll system."""

    SOURCE = "company_info"

    features: Features


class ListedProvider(Shape):
    """A payroll system, bank, insurer or other place that data come from."""

    SOURCE = "data-providers object"

    id: str
    name: str
    logo_url: Url | None
    data_source: Annotated[ProviderSource, inferred("data-providers object: filter and note; its form is not shown")]
    product_types: Annotated[list[Product], assumed("data-providers object speaks of them; name and form not shown")]
    is_disabled: bool
    """Temporarily off: here while the provider is down."""
    success_rate: Annotated[SuccessRate | None, Meta(description=ROUTING)]
    is_supported: Annotated[bool, inferred("companies-and-data-providers, older; here: success_rate not unsupported")]
    supported_bank_account_actions: Annotated[list[str], inferred("provider object of the deposit switch report")]
    features: Annotated[Features, assumed("data-providers object names them; here those of company_info")]


class PayrollProvider(Shape):
    """A payroll system that offers a product."""

    SOURCE = "companies-and-data-providers, older"
    BASIS = "assumed"

    id: str
    name: str
    logo_url: Url | None
    is_supported: bool


class CompanySearchQuery(msgspec.Struct, kw_only=True):
    """The query of the company search; without ``query`` nothing is found (assumed)."""

    query: str | None = None
    """Name, domain or synonym: the beginning, or misspelt."""
    product_type: Annotated[Product | None, inferred("another vendor's copy: only those of payroll; here all")] = None


class CompanyQuery(msgspec.Struct, kw_only=True):
    """The query of one company: for which product ``success_rate`` is asked."""

    product_type: Product | None = None


class ProviderQuery(Paged):
    """The query of the provider list."""

    query: str | None = None
    product_type: Product | None = None
    data_source: ProviderSource | None = None
