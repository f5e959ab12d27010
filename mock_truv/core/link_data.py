"""The single objects of a payroll link, as it was last read completely: what its reports hold, taken apart.

Before the first complete reading there is nothing. A link that may be used for employment alone shows nothing of pay:
no statements, shifts, tax documents or accounts, and no income (reports pages: VOE has none; for the single objects
inferred). What a client's own sandbox scenario brings takes the place of the built-in data; it has no shifts.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from mock_truv.core import payloads, payroll, records
from mock_truv.core.instants import DAY_US, EPOCH, date_of, text_z
from mock_truv.core.payroll.shifts import shift_entries
from mock_truv.core.payroll.tax_documents import tax_documents as tax_documents_of

if TYPE_CHECKING:
    from mock_truv.core.base import WorldBase
    from mock_truv.core.model import Link

JsonObject = dict[str, Any]

W2_FIELDS = (
    "wages", "federal_tax", "social_security_wages", "social_security_tax", "medicare_wages", "medicare_tax",
)  # fmt: skip


def shows_income(link: Link) -> bool:
    """Return whether a link may show what somebody earns."""
    return {link.product, *link.allowed_products} != {"employment"}


def employments(world: WorldBase, link: Link) -> list[JsonObject]:
    """Return a link's employments with all their parts; without those of pay where it may not show them."""
    if link.read_us is None:
        return []
    return records.employments(world, link, link.read_us, voe=not shows_income(link))


def latest_employment(world: WorldBase, link: Link) -> JsonObject | None:
    """Return the employment that an older read shows: of those that go on the one begun last (order assumed)."""
    found = employments(world, link)
    return max(found, key=lambda it: (bool(it["is_active"]), it["start_date"] or ""), default=None)


def identity(world: WorldBase, link: Link) -> JsonObject | None:
    """Return the person as the provider knows them: the profile of the first employment."""
    profile: JsonObject | None = next((it["profile"] for it in employments(world, link)), None)
    return profile


def statements(world: WorldBase, link: Link) -> list[JsonObject]:
    """Return the pay statements of all employments, newest first (order inferred)."""
    found = [each for it in employments(world, link) for each in it.get("statements", ())]
    return sorted(found, key=lambda it: it["pay_date"] or "", reverse=True)


def bank_accounts(world: WorldBase, link: Link) -> list[JsonObject]:
    """Return the accounts that pay goes to, employment by employment."""
    return [each for it in employments(world, link) for each in it.get("bank_accounts", ())]


def shifts(world: WorldBase, link: Link) -> list[JsonObject]:
    """Return the shifts of all employments, newest first (order inferred)."""
    if link.read_us is None or not shows_income(link) or payload(link).get("employments") is not None:
        return []
    since, as_of = date.fromisoformat(link.history_since), date_of(link.read_us)

    def id_of(kind: str, key: str) -> str:
        return records.object_id(world, link, kind, key)

    found = [
        _with_times(link, entry)
        for job in records.jobs_of(world, link, link.read_us)
        for entry in shift_entries(job, since, as_of, link.variation, id_of)
    ]
    return sorted(found, key=lambda it: it["start_date"], reverse=True)


def new_shifts(world: WorldBase, link: Link, before_us: int | None) -> dict[str, int]:
    """Return {job key: number of shifts} of the jobs with more shifts than when the link was read before (None: never).

    ``link.read_us`` is when it was read now.
    """
    if link.read_us is None or not shows_income(link) or payload(link).get("employments") is not None:
        return {}
    since, as_of = date.fromisoformat(link.history_since), date_of(link.read_us)
    first_new = since if before_us is None else max(since, date_of(before_us) + timedelta(days=1))
    return {
        job.key: payroll.count_shifts(job, since, as_of)
        for job in records.jobs_of(world, link, link.read_us)
        if payroll.count_shifts(job, first_new, as_of)
    }


def tax_documents(world: WorldBase, link: Link) -> list[JsonObject]:
    """Return the tax documents of all employments, newest first."""
    if link.read_us is None or not shows_income(link):
        return []

    def id_of(kind: str, key: str) -> str:
        return records.object_id(world, link, kind, key)

    given = payload(link)
    if given.get("employments") is not None:
        return _given_tax_documents(given, id_of)
    since, as_of = date.fromisoformat(link.history_since), date_of(link.read_us)
    return tax_documents_of(records.jobs_of(world, link, link.read_us), since, as_of, link.variation, id_of)


def payload(link: Link) -> JsonObject:
    """Return the client's own data that a link showed when it was last read; empty where it showed the built-in."""
    if not records.payloads_hold_work(link):
        return {}
    entries = [each for each in link.payloads if link.read_us is not None and each.from_us <= link.read_us]
    return (entries[-1].payload or {}) if entries else {}


def _given_tax_documents(given: JsonObject, id_of: Any) -> list[JsonObject]:
    """Return what a payload's W-2s say as tax documents, and the others that were read out of documents."""
    found = []
    for position, employment in enumerate(given["employments"]):
        for place, form in enumerate(employment.get("w2s") or []):
            found.append(
                {
                    "id": id_of("tax_document", f"{payloads.key_of(position)}:W2:{place}"),
                    "document_type": "W2",
                    "document_subtype": None,
                    "file": form.get("file"),
                    "md5sum": form.get("md5sum"),
                    "year": form.get("year"),
                    "fields": {name: form[name] for name in W2_FIELDS if name in form},
                }
            )
    for place, form in enumerate(given.get("tax_documents") or []):
        found.append({"id": id_of("tax_document", f"document:{place}"), "file": None, **form})
    return sorted(found, key=lambda it: str(it["year"] or ""), reverse=True)


def _with_times(link: Link, entry: JsonObject) -> JsonObject:
    """Return a shift with the times at which it was first and last retrieved.

    First: at the end of the day on which it ended, or when the link was made, whichever came later (assumed: that
    readings before the last one are not told apart); last: at the last reading.
    """
    assert link.read_us is not None, "who shows shifts has read them"
    over = date.fromisoformat(entry["end_date"] or entry["start_date"]) + timedelta(days=1)
    over_us = (over - EPOCH.date()).days * DAY_US
    times = {
        "created_at": text_z(min(max(over_us, link.created_us), link.read_us)),
        "updated_at": text_z(link.read_us),
    }
    return {**entry, **times, "time_entries": [{**each, **times} for each in entry["time_entries"]]}
