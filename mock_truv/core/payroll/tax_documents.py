"""Tax documents of a person's jobs: W-2s and 1099-NECs by job, and a 1040 that adds them up.

Keys and types are documented (tax object page), where a 1099 holds nothing but its year and the person's own data.
That every paid year has its form, when forms are out, and that a 1040 counts W-2 wages and 1099 pay, is assumed.
"""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

from mock_truv.core.payroll.documents import forms_are_out, md5sum, texts, w2_fields
from mock_truv.core.payroll.money import ZERO, exact
from mock_truv.core.payroll.statements import nonemployee_pay, tax_year

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from decimal import Decimal

    from mock_truv.core.payroll.documents import IdOf
    from mock_truv.core.payroll.people import Job

JsonObject = dict[str, Any]

RETURN_MONTH, RETURN_DAY = 4, 15
"""When a person's return for the year before is there; assumed from the legal date."""


def tax_documents(job_list: Sequence[Job], since: date, as_of: date, variation: int, id_of: IdOf) -> list[JsonObject]:
    """Return the documents of whole years from that of ``since`` on, newest year first.

    Within a year the return comes first, then the forms in the order of the jobs. Ids are asked for as
    ("tax_document", "F1040:year"), ("tax_document", "job key:W2:year") and so on. A job whose ``w2s`` the provider does
    not deliver has no W-2 here either, but counts for the return. A 1099-NEC's amount is ``nonemployee_pay``.
    """
    return [
        document
        for year in range(as_of.year - 1, since.year - 1, -1)
        for document in _of_year(job_list, year, as_of, variation, id_of)
    ]


def total_income(job_list: Sequence[Job], year: int, variation: int) -> Decimal | None:
    """Return the dollars on a year's return: the wages of all W-2s and the pay of all 1099-NECs; None without any."""
    amounts = []
    for job in job_list:
        figures, untaxed = tax_year(job, year, variation), nonemployee_pay(job, year, variation)
        amounts += [figures.wages] if figures is not None else []
        amounts += [untaxed] if untaxed is not None else []
    with exact():
        return sum(amounts, ZERO) if amounts else None


def _of_year(job_list: Sequence[Job], year: int, as_of: date, variation: int, id_of: IdOf) -> Iterator[JsonObject]:
    total = total_income(job_list, year, variation) if as_of >= date(year + 1, RETURN_MONTH, RETURN_DAY) else None
    if total is not None:
        fields = {"total_income": texts(job_list[0])(total)}
        yield _document(id_of("tax_document", f"F1040:{year}"), "F1040", None, year, fields, "")
    for job in job_list if forms_are_out(year, as_of) else ():
        figures = None if "w2s" in job.missing_data_fields else w2_fields(job, year, variation)
        if figures is not None:
            ident = id_of("tax_document", f"{job.key}:W2:{year}")
            yield _document(ident, "W2", None, year, figures, job.employer.ein)
        if nonemployee_pay(job, year, variation) is not None:
            ident = id_of("tax_document", f"{job.key}:F1099_NEC:{year}")
            yield _document(ident, "F1099", "F1099_NEC", year, {}, job.employer.ein)


def _document(ident: str, kind: str, subtype: str | None, year: int, fields: dict[str, str], payer: str) -> JsonObject:
    return {
        "id": ident,
        "document_type": kind,
        "document_subtype": subtype,
        "file": None,  # there is no file; an address of one is rendered by the API where the profile asks for it
        "md5sum": md5sum({"ein": payer, "year": year, **fields}),
        "year": year,
        "fields": fields,
    }
