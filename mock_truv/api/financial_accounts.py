"""The banks of an order, as it shows them: with their accounts, not with employments (assets test page)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import UNSET
from msgspec.structs import asdict

from mock_truv.api import render_banking as objects
from mock_truv.api.shapes.financial_accounts import FinancialAccount, OrderAccount, OrderIncomeSource, OwnerName
from mock_truv.core.banking import income_sources
from mock_truv.core.model.reports import DEFAULT_DAYS

if TYPE_CHECKING:
    from mock_truv.api.render_banking import Bank
    from mock_truv.api.shapes.orders import Suborder
    from mock_truv.core import model
    from mock_truv.core.base import WorldBase


def financial_account(
    world: WorldBase, it: model.Suborder, shown: Suborder, seen_us: int, *, listed: bool = False
) -> FinancialAccount:
    """Return an entry of ``financial_accounts``.

    ``shown`` is the suborder as an employer would be shown, from which it takes what both have; ``seen_us`` is the
    instant that is shown. In lists the data are left out.
    """
    bank = None if listed else _bank(world, it, seen_us)
    return FinancialAccount(
        id=it.id,
        product_type=it.product,
        status=shown.status,
        suborder_number=it.suborder_number,
        created_at=shown.created_at,
        bridge_token=it.bridge_token,
        link_id=it.link_id,
        access_token=shown.access_token,
        data_source=shown.data_source,
        provider=shown.provider,
        is_suspicious=shown.is_suspicious,
        last_task_status=shown.tasks[-1].status if shown.tasks else None,
        accounts=UNSET if listed else [] if bank is None else _accounts(bank),
        bank_income_sources=UNSET if listed else [] if bank is None else _incomes(bank),
    )


def _bank(world: WorldBase, it: model.Suborder, seen_us: int) -> Bank | None:
    """Return the bank as it was read for a suborder, None before that, after its end, and where orders show no data."""
    link = world.state.links.get(it.link_id or "")
    if link is None or link.deleted_us is not None or world.state.profile.report_place == "link":
        return None
    return None if it.completed_us is None or it.completed_us > seen_us else objects.bank(world, link, it.completed_us)


def _accounts(bank: Bank) -> list[OrderAccount]:
    owners = [OwnerName(full_name=each.full_name) for each in objects.owners(bank)]
    return [
        OrderAccount(
            id=bank.ident("account", account.key),
            type=account.type,
            subtype=account.subtype,
            mask=account.mask,
            balance=str(bank.ledger.balance(account)),
            owners=owners,
        )
        for account in bank.ledger.accounts
    ]


def _incomes(bank: Bank) -> list[OrderIncomeSource]:
    """Return the income of the usual number of days (assumed)."""
    found = income_sources(bank.ledger, DEFAULT_DAYS)
    return [OrderIncomeSource(**asdict(objects.income_source(bank, each))) for each in found]
