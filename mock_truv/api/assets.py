"""Operations on asset reports (VOA) of a user."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

from mock_truv.api import render_banking as objects
from mock_truv.api.bodies.assets import CreateAssetReport
from mock_truv.api.call import Operation, Printed
from mock_truv.api.shapes.assets import AccountSummary, AssetAccount, AssetLink, AssetReport, AssetSummary, Borrower
from mock_truv.api.shapes.users import ReportQuery
from mock_truv.core import asset_reports as rules
from mock_truv.core.banking import ASSETS, average_balance, days_available, nsf_count
from mock_truv.core.errors import WrongInput
from mock_truv.core.instants import text_z
from mock_truv.core.model import Wishes
from mock_truv.core.model.reports import DEFAULT_DAYS
from mock_truv.core.payroll.money import ZERO, exact

if TYPE_CHECKING:
    from collections.abc import Iterable
    from decimal import Decimal

    from mock_truv.api.call import Call, Finder
    from mock_truv.api.render_banking import Bank
    from mock_truv.core import model
    from mock_truv.core.banking import Account
    from mock_truv.core.base import WorldBase
    from mock_truv.core.model import ReportEntry, User

AVERAGES = (30, 60, 90)

Figures = dict[str, "Decimal"]
"""``balance`` and those of ``avg_30``, ``avg_60``, ``avg_90`` that are shown."""


def create(call: Call) -> AssetReport:
    """Create an asset report; the answer is already the whole report."""
    body: CreateAssetReport = call.body
    if body.as_of_date is not None:
        _check_day(body.as_of_date)
    limits = body.large_deposit_threshold
    wishes = Wishes(
        days_requested=body.days_requested or DEFAULT_DAYS,
        as_of_date=body.as_of_date,
        large_deposit_threshold=None
        if limits is None
        else rules.threshold(
            fixed_amount=limits.fixed_amount,
            sales_price=limits.sales_price,
            qualifying_monthly_income=limits.qualifying_monthly_income,
            loan_type=limits.loan_type,
        ),
        is_voe=bool(body.is_voe),
        account_ids=body.account_ids or None,
    )
    return shown(call.world, rules.create(call.world, call.target, wishes))


def read(call: Call) -> AssetReport | Printed:
    """Return one asset report, as JSON or on paper."""
    report = shown(call.world, call.second)
    return Printed(title="Verification of assets", document=report) if call.params.fmt == "pdf" else report


def shown(world: WorldBase, report: model.AssetReport) -> AssetReport:
    """Return a report: every account of assets, balances as of its day, transactions of the days before it.

    Cards and loans are no assets, so they are left out (assumed). A report of employment (``is_voe``) has the
    deposits only (assumed).
    """
    links, figures = [], []
    for entry in report.entries:
        link = world.state.links[entry.link_id]
        if link.deleted_us is None:
            it = objects.Bank(world, link, rules.ledger(world, report, entry))
            accounts = [account for account in it.ledger.accounts if _is_wanted(it, account, report.wishes)]
            sums = [_figures(it, account, report.wishes.days_requested) for account in accounts]
            figures += sums
            if accounts:
                pairs = zip(accounts, sums, strict=True)
                links.append(_link(it, entry, [_account(it, each, sum_, report.wishes) for each, sum_ in pairs]))
    total = _total(figures, report.wishes.days_requested)
    return AssetReport(
        report_id=report.id,
        created_at=text_z(report.created_us),
        completed_at=text_z(report.created_us),
        days_requested=report.wishes.days_requested,
        as_of_date=str(rules.as_of(report)),
        large_deposit_threshold=report.wishes.large_deposit_threshold,
        is_voe=report.wishes.is_voe,
        borrower=_borrower(report.borrower),
        links=links,
        summary=AssetSummary(
            balance=str(total["balance"]), avg_30=_text(total, 30), avg_60=_text(total, 60), avg_90=_text(total, 90)
        ),
    )


def _link(it: Bank, entry: ReportEntry, accounts: list[AssetAccount]) -> AssetLink:
    return AssetLink(
        link_id=entry.link_id,
        created_at=it.created_at,
        updated_at=text_z(entry.read_us),
        tracking_info=entry.tracking_info,
        provider=it.link.provider_id,
        provider_name=it.provider_name,
        accounts=accounts,
    )


def _account(it: Bank, account: Account, figures: Figures, wishes: Wishes) -> AssetAccount:
    first = it.ledger.today - timedelta(days=wishes.days_requested - 1)
    base = objects.account_shown(it, account)
    return AssetAccount(
        id=base.id,
        created_at=base.created_at,
        updated_at=base.updated_at,
        type=base.type,
        subtype=base.subtype,
        mask=base.mask,
        nickname=base.nickname,
        routing_number=account.routing_number,
        days_available=days_available(it.ledger, account),
        nsf=nsf_count(it.ledger, account, wishes.days_requested),
        balances=base.balances,
        owners=objects.owners(it),
        summary=AccountSummary(avg_30=_text(figures, 30), avg_60=_text(figures, 60), avg_90=_text(figures, 90)),
        transactions=[
            objects.transaction(it, entry)
            for entry in it.ledger.entries_since(first)
            if entry.account == account.key and (entry.type == "CREDIT" or not wishes.is_voe)
        ],
    )


def _is_wanted(it: Bank, account: Account, wishes: Wishes) -> bool:
    if account.type not in ASSETS:
        return False
    return wishes.account_ids is None or it.ident("account", account.key) in wishes.account_ids


def _figures(it: Bank, account: Account, days: int) -> Figures:
    averages = {f"avg_{span}": average_balance(it.ledger, account, span) for span in AVERAGES if span <= days}
    return {"balance": it.ledger.balance(account), **averages}


def _total(figures: Iterable[Figures], days: int) -> Figures:
    total = {"balance": ZERO, **{f"avg_{span}": ZERO for span in AVERAGES if span <= days}}
    with exact():
        for each in figures:
            for name, amount in each.items():
                total[name] += amount
    return total


def _text(figures: Figures, span: int) -> str | None:
    amount = figures.get(f"avg_{span}")
    return None if amount is None else str(amount)


def _borrower(known: model.Borrower) -> Borrower:
    return Borrower(
        id=known.id,
        external_user_id=known.external_user_id,
        first_name=known.first_name,
        last_name=known.last_name,
        email=known.email,
        phone=known.phone,
        ssn=known.ssn,
        created_at=text_z(known.created_us),
        updated_at=text_z(known.updated_us),
    )


def _check_day(text: str) -> None:
    try:
        date.fromisoformat(text)
    except ValueError:
        raise WrongInput(("as_of_date", f"There is no such day: {text!r}")) from None


OPERATIONS = (
    Operation(
        "POST", "/users/{user}/assets/reports/", create, "assets-report-create; status inferred", CreateAssetReport,
        201, answer=AssetReport,
    ),
    Operation(
        "GET", "/users/{user}/assets/reports/{asset_report}/", read,
        "assets-report-retrieve; as PDF: report sizes page", pdf=True, query=ReportQuery, answer=AssetReport,
    ),
)  # fmt: skip


def _find_report(world: WorldBase, ident: str, user: User) -> model.AssetReport | None:
    report = world.state.asset_reports.get(ident)
    return report if report is not None and report.user_id == user.id else None


FINDERS: dict[str, Finder] = {"asset_report": _find_report}
