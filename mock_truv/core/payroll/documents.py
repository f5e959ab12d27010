"""The papers of a job as a report shows them: pay statements, yearly summaries, W-2s; documented keys and formats.

The order of the lists (newest first) is assumed. The parts of one job are rendered once and shared between reports.
"""

from __future__ import annotations

from datetime import date
from functools import lru_cache
from hashlib import md5
from typing import TYPE_CHECKING, Any, Protocol

import msgspec

from mock_truv.core.payroll.statements import Line, tax_year, year_of_statements

if TYPE_CHECKING:
    from collections.abc import Sequence
    from decimal import Decimal

    from mock_truv.core.payroll.people import Job

JsonObject = dict[str, Any]

PAY_CATEGORIES = ("regular", "overtime", "bonus", "commission", "other_pay")
W2_MONTH, W2_DAY = 1, 31  # of the next year; assumed from the legal date


class IdOf(Protocol):
    """Gives a stable id (32 hex characters) for a kind of thing and its key within that kind."""

    def __call__(self, kind: str, key: str, /) -> str:
        """Return the id."""


def statement_entries(job: Job, since: date, as_of: date, variation: int, id_of: IdOf) -> list[JsonObject]:
    """Return the statements from ``since`` to ``as_of``, newest first."""
    entries = []
    for year in range(as_of.year, since.year - 1, -1):
        paid = year_of_statements(job, year, variation)
        for place in range(len(paid) - 1, -1, -1):
            if since <= paid[place].pay_date <= as_of:
                body = _body(job, year, place, variation)
                entries.append({"id": id_of("statement", f"{job.key}:{body['pay_date']}"), **body})
    return entries


@lru_cache(maxsize=4096)
def _body(job: Job, year: int, place: int, variation: int) -> JsonObject:
    """Return the ``place``-th statement of a year without its id, which differs from one connection to the next."""
    statement = year_of_statements(job, year, variation)[place]
    body: JsonObject = {
        "check_number": statement.check_number,
        "pay_date": statement.pay_date.isoformat(),
        "period_start": statement.period_start.isoformat(),
        "period_end": statement.period_end.isoformat(),
        "hours": str(statement.hours),
        "basis_of_pay": statement.basis_of_pay,
    }
    for category in PAY_CATEGORIES:
        body[category] = _text(statement.pay.get(category))
        body[f"{category}_ytd"] = _text(statement.pay_ytd.get(category))
    body |= {
        "gross_pay": str(statement.gross_pay),
        "gross_pay_ytd": str(statement.gross_pay_ytd),
        "net_pay": str(statement.net_pay),
        "net_pay_ytd": str(statement.net_pay_ytd),
        "earnings": [_earning(line) for line in statement.earnings],
        "earnings_ytd": [_earning(line) for line in statement.earnings_ytd],
        "deductions": [_deduction(line) for line in statement.deductions],
        "deductions_ytd": [_deduction(line) for line in statement.deductions_ytd],
    }
    return body | {"md5sum": _md5sum(body), "file": None, "derived_fields": [], "missing_data_fields": []}


def _earning(line: Line) -> JsonObject:
    return {
        "name": line.name,
        "amount": str(line.amount),
        "category": line.category,
        "rate": _text(line.rate),
        "units": _text(line.units),
    }


def _deduction(line: Line) -> JsonObject:
    return {"name": line.name, "amount": str(line.amount), "category": line.category}


def annual_income_summary(job: Job, years: Sequence[int], as_of: date, variation: int, id_of: IdOf) -> list[JsonObject]:
    """Return one summary for each year with pay: what its newest statement says of the year to date."""
    summaries = []
    for year in years:
        paid = [statement for statement in year_of_statements(job, year, variation) if statement.pay_date <= as_of]
        if paid:
            summary: JsonObject = {"id": id_of("annual_income_summary", f"{job.key}:{year}"), "year": year}
            summary |= {category: _text(paid[-1].pay_ytd.get(category)) for category in PAY_CATEGORIES}
            summary |= {"gross_pay": str(paid[-1].gross_pay_ytd), "net_pay": str(paid[-1].net_pay_ytd)}
            summaries.append(summary)
    return summaries


def w2_entries(job: Job, years: Sequence[int], as_of: date, variation: int) -> list[JsonObject]:
    """Return one W-2 for each year with pay that is over and whose forms are out."""
    forms = []
    for year in years:
        figures = tax_year(job, year, variation) if as_of >= date(year + 1, W2_MONTH, W2_DAY) else None
        if figures is not None:
            fields = {"year": year} | {name: str(amount) for name, amount in figures._asdict().items()}
            forms.append({"file": None, "md5sum": _md5sum({"ein": job.employer.ein, **fields}), **fields})
    return forms


def _text(amount: Decimal | None) -> str | None:
    return None if amount is None else str(amount)


def _md5sum(content: JsonObject) -> str:
    """Return the md5 of the canonical JSON (keys sorted, no blanks); there is no file it could be the hash of."""
    return md5(msgspec.json.encode(content, order="deterministic"), usedforsecurity=False).hexdigest()
