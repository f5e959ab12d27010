"""Operations on income insights reports of a user."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mock_truv.api import render_banking as objects
from mock_truv.api.bodies.income_insights import CreateIncomeInsights
from mock_truv.api.call import Operation, Printed
from mock_truv.api.shapes.income_insights import IncomeAccount, IncomeInsights, IncomeLink
from mock_truv.api.shapes.users import ReportQuery
from mock_truv.core import income_insights as rules
from mock_truv.core.banking import days_available, income_sources
from mock_truv.core.banking.accounts import DEPOSITS
from mock_truv.core.instants import text_z

if TYPE_CHECKING:
    from mock_truv.api.call import Call, Finder
    from mock_truv.api.render_banking import Bank
    from mock_truv.core import model
    from mock_truv.core.banking import IncomeSource
    from mock_truv.core.base import WorldBase
    from mock_truv.core.model import ReportEntry, User


def create(call: Call) -> IncomeInsights:
    """Create an income insights report; the answer is already the whole report."""
    body: CreateIncomeInsights = call.body
    purpose = body.consumer_report_permissible_purpose
    return shown(call.world, rules.create(call.world, call.target, body.days_requested, purpose))


def read(call: Call) -> IncomeInsights | Printed:
    """Return one income insights report, as JSON or on paper."""
    report = shown(call.world, call.second)
    return Printed(title="Income insights", document=report) if call.params.fmt == "pdf" else report


def shown(world: WorldBase, report: model.IncomeInsightsReport) -> IncomeInsights:
    """Return a report: the income of every bank that still has its data, and what it comes to together."""
    links: list[IncomeLink] = []
    everything: list[IncomeSource] = []
    for entry in report.entries:
        link = world.state.links[entry.link_id]
        if link.deleted_us is None:
            it = objects.bank(world, link, entry.read_us)
            sources = income_sources(it.ledger, report.days_requested)
            links.append(_link(it, entry, sources))
            everything += sources
    return IncomeInsights(
        report_id=report.id,
        created_at=text_z(report.created_us),
        completed_at=text_z(report.created_us),
        days_requested=report.days_requested,
        links=links,
        bank_income_summary=objects.income_summary(everything),
    )


def _link(it: Bank, entry: ReportEntry, sources: list[IncomeSource]) -> IncomeLink:
    return IncomeLink(
        link_id=entry.link_id,
        created_at=it.created_at,
        updated_at=text_z(entry.read_us),
        provider=it.link.provider_id,
        provider_name=it.provider_name,
        tracking_info=entry.tracking_info,
        accounts=[
            IncomeAccount(
                id=it.ident("account", account.key),
                mask=f"****{account.mask}",
                nickname=account.nickname,
                type=account.type,
                subtype=account.subtype,
                days_available=days_available(it.ledger, account),
                owners=objects.owners(it),
            )
            for account in it.ledger.accounts
            if account.type in DEPOSITS
        ],
        bank_income_sources=[objects.income_source(it, source) for source in sources],
    )


OPERATIONS = (
    Operation(
        "POST", "/users/{user}/income_insights/reports/", create, "income-insights-report-create; status inferred",
        CreateIncomeInsights, 201, answer=IncomeInsights,
    ),
    Operation(
        "GET", "/users/{user}/income_insights/reports/{income_insights_report}/", read,
        "income-insights-report-retrieve; as PDF: report sizes page", pdf=True, query=ReportQuery,
        answer=IncomeInsights,
    ),
)  # fmt: skip


def _find_report(world: WorldBase, ident: str, user: User) -> model.IncomeInsightsReport | None:
    report = world.state.income_insights_reports.get(ident)
    return report if report is not None and report.user_id == user.id else None


FINDERS: dict[str, Finder] = {"income_insights_report": _find_report}
