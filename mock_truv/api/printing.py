"""The files behind the addresses of ``api/files``: sheets with the figures of one object, made when they are asked for.

No keys are needed, as with the service's pre-signed addresses: they name a link, whose id cannot be guessed. They
answer as long as the link has its data.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from mock_truv.api import deposit_switch, documents, link_data, render
from mock_truv.api.call import Printed
from mock_truv.api.files import FOLDER, FileKind
from mock_truv.core import records
from mock_truv.core.errors import DetailError, NotFound

if TYPE_CHECKING:
    from collections.abc import Callable

    from mock_truv.api.call import Request
    from mock_truv.core.base import WorldBase
    from mock_truv.core.model import Link, Report

    Sheet = Callable[[WorldBase, Link, str], Printed | None]

_ADDRESS = re.compile(rf"{FOLDER}/([0-9a-f]{{32}})/([a-z0-9-]+)/([0-9a-f]{{32}}(?:-\d{{4}})?)\.pdf")


def is_file(path: str) -> bool:
    """Return whether a path is below the folder of files."""
    return path.startswith(f"{FOLDER}/")


def link_of(path: str) -> str | None:
    """Return the id of the link that an address names, None where it is no address of ours."""
    matched = _ADDRESS.fullmatch(path)
    return matched[1] if matched else None


def read_file(world: WorldBase, request: Request) -> Printed:
    """Return the file at an address.

    Raises:
        NotFound: There is none, or its link's data are gone.
        DetailError: 405, it is not read.
    """
    matched = _ADDRESS.fullmatch(request.path)
    link = world.state.links.get(matched[1]) if matched else None
    if matched is None or link is None or link.deleted_us is not None or matched[2] not in SHEETS:
        raise NotFound
    if request.method not in {"GET", "HEAD"}:
        raise DetailError(405, f'Method "{request.method}" not allowed.', {"allow": "GET, HEAD"})
    printed = SHEETS[matched[2]](world, link, matched[3])
    if printed is None:
        raise NotFound
    return printed


def _statement(world: WorldBase, link: Link, ident: str) -> Printed | None:
    for employment in _employments(world, link):
        for each in employment["statements"]:
            if each["id"] == ident:
                return Printed("Pay statement", {**_parties(employment), **each})
    return None


def _w2(world: WorldBase, link: Link, ident: str) -> Printed | None:
    for employment in _employments(world, link):
        for each in employment["w2s"]:
            if f"{employment['id']}-{each['year']}" == ident:
                return Printed(f"Form W-2, {each['year']}", {**_parties(employment), **each})
    return None


def _tax_document(world: WorldBase, link: Link, ident: str) -> Printed | None:
    found = link_data.FINDERS["tax_document"](world, ident, link)
    return None if found is None else Printed(f"Tax document, {found['year']}", found)


def _document(world: WorldBase, link: Link, ident: str) -> Printed | None:
    """Return a sheet about an uploaded file; what was in it is not kept."""
    paper = documents.FINDERS["uploaded_document"](world, ident, link)
    if paper is None:
        return None
    file, document = paper
    facts = {
        "filename": file.filename,
        "document_type": document.document_type,
        "document_subtype": document.document_subtype,
        "md5sum": file.facts.md5sum,
        "size_bytes": file.facts.size_bytes,
    }
    return Printed("Uploaded document", facts)


def _link_report(world: WorldBase, link: Link, ident: str) -> Printed | None:
    shown = render.link_report(world, link)
    return Printed("Income and employment of one connection", shown) if shown.id == ident else None


def _link_voe_report(world: WorldBase, link: Link, ident: str) -> Printed | None:
    shown = render.link_voe_report(world, link)
    return Printed("Employment of one connection", shown) if shown.id == ident else None


def _deposit_report(world: WorldBase, link: Link, ident: str) -> Printed | None:
    shown = deposit_switch.report_of(world, link, deposit_switch.PRODUCT)
    return Printed("Deposit switch", shown) if shown is not None and shown.id == ident else None


def _loan_report(world: WorldBase, link: Link, ident: str) -> Printed | None:
    shown = deposit_switch.report_of(world, link, deposit_switch.LOAN)
    return Printed("Paycheck-linked loan", shown) if shown is not None and shown.id == ident else None


def _report(world: WorldBase, link: Link, ident: str) -> Printed | None:
    report = world.state.reports.get(ident)
    if report is None or link.id not in {entry.link_id for entry in report.entries}:
        return None
    return printed_report(world, report)


def printed_report(world: WorldBase, report: Report) -> Printed:
    """Return a user's VOIE or VOE report on paper."""
    title = "Verification of employment" if report.is_voe else "Verification of income and employment"
    return Printed(title, render.report(world, report))


def _employments(world: WorldBase, link: Link) -> list[dict[str, Any]]:
    return [] if link.read_us is None else records.employments(world, link, link.read_us, voe=False)


def _parties(employment: dict[str, Any]) -> dict[str, str]:
    return {"employee": employment["profile"]["full_name"], "employer": employment["company"]["name"]}


SHEETS: dict[FileKind | str, Sheet] = {
    "statement": _statement,
    "w2": _w2,
    "tax-document": _tax_document,
    "document": _document,
    "income-report": _link_report,
    "employment-report": _link_voe_report,
    "deposit-report": _deposit_report,
    "loan-report": _loan_report,
    "report": _report,
}
"""Kind of file, as in its address -> how it is made."""
