"""Answers about the banks of an order: an entry of ``financial_accounts``."""

from __future__ import annotations

from typing import Annotated

from msgspec import UNSET, UnsetType

from mock_truv.api.enums import DataSource, Product
from mock_truv.api.shapes.base import Id, Moment, Money, Shape, inferred
from mock_truv.api.shapes.certifications import Certification
from mock_truv.api.shapes.income_insights import BankIncomeSource
from mock_truv.api.shapes.tasks import Provider
from mock_truv.core.banking.accounts import AccountType
from mock_truv.core.model import SuborderStatus, TaskStatus

SHORTENED = "assets test page: the sample is shortened; as in employers"
CERTIFIED = "orders_read: with the query certification; null: not certified"


class OwnerName(Shape):
    """Who owns an account of an order."""

    SOURCE = "assets test page"

    full_name: str


class OrderAccount(Shape):
    """A bank account in an order."""

    SOURCE = "assets test page"

    id: Id
    type: AccountType
    subtype: str | None
    mask: str
    balance: Money
    owners: list[OwnerName]
    certification: Annotated[Certification | UnsetType | None, inferred(CERTIFIED)] = UNSET


class OrderIncomeSource(BankIncomeSource, kw_only=True):
    """A stream of income in an order."""

    SOURCE = "assets test page names the list and historical_summary; the other keys are those of income insights"
    BASIS = "inferred"

    certification: Annotated[Certification | UnsetType | None, inferred(CERTIFIED)] = UNSET


class FinancialAccount(Shape):
    """One bank of an order."""

    SOURCE = "assets test page"

    id: Id
    product_type: Product
    status: SuborderStatus
    suborder_number: Annotated[str | None, inferred(SHORTENED)]
    created_at: Annotated[Moment, inferred(SHORTENED)]
    bridge_token: Annotated[Id, inferred(SHORTENED)]
    link_id: Id | None
    access_token: Annotated[Id | None, inferred(SHORTENED)]
    data_source: DataSource | None
    provider: Annotated[Provider | None, inferred("assets test page: null until connected, as in employers")]
    is_suspicious: bool
    last_task_status: Annotated[TaskStatus | None, inferred("assets test page: null before the first login")]
    accounts: list[OrderAccount] | UnsetType = UNSET
    """As they were when the suborder was completed, none before; left out in lists, as employments are."""
    bank_income_sources: list[OrderIncomeSource] | UnsetType = UNSET
    """As ``accounts``."""
