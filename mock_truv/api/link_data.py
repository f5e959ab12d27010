"""Operations on the single objects of a payroll link: employments, identity, statements, shifts, tax documents.

Each shows what the link's last complete reading brought. A deleted link has none of it (404, as its reports), nor is it
read by link where the profile says that data stand in orders (K-REPORT).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from msgspec import Meta

from mock_truv.api import render_payroll as render
from mock_truv.api.bodies.common import Date
from mock_truv.api.call import Operation
from mock_truv.api.files import file_of
from mock_truv.api.pages import page
from mock_truv.api.shapes.base import Page, Paged
from mock_truv.api.shapes.payroll import BankAccount, BareEmployment, Profile, Shift, Statement, TaxDocument
from mock_truv.core import link_data
from mock_truv.core.errors import NotFound, WrongInput

if TYPE_CHECKING:
    from mock_truv.api.call import Call, Finder
    from mock_truv.core.base import WorldBase
    from mock_truv.core.model import Link


class ShiftQuery(Paged, kw_only=True):
    """Query of the list of shifts: those that begin within two days, both included (inferred)."""

    start_date_from: Annotated[Date, Meta(description="a date, YYYY-MM-DD")] | None = None
    start_date_to: Annotated[Date, Meta(description="a date, YYYY-MM-DD")] | None = None


def list_employments(call: Call) -> list[BareEmployment]:
    """Return the employments of a link, without person and papers."""
    return [render.bare_employment(each) for each in link_data.employments(call.world, _readable(call))]


def read_employment(call: Call) -> BareEmployment:
    """Return the latest employment; 404 while there is none."""
    found = link_data.latest_employment(call.world, _readable(call))
    if found is None:
        raise NotFound
    return render.bare_employment(found)


def read_identity(call: Call) -> Profile:
    """Return the person as the provider knows them; 404 while nothing was read."""
    found = link_data.identity(call.world, _readable(call))
    if found is None:
        raise NotFound
    return render.profile(found)


def list_statements(call: Call) -> Page[Statement]:
    """Return the pay statements of a link, newest first."""
    file = file_of(call.world, call.target.id)
    found = link_data.statements(call.world, _readable(call))
    return page(call, found, lambda it: render.statement(it, file))


def read_statement(call: Call) -> Statement:
    """Return one pay statement."""
    return render.statement(call.second, file_of(call.world, call.target.id))


def list_shifts(call: Call) -> Page[Shift]:
    """Return the shifts of a link, newest first."""
    query: ShiftQuery = call.params
    first, last = query.start_date_from, query.start_date_to
    if first is not None and last is not None and first > last:
        raise WrongInput(("start_date_to", f"Must not be before start_date_from {first}, got {last}"))
    found = [
        each
        for each in link_data.shifts(call.world, _readable(call))
        if (first is None or each["start_date"] >= first) and (last is None or each["start_date"] <= last)
    ]
    return page(call, found, render.shift)


def list_tax_documents(call: Call) -> list[TaxDocument]:
    """Return the tax documents of a link, newest year first."""
    file = file_of(call.world, call.target.id)
    return [render.tax_document(each, file) for each in link_data.tax_documents(call.world, _readable(call))]


def read_tax_document(call: Call) -> TaxDocument:
    """Return one tax document."""
    return render.tax_document(call.second, file_of(call.world, call.target.id))


def list_bank_accounts(call: Call) -> list[BankAccount]:
    """Return the accounts that pay goes to."""
    return render.bank_accounts(link_data.bank_accounts(call.world, _readable(call)))


def _is_readable(world: WorldBase, link: Link) -> bool:
    return link.deleted_us is None and world.state.profile.report_place != "order"


def _readable(call: Call) -> Link:
    """Return the link of a call.

    Raises:
        NotFound: Its data are gone, or are not read by link.
    """
    link: Link = call.target
    if not _is_readable(call.world, link):
        raise NotFound
    return link


def _find_statement(world: WorldBase, ident: str, link: Link) -> dict[str, Any] | None:
    found = link_data.statements(world, link) if _is_readable(world, link) else []
    return next((each for each in found if each["id"] == ident), None)


def _find_tax_document(world: WorldBase, ident: str, link: Link) -> dict[str, Any] | None:
    found = link_data.tax_documents(world, link) if _is_readable(world, link) else []
    return next((each for each in found if each["id"] == ident), None)


OPERATIONS = (
    Operation(
        "GET", "/links/{link}/employments/", list_employments, "link-employments", answer=list[BareEmployment],
    ),
    Operation(
        "GET", "/links/{link}/employment/", read_employment, "older employment page: the latest one",
        basis="inferred", answer=BareEmployment,
    ),
    Operation("GET", "/links/{link}/identity/", read_identity, "link-identity", answer=Profile),
    Operation(
        "GET", "/links/{link}/statements/", list_statements, "link-statements", query=Paged, answer=Page[Statement],
    ),
    Operation(
        "GET", "/links/{link}/statements/{statement}/", read_statement, "retrieve-statement", answer=Statement,
    ),
    Operation("GET", "/links/{link}/shifts/", list_shifts, "link-shifts", query=ShiftQuery, answer=Page[Shift]),
    Operation(
        "GET", "/links/{link}/tax/", list_tax_documents, "tax-documents; path inferred", answer=list[TaxDocument],
    ),
    Operation("GET", "/links/{link}/tax/{tax_document}/", read_tax_document, "tax-document", answer=TaxDocument),
    Operation(
        "GET", "/links/{link}/bank_accounts/", list_bank_accounts, "bank-accounts object; path from an inventory",
        basis="inferred", answer=list[BankAccount],
    ),
)  # fmt: skip
FINDERS: dict[str, Finder] = {"statement": _find_statement, "tax_document": _find_tax_document}
