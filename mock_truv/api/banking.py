"""Operations on the data of a bank link: transactions, balances, numbers, liabilities, investments, statements, income.

Each shows what the link's last complete reading brought, and nothing before there was one. A link that is not a bank's,
or was deleted, has none of it: 404 (assumed), as where the profile says that data stand in orders (K-REPORT).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mock_truv.api import render_banking as objects
from mock_truv.api import render_banking_details as details
from mock_truv.api.call import Operation, instant_given
from mock_truv.api.pages import page
from mock_truv.api.shapes import banking as shapes
from mock_truv.api.shapes.base import Moment, Page, Paged
from mock_truv.api.shapes.income_insights import BankIncomeReport
from mock_truv.core.banking import Account
from mock_truv.core.banking.accounts import DEPOSITS, OWED
from mock_truv.core.banking.days import end_of_day, instant, last_of, month_number
from mock_truv.core.banking.links import is_bank
from mock_truv.core.errors import NotFound
from mock_truv.core.instants import DAY_US
from mock_truv.core.model.reports import DEFAULT_DAYS
from mock_truv.core.payroll.money import ZERO

if TYPE_CHECKING:
    from collections.abc import Collection

    from mock_truv.api.call import Call
    from mock_truv.api.render_banking import Bank
    from mock_truv.core.model import Link

HISTORY_DAYS = 730
"""Transactions of so many days before the reading are listed (the longest history that a report may ask for)."""


class TransactionQuery(Paged, kw_only=True):
    """Query of the list of transactions; lists are separated by commas, and what is given restricts together."""

    account_ids: str | None = None
    categories: str | None = None
    account_types: str | None = None
    transacted_at_from: Moment | None = None


class InvestmentQuery(Paged, kw_only=True):
    """Query of the list of holdings; lists are separated by commas."""

    account_ids: str | None = None
    account_subtypes: str | None = None
    holding_types: str | None = None


def list_transactions(call: Call) -> shapes.Transactions:
    """Return a page of transactions, newest first, with the accounts that the filters leave."""
    query: TransactionQuery = call.params
    since_us = instant_given(call, "transacted_at_from")
    it = _read(call)
    if it is None:
        return shapes.Transactions(count=0, next=None, previous=None, accounts=[], transactions=[])
    accounts = [account for account in it.ledger.accounts if _fits(it, account, query.account_ids)]
    types, categories = _listed(query.account_types), _listed(query.categories)
    accounts = [account for account in accounts if types is None or account.type.casefold() in types]
    wanted = {account.key for account in accounts}
    first_us = max(instant(it.ledger.today) - HISTORY_DAYS * DAY_US, since_us or 0)
    entries = [
        entry
        for entry in it.ledger.entries
        if entry.account in wanted
        and entry.transacted_us >= first_us
        and (categories is None or any(each.casefold() in categories for each in entry.categories))
    ]
    found = page(call, entries, lambda entry: objects.transaction(it, entry))
    return shapes.Transactions(
        count=found.count,
        next=found.next,
        previous=found.previous,
        accounts=[objects.account_shown(it, account) for account in accounts],
        transactions=found.results,
    )


def list_balances(call: Call) -> Page[shapes.BankAccount]:
    """Return the accounts with their balances."""
    it = _read(call)
    accounts = it.ledger.accounts if it is not None else ()
    return page(call, accounts, lambda account: objects.account_shown(_sure(it), account))


def read_auth(call: Call) -> shapes.Auth:
    """Return account and routing numbers of the deposit accounts."""
    it = _read(call)
    if it is None:
        return shapes.Auth(accounts=[])
    return shapes.Auth(
        accounts=[details.numbered(it, account) for account in it.ledger.accounts if account.type in DEPOSITS]
    )


def read_liabilities(call: Call) -> shapes.Liabilities:
    """Return what is owed on cards and loans, and when how much of it is due."""
    it = _read(call)
    owed = [account for account in it.ledger.accounts if account.type in OWED] if it is not None else []
    return shapes.Liabilities(
        accounts=[objects.account_shown(_sure(it), account) for account in owed],
        liabilities=shapes.LiabilityDetails(
            credit=[details.credit(_sure(it), account) for account in owed if account.type == "CREDIT_CARD"],
            loans=[details.loan(_sure(it), account) for account in owed if account.type != "CREDIT_CARD"],
        ),
    )


def list_investments(call: Call) -> shapes.Investments:
    """Return a page of holdings, with the accounts they are in."""
    query: InvestmentQuery = call.params
    it = _read(call)
    if it is None:
        return shapes.Investments(count=0, next=None, previous=None, accounts=[], holdings=[])
    subtypes, kinds = _listed(query.account_subtypes), _listed(query.holding_types)
    accounts = [
        account
        for account in it.ledger.accounts
        if account.type == "INVESTMENT"
        and _fits(it, account, query.account_ids)
        and (subtypes is None or (account.subtype or "").casefold() in subtypes)
    ]
    held = {account: it.ledger.holdings(account) for account in accounts}
    shown = [
        (account, each)
        for account in accounts
        for each in held[account]
        if kinds is None or each.paper.type.casefold() in kinds
    ]
    found = page(call, shown, lambda pair: details.holding(it, *pair))
    return shapes.Investments(
        count=found.count,
        next=found.next,
        previous=found.previous,
        accounts=[
            objects.investment_account(it, account, sum((each.value for each in held[account]), ZERO))
            for account in accounts
        ],
        holdings=found.results,
    )


def list_bank_statements(call: Call) -> Page[shapes.BankStatement]:
    """Return one statement for each account and month that is over, newest first."""
    it = _read(call)
    if it is None:
        return page(call, [], lambda none: none)
    today = it.ledger.today
    months = range(month_number(today) - 1, it.ledger.household.first_month - 1, -1)
    papers = [
        (account, month)
        for month in months
        if end_of_day(last_of(month)) < it.ledger.as_of_us
        for account in it.ledger.accounts
        if account.type != "INVESTMENT"
    ]
    return page(call, papers, lambda paper: _statement(it, *paper))


def read_bank_income(call: Call) -> BankIncomeReport:
    """Return the latest report of the link's income; it is ``processing`` until the link was read."""
    it = _read(call)
    if it is not None:
        return objects.bank_income(it, DEFAULT_DAYS)
    link: Link = call.target
    return BankIncomeReport(
        status="processing",
        completed_at=None,
        days_requested=DEFAULT_DAYS,
        tracking_info=link.tracking_info,
        provider=link.provider_id,
        access_token=link.access_token,
        companies=[],
        accounts=[],
        income=[],
        summary=objects.income_summary([]),
        is_suspicious=link.is_suspicious,
    )


def _read(call: Call) -> Bank | None:
    """Return the link as it was last read, None before that.

    Raises:
        NotFound: It has no bank data, or not any more.
    """
    link: Link = call.target
    if not is_bank(link) or link.deleted_us is not None or call.world.state.profile.report_place == "order":
        raise NotFound
    return None if link.read_us is None else objects.bank(call.world, link, link.read_us)


def _sure(it: Bank | None) -> Bank:
    assert it is not None, "where nothing was read there is nothing to show"
    return it


def _listed(text: str | None) -> Collection[str] | None:
    """Return the words of a list with commas, without regard to case; None when there is no list."""
    return None if text is None else {each.strip().casefold() for each in text.split(",")}


def _fits(it: Bank, account: Account, account_ids: str | None) -> bool:
    wanted = _listed(account_ids)
    return wanted is None or it.ident("account", account.key) in wanted


def _statement(it: Bank, account: Account, month: int) -> shapes.BankStatement:
    day = last_of(month)
    return shapes.BankStatement(
        id=it.ident("statement", f"{account.key}:{day}"),
        external_id=f"{day:%Y%m%d}{account.mask}",
        statement_date=str(day),
        account_id=it.ident("account", account.key),
        file=None,
    )


OPERATIONS = (
    Operation(
        "GET", "/links/{link}/transactions/", list_transactions, "link-bank-data-transactions",
        query=TransactionQuery, answer=shapes.Transactions,
    ),
    Operation("GET", "/links/{link}/balances/", list_balances, "balances-list", query=Paged,
              answer=Page[shapes.BankAccount]),
    Operation("GET", "/links/{link}/auth/", read_auth, "auth/object", answer=shapes.Auth),
    Operation("GET", "/links/{link}/liabilities/", read_liabilities, "link_liabilities", answer=shapes.Liabilities),
    Operation("GET", "/links/{link}/investments/", list_investments, "link-investments-list", query=InvestmentQuery,
              answer=shapes.Investments),
    Operation("GET", "/links/{link}/bank_statements/", list_bank_statements, "link-bank-statements", query=Paged,
              answer=Page[shapes.BankStatement]),
    Operation("GET", "/links/{link}/income/transactions/reports/", read_bank_income, "bank-income-report-retrieve",
              answer=BankIncomeReport),
)  # fmt: skip
