"""The papers of a job as a report shows them: pay statements, yearly summaries, W-2s; documented keys and formats.

The order of the lists (newest first) is assumed. The parts of one job are rendered once and shared between reports.
"""

from __future__ import annotations

from bisect import bisect_right
from datetime import date
from functools import lru_cache
from hashlib import md5
from typing import TYPE_CHECKING, Any, Protocol

import msgspec

from mock_truv.core.payroll.statements import Line, tax_year, year_of_statements

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from decimal import Decimal

    from mock_truv.core.payroll.people import Job
    from mock_truv.core.payroll.statements import Statement

    TextOf = Callable[[Decimal], str]

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
    text = texts(job)
    body: JsonObject = {
        "check_number": statement.check_number,
        "pay_date": statement.pay_date.isoformat(),
        "period_start": statement.period_start.isoformat(),
        "period_end": statement.period_end.isoformat(),
        "hours": None if statement.hours is None else text(statement.hours),
        "basis_of_pay": statement.basis_of_pay,
    }
    for category in PAY_CATEGORIES:
        body[category] = _optional(text, statement.pay.get(category))
        body[f"{category}_ytd"] = _optional(text, statement.pay_ytd.get(category))
    body |= {
        "gross_pay": text(statement.gross_pay),
        "gross_pay_ytd": text(statement.gross_pay_ytd),
        "net_pay": text(statement.net_pay),
        "net_pay_ytd": text(statement.net_pay_ytd),
        "earnings": [earning(line, text) for line in statement.earnings],
        "earnings_ytd": [earning(line, text) for line in statement.earnings_ytd],
        "deductions": [_deduction(line, text) for line in statement.deductions],
        "deductions_ytd": [_deduction(line, text) for line in statement.deductions_ytd],
    }
    for field in job.statement_missing_data_fields:
        body[field] = [] if isinstance(body[field], list) else None
    return body | {
        "md5sum": md5sum(body),
        "file": None,  # there is no file; an address of one is rendered by the API where the profile asks for it
        "derived_fields": list(job.statement_derived_fields),
        "missing_data_fields": list(job.statement_missing_data_fields),
    }


def texts(job: Job) -> TextOf:
    """Return how amounts, rates and hours of a job are written (reports page: decimals are not guaranteed)."""
    return str if job.decimals == "two" else _shortest


def _shortest(amount: Decimal) -> str:
    text = str(amount)
    return text.rstrip("0").rstrip(".") if "." in text else text


def earning(line: Line, text: TextOf) -> JsonObject:
    """Return a line of earnings as statements and shifts show it."""
    return {
        "name": line.name,
        "amount": text(line.amount),
        "category": line.category,
        "rate": _optional(text, line.rate),
        "units": _optional(text, line.units),
    }


def _deduction(line: Line, text: TextOf) -> JsonObject:
    return {"name": line.name, "amount": text(line.amount), "category": line.category}


def annual_income_summary(job: Job, years: Sequence[int], as_of: date, variation: int, id_of: IdOf) -> list[JsonObject]:
    """Return one summary for each year with pay: what its newest statement says of the year to date."""
    summaries = []
    for year in years:
        paid = year_of_statements(job, year, variation)
        count = bisect_right(paid, as_of, key=_pay_date)
        if count:
            body = _summary(job, year, count - 1, variation)
            summaries.append({"id": id_of("annual_income_summary", f"{job.key}:{year}"), **body})
    return summaries


@lru_cache(maxsize=1024)
def _summary(job: Job, year: int, place: int, variation: int) -> JsonObject:
    """Return the summary of a year up to its ``place``-th statement, without its id."""
    newest, text = year_of_statements(job, year, variation)[place], texts(job)
    body: JsonObject = {"year": year}
    body |= {category: _optional(text, newest.pay_ytd.get(category)) for category in PAY_CATEGORIES}
    body |= {"gross_pay": text(newest.gross_pay_ytd), "net_pay": text(newest.net_pay_ytd)}
    return body | dict.fromkeys(job.summary_missing_fields)


def _pay_date(statement: Statement) -> date:
    return statement.pay_date


def w2_entries(job: Job, years: Sequence[int], as_of: date, variation: int) -> list[JsonObject]:
    """Return one W-2 for each year with pay that is over and whose forms are out; none for a 1099-NEC's pay."""
    forms = [_w2(job, year, variation) for year in years if forms_are_out(year, as_of)]
    return [form for form in forms if form is not None]


@lru_cache(maxsize=1024)
def _w2(job: Job, year: int, variation: int) -> JsonObject | None:
    fields = w2_fields(job, year, variation)
    if fields is None:
        return None
    return {"file": None, "md5sum": md5sum({"ein": job.employer.ein, "year": year, **fields}), "year": year, **fields}


def w2_fields(job: Job, year: int, variation: int) -> dict[str, str] | None:
    """Return the figures of a year's W-2 by their documented names; None if it has none."""
    figures, text = tax_year(job, year, variation), texts(job)
    return None if figures is None else {name: text(amount) for name, amount in figures._asdict().items()}


def forms_are_out(year: int, as_of: date) -> bool:
    """Return whether employers have sent a year's W-2s and 1099s."""
    return as_of >= date(year + 1, W2_MONTH, W2_DAY)


def _optional(text: TextOf, amount: Decimal | None) -> str | None:
    return None if amount is None else text(amount)


def md5sum(content: JsonObject) -> str:
    """Return the md5 of the canonical JSON (keys sorted, no blanks); there is no file it could be the hash of."""
    return md5(msgspec.json.encode(content, order="deterministic"), usedforsecurity=False).hexdigest()
