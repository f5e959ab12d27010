"""User-level asset reports (VOA): which of a person's bank links they show, as of when, and by which wishes.

A report is fixed when it is made: what it shows is worked out from what is kept here and from nothing later.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from mock_truv.core.banking import Ledger, accounts_of, end_of_day
from mock_truv.core.banking.links import banks_read, household_of, ledger_of, object_id
from mock_truv.core.errors import WrongInput
from mock_truv.core.instants import date_of
from mock_truv.core.model import AssetReport, Borrower, ReportEntry, Wishes
from mock_truv.core.model.reports import DEFAULT_DAYS, LEAST_DAYS, MOST_DAYS

if TYPE_CHECKING:
    from mock_truv.core.base import WorldBase
    from mock_truv.core.model import Link, Task, User

FHA_SHARE_OF_PRICE, SHARE_OF_INCOME = 100, 2
"""A deposit is large from 1 % of the sales price (FHA loans) or from half a month's income: rules of mortgage lending;
that the service follows them is assumed."""


def latest_changed(world: WorldBase, link: Link, task: Task) -> str | None:
    """Make the new VOA report that each completed connection of assets brings (orders events page); return its id.

    It follows what its refresh order asked for in ``reports.voa``, as far as that makes sense.
    """
    if task.product != "assets":
        return None
    order = world.state.orders.get(task.order_id or "")
    asked = (order.details.get("reports") or {}).get("voa") if order is not None else None
    user = world.state.users[link.user_id]
    return _make(world, user, wishes_in(asked if isinstance(asked, dict) else {}, date_of(world.now_us))).id


def create(world: WorldBase, user: User, wishes: Wishes) -> AssetReport:
    """Make a report of everything that the person's bank links have shown so far; it is the user's latest from now on.

    Raises:
        WrongInput: ``as_of_date`` is outside the 730 days before today, or an account is not one of the user's.
    """
    _check(world, user, wishes)
    return _make(world, user, wishes)


def _make(world: WorldBase, user: User, wishes: Wishes) -> AssetReport:
    borrower = Borrower(
        id=user.id, external_user_id=user.external_user_id, first_name=user.first_name, last_name=user.last_name,
        email=user.email, phone=user.phone, ssn=user.ssn, created_us=user.created_us, updated_us=user.updated_us,
    )  # fmt: skip
    report = AssetReport(
        id=world.new_id("asset-report"), user_id=user.id, created_us=world.now_us, wishes=wishes, borrower=borrower,
        entries=entries_now(world, user),
    )  # fmt: skip
    world.state.asset_reports[report.id] = report
    user.voa_report_id = report.id
    world.touch(user)
    world.happened("asset-report", report.id)
    return report


def entries_now(world: WorldBase, user: User) -> list[ReportEntry]:
    """Return the user's bank links, each with the instant of its last reading."""
    found = []
    for link in banks_read(world, user):
        assert link.read_us is not None, "only links that were read are found"
        task = world.state.tasks.get(link.last_task_id or "")
        tracking_info = task.tracking_info if task else link.tracking_info
        ident = world.new_id("bank-report-entry")
        found.append(ReportEntry(id=ident, link_id=link.id, read_us=link.read_us, tracking_info=tracking_info))
    return found


def as_of(report: AssetReport) -> date:
    """Return the day as of which a report shows balances: the one asked for, else that of its making."""
    asked = report.wishes.as_of_date
    return date_of(report.created_us) if asked is None else date.fromisoformat(asked)


def ledger(world: WorldBase, report: AssetReport, entry: ReportEntry) -> Ledger:
    """Return the accounts of one link of a report as the report has them."""
    at_us = min(entry.read_us, end_of_day(as_of(report)))
    return ledger_of(world, world.state.links[entry.link_id], at_us)


def threshold(
    *, fixed_amount: float | None, sales_price: float | None, qualifying_monthly_income: float | None,
    loan_type: str | None,
) -> int | None:  # fmt: skip
    """Return the dollars from which a deposit counts as large, None when nothing says so (order of rules assumed)."""
    if fixed_amount is not None:
        return int(fixed_amount)
    if sales_price is not None and (loan_type == "FHA" or qualifying_monthly_income is None):
        return int(sales_price) // FHA_SHARE_OF_PRICE
    if qualifying_monthly_income is not None:
        return int(qualifying_monthly_income) // SHARE_OF_INCOME
    return None


def wishes_in(asked: dict[str, Any], today: date) -> Wishes:
    """Return the wishes that a refresh order's ``reports.voa`` has; what makes no sense is left out (assumed)."""
    days, named = asked.get("days_requested"), asked.get("account_ids")
    limits = asked.get("large_deposit_threshold")
    given = limits if isinstance(limits, dict) else {}
    amounts = {
        name: given[name] if _is_amount(given.get(name)) else None
        for name in ("fixed_amount", "sales_price", "qualifying_monthly_income")
    }
    kind = given.get("loan_type")
    return Wishes(
        days_requested=days if isinstance(days, int) and LEAST_DAYS <= days <= MOST_DAYS else DEFAULT_DAYS,
        as_of_date=_day_in_reach(asked.get("as_of_date"), today),
        large_deposit_threshold=threshold(**amounts, loan_type=kind if isinstance(kind, str) else None),
        is_voe=asked.get("is_voe") is True,
        account_ids=[each for each in named if isinstance(each, str)] if isinstance(named, list) and named else None,
    )


def _day_in_reach(text: object, today: date) -> str | None:
    try:
        day = date.fromisoformat(text) if isinstance(text, str) else None
    except ValueError:
        return None
    return str(day) if day is not None and _in_reach(day, today) else None


def _in_reach(day: date, today: date) -> bool:
    return today - timedelta(days=MOST_DAYS) <= day <= today


def _is_amount(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < 1e15


def _check(world: WorldBase, user: User, wishes: Wishes) -> None:
    if wishes.as_of_date is not None:
        today, asked = date_of(world.now_us), date.fromisoformat(wishes.as_of_date)
        if not _in_reach(asked, today):
            first = today - timedelta(days=MOST_DAYS)
            raise WrongInput(("as_of_date", f"Must be a day from {first} to {today}, got {asked}"))
    if wishes.account_ids:
        known = {
            object_id(world, link, "account", account.key)
            for link in banks_read(world, user)
            for account in accounts_of(household_of(world, link), link.username)
        }
        unknown = [(f"account_ids[{at}]", ident) for at, ident in enumerate(wishes.account_ids) if ident not in known]
        if unknown:
            raise WrongInput(*((field, f"The user has no such account: {ident!r}") for field, ident in unknown))
