"""Reports of deposit switches (a user's and a link's) and of paycheck-linked loans."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from mock_truv.api import render
from mock_truv.api.call import Operation
from mock_truv.api.files import file_of
from mock_truv.api.shapes.deposit_switch import (
    ActingProvider,
    DepositDetails,
    DepositReport,
    InitialAccount,
    ReportedEmployer,
    SwitchedLink,
    UserDepositReport,
)
from mock_truv.core import deposits, records
from mock_truv.core.errors import NotFound
from mock_truv.core.instants import text_blank, text_z
from mock_truv.core.model import TaskStatus
from mock_truv.core.tasks import FINAL

if TYPE_CHECKING:
    from mock_truv.api.call import Call
    from mock_truv.api.files import FileKind
    from mock_truv.core.base import WorldBase
    from mock_truv.core.model import Deposit, Link, Task

PRODUCT, LOAN = "deposit_switch", "pll"
FILE_KINDS: dict[str, FileKind] = {PRODUCT: "deposit-report", LOAN: "loan-report"}
"""Product -> the kind of file that its report is on paper."""


def user_report(call: Call) -> UserDepositReport:
    """Return the latest deposit switch of each of a person's links; without any it is 404 (inferred).

    Paycheck-linked loans are not in it (inferred from its name).
    """
    state = call.world.state
    links = [state.links[link_id] for link_id in call.target.link_ids]
    found = [
        (link, done[-1])
        for link in links
        if link.deleted_us is None and (done := [each for each in link.deposits if each.product == PRODUCT])
    ]
    if not found:
        raise NotFound
    return UserDepositReport(
        completed_at=text_z(max(deposit.at_us for _, deposit in found)),
        links=[_switched(call.world, link, deposit) for link, deposit in found],
    )


def link_report(call: Call) -> DepositReport:
    """Return the latest deposit switch of a link, done or not; a link without any is 404 (assumed)."""
    return _report(call, PRODUCT)


def pll_report(call: Call) -> DepositReport:
    """Return the latest paycheck-linked loan of a link, done or not; a link without any is 404 (assumed)."""
    return _report(call, LOAN)


def _report(call: Call, product: str) -> DepositReport:
    shown = report_of(call.world, call.target, product)
    if shown is None:
        raise NotFound
    return shown


def report_of(world: WorldBase, link: Link, product: str) -> DepositReport | None:
    """Return the report of a link's latest deposit switch or paycheck-linked loan, None where there is none."""
    task = world.state.tasks.get(link.product_tasks.get(product, ""))
    if task is None or link.deleted_us is not None:
        return None
    ended_us = task.path_us[-1] if task.status in FINAL else None
    ident = records.object_id(world, link, f"{product}-report", task.id)
    return DepositReport(
        id=ident,
        status=render.reason(world, task.status, "link"),
        finished_at=render.moment(ended_us),
        completed_at=None if ended_us is None else text_blank(ended_us),
        access_token=link.access_token,
        tracking_info=task.tracking_info,
        is_suspicious=task.is_suspicious,
        deposit_details=_details(deposits.details(link, task, deposits.offer_of(world, task.provider_id))),
        initial_accounts=_initial_accounts(world, link, task),
        pdf_report=file_of(world, link.id)(FILE_KINDS[product], ident),
        provider=render.provider(world, link.provider_id),
        employer=_employer(world, link),
    )


def _switched(world: WorldBase, link: Link, deposit: Deposit) -> SwitchedLink:
    task = world.state.tasks[deposit.task_id]
    provider = render.provider(world, link.provider_id)
    return SwitchedLink(
        link_id=link.id,
        deposit_details=_details({key: getattr(deposit, key) for key in deposits.DETAILS}),
        tracking_info=task.tracking_info,
        access_token=link.access_token,
        provider=ActingProvider(
            id=provider.id, name=provider.name, logo_url=provider.logo_url, supported_bank_account_actions=["create"]
        ),
        employer=_employer(world, link),
        created_at=text_z(link.created_us),
        updated_at=text_z(max(deposit.at_us, link.created_us)),
    )


def _details(details: dict[str, str]) -> DepositDetails:
    return msgspec.convert(details, DepositDetails)


def _initial_accounts(world: WorldBase, link: Link, task: Task) -> list[InitialAccount] | None:
    """Return where the pay went before a switch, None while nobody has looked."""
    if TaskStatus.SWITCH_DEPOSIT not in task.path:
        return None
    looked_us = task.path_us[task.path.index(TaskStatus.SWITCH_DEPOSIT)]
    accounts = records.pay_accounts(world, link, looked_us)
    until_us = task.path_us[-1]
    return [
        InitialAccount(
            account_number=each.account_number,
            routing_number=each.routing_number,
            account_type="savings" if each.account_type == "savings" else "checking",
            account_name=each.account_name,
            bank_name=each.bank_name,
            deposit_type=deposits.in_words(each),
            deposit_value=deposits.in_letters(each)["deposit_value"],
        )
        for each in deposits.allocation(link, accounts, until_us, before=task.id)
    ]


def _employer(world: WorldBase, link: Link) -> ReportedEmployer | None:
    mapping = render.link(world, link).company_mapping
    if mapping.name is None:
        return None
    return ReportedEmployer(id=mapping.id, name=mapping.name, logo_url=mapping.logo_url)


OPERATIONS = (
    Operation(
        "GET", "/users/{user}/deposit_switch/report/", user_report, "dds-report-retrieve", answer=UserDepositReport,
        errors=(404,),
    ),
    Operation(
        "GET", "/links/{link}/direct_deposit/report/", link_report, "link_detail_reports_dds", answer=DepositReport,
        errors=(404,),
    ),
    Operation(
        "GET", "/links/{link}/deposit_switch/report/", link_report,
        "official sample code: the product's own name in the path", answer=DepositReport, basis="inferred",
        errors=(404,),
    ),
    Operation(
        "GET", "/links/{link}/pll/report/", pll_report,
        "DEMO, guide to paycheck-linked lending: as the report of a deposit switch", answer=DepositReport,
        errors=(404,),
    ),
)  # fmt: skip
