"""From a ledger to the shapes of bank data. What was posted is shown alike at every reading."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from zlib import crc32

import msgspec

from mock_truv.api.shapes import banking as shapes
from mock_truv.api.shapes import income_insights as income_shapes
from mock_truv.core.banking import CURRENCY, Account, Entry, IncomeSource, Ledger, days_available, income_sources
from mock_truv.core.banking.accounts import DEPOSITS
from mock_truv.core.banking.links import ledger_of, object_id, owner_of
from mock_truv.core.instants import date_of, text_seconds, text_z
from mock_truv.core.payroll.money import ZERO, cents, exact

if TYPE_CHECKING:
    from collections.abc import Sequence
    from decimal import Decimal

    from mock_truv.core.base import WorldBase
    from mock_truv.core.model import Link

MONTHS_A_YEAR = 12


@dataclass(frozen=True, slots=True)
class Bank:
    """A bank link as read at an instant, with its ledger."""

    world: WorldBase
    link: Link
    ledger: Ledger

    def ident(self, kind: str, key: str) -> str:
        """Return the identifier of an object of this link."""
        return object_id(self.world, self.link, kind, key)

    @property
    def provider_name(self) -> str:
        """The bank's name."""
        return self.world.state.providers[self.link.provider_id].name

    @property
    def created_at(self) -> str:
        """When the accounts were first seen."""
        return text_z(self.link.created_us)

    @property
    def updated_at(self) -> str:
        """When they were read."""
        return text_z(self.ledger.as_of_us)


def bank(world: WorldBase, link: Link, as_of_us: int) -> Bank:
    """Return a bank link as it was at an instant."""
    return Bank(world, link, ledger_of(world, link, as_of_us))


def balances(it: Bank, account: Account) -> shapes.Balances:
    """Return the balances of an account."""
    available = it.ledger.available(account)
    return shapes.Balances(
        currency_code=CURRENCY,
        balance=str(it.ledger.balance(account)),
        available_balance=None if available is None else str(available),
        credit_limit=None if account.credit_limit is None else str(account.credit_limit),
    )


def account_shown(it: Bank, account: Account) -> shapes.BankAccount:
    """Return an account."""
    return shapes.BankAccount(
        id=it.ident("account", account.key),
        created_at=it.created_at,
        updated_at=it.updated_at,
        type=account.type,
        subtype=account.subtype,
        mask=account.mask,
        nickname=account.nickname,
        balances=balances(it, account),
    )


def transaction(it: Bank, entry: Entry) -> shapes.Transaction:
    """Return a transaction. Its time stamps are those of the bank, not before the link was made (assumed)."""
    status = entry.status(it.ledger.as_of_us)
    first_us = it.link.created_us
    seen_us = entry.posted_us if status == "POSTED" else entry.transacted_us
    place = entry.place
    return shapes.Transaction(
        id=it.ident("transaction", entry.key),
        created_at=text_z(max(first_us, entry.transacted_us)),
        updated_at=text_z(max(first_us, seen_us)),
        account_id=it.ident("account", entry.account),
        external_id=f"tx-{crc32(f'{it.link.id}:{entry.key}'.encode()):010d}",
        amount=str(entry.amount),
        currency_code=CURRENCY,
        check_number=entry.check_number,
        categories=list(entry.categories),
        description=entry.description,
        merchant_name=entry.merchant,
        status=status,
        type=entry.type,
        posted_at=text_seconds(entry.posted_us) if status == "POSTED" else None,
        transacted_at=text_seconds(entry.transacted_us),
        memo=entry.memo,
        merchant_category_code=entry.code,
        location=None if place is None else shapes.Location(latitude=place[0], longitude=place[1]),
    )


def owners(it: Bank) -> list[shapes.AccountOwner]:
    """Return the one owner that every account has."""
    owner = owner_of(it.world, it.link)
    address = owner.address
    return [
        shapes.AccountOwner(
            id=it.ident("owner", "primary"),
            full_name=owner.full_name,
            email=owner.email,
            phone=owner.phone,
            address=shapes.OwnerAddress(
                street=address.street, city=address.city, state=address.state, zip=address.zip, country=address.country
            ),
            relation_type="PRIMARY",
        )
    ]


def income_source(it: Bank, source: IncomeSource) -> income_shapes.BankIncomeSource:
    """Return a source of income with its months."""
    return income_shapes.BankIncomeSource(
        start_date=str(source.first),
        end_date=str(source.last),
        account_id=it.ident("account", source.account.key),
        total_amount=str(source.total),
        transaction_count=len(source.entries),
        historical_summary=[
            income_shapes.IncomeMonth(
                start_date=str(bucket.first),
                end_date=str(bucket.last),
                total_amount=str(bucket.total),
                iso_currency_code=CURRENCY,
                transactions=[_deposit(it, entry) for entry in bucket.entries],
            )
            for bucket in source.buckets
        ],
        avg_deposit_amount=str(source.average),
        avg_gross_deposit_amount=_optional(source.average_gross),
        income_description=source.description,
        income_category=source.category,
        pay_frequency=source.frequency,
        next_payment_date=None if source.next_on is None else str(source.next_on),
        iso_currency_code=CURRENCY,
        historical_average_monthly_income=str(source.monthly),
        historical_average_monthly_gross_income=_optional(source.monthly_gross),
        forecasted_average_monthly_income=str(source.forecast),
    )


def _optional(amount: Decimal | None) -> str | None:
    return None if amount is None else str(amount)


def _deposit(it: Bank, entry: Entry) -> income_shapes.IncomeTransaction:
    return income_shapes.IncomeTransaction(
        amount=str(entry.amount),
        iso_currency_code=CURRENCY,
        date=str(date_of(entry.transacted_us)),
        check_number=entry.check_number,
        description=entry.description,
        pending=entry.posted_us > it.ledger.as_of_us,
        transaction_id=it.ident("transaction", entry.key),
    )


def income_summary(sources: Sequence[IncomeSource]) -> income_shapes.BankIncomeSummary:
    """Return the totals over sources; a year's income is twelve months of the average (assumed)."""
    with exact():
        monthly = sum((it.monthly for it in sources), ZERO)
        return income_shapes.BankIncomeSummary(
            start_date=str(min(it.first for it in sources)) if sources else None,
            end_date=str(max(it.last for it in sources)) if sources else None,
            income_sources_count=len(sources),
            income_categories_count=len({it.category for it in sources}),
            income_transactions_count=sum(len(it.entries) for it in sources),
            total_amounts=_amounts(sum((it.total for it in sources), ZERO)),
            historical_average_monthly_income=_amounts(monthly),
            forecasted_average_monthly_income=_amounts(sum((it.forecast for it in sources), ZERO)),
            historical_annual_income=_amounts(cents(monthly * MONTHS_A_YEAR)),
        )


def _amounts(amount: Decimal) -> list[income_shapes.CurrencyAmount]:
    return [income_shapes.CurrencyAmount(amount=str(amount), iso_currency_code=CURRENCY)]


def bank_income(it: Bank, days: int) -> income_shapes.BankIncomeReport:
    """Return the report of a link's income over the last ``days`` days."""
    sources = income_sources(it.ledger, days)
    task = it.world.state.tasks.get(it.link.last_task_id or "")
    return income_shapes.BankIncomeReport(
        status="success",
        completed_at=it.updated_at,
        days_requested=days,
        tracking_info=task.tracking_info if task else it.link.tracking_info,
        provider=it.link.provider_id,
        access_token=it.link.access_token,
        companies=list(dict.fromkeys(source.employer for source in sources if source.employer is not None)),
        accounts=[
            income_shapes.BankIncomeAccount(
                id=it.ident("account", account.key),
                created_at=it.created_at,
                updated_at=it.updated_at,
                type=account.type,
                subtype=account.subtype,
                mask=account.mask,
                nickname=account.nickname,
                days_available=days_available(it.ledger, account),
                owners=owners(it),
            )
            for account in it.ledger.accounts
            if account.type in DEPOSITS
        ],
        income=[income_source(it, source) for source in sources],
        summary=income_summary(sources),
        is_suspicious=it.link.is_suspicious,
    )


def investment_account(it: Bank, account: Account, value: Decimal) -> shapes.InvestmentAccount:
    """Return an investment account with the value of what it holds."""
    shown = msgspec.structs.asdict(account_shown(it, account))
    return shapes.InvestmentAccount(**shown, holdings_value=str(value))
