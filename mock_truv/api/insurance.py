"""Reports of insurance: all policies of a link, those of homes, those of cars."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from mock_truv.api import render
from mock_truv.api.call import Operation
from mock_truv.api.shapes.insurance import InsuranceReport, Policies, Policy
from mock_truv.core import insurance, records
from mock_truv.core.errors import NotFound

if TYPE_CHECKING:
    from mock_truv.api.call import Call

PRODUCT = "insurance"


def report(call: Call) -> InsuranceReport:
    """Return the policies of a link as it was read last, none before that; without insurance it is 404 (assumed)."""
    return _report(call, None)


def home_report(call: Call) -> InsuranceReport:
    """Return the policies of homes."""
    return _report(call, "dwellings")


def auto_report(call: Call) -> InsuranceReport:
    """Return the policies of cars."""
    return _report(call, "vehicles")


def _report(call: Call, insured: str | None) -> InsuranceReport:
    world, link = call.world, call.target
    task = world.state.tasks.get(link.product_tasks.get(PRODUCT, ""))
    if task is None or link.deleted_us is not None:
        raise NotFound
    found = [] if link.read_us is None else insurance.policies(world, link, link.read_us)
    if insured is not None:
        found = [each for each in found if each[insured]]
    return InsuranceReport(
        id=records.object_id(world, link, "insurance-report", task.id),
        status=render.reason(world, task.status, "link"),
        access_token=link.access_token,
        tracking_info=task.tracking_info,
        insurance=Policies(policies=msgspec.convert(found, list[Policy])),
    )


OPERATIONS = (
    Operation(
        "GET", "/links/{link}/insurance/report/", report, "link_detail_reports_insurance", answer=InsuranceReport,
        errors=(404,),
    ),
    Operation(
        "GET", "/links/{link}/insurance/report/home/", home_report,
        "link_detail_reports_insurance_home", answer=InsuranceReport, errors=(404,),
    ),
    Operation(
        "GET", "/links/{link}/insurance/report/auto/", auto_report,
        "from the path of the home part", answer=InsuranceReport, basis="inferred", errors=(404,),
    ),
)  # fmt: skip
