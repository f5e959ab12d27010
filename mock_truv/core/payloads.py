"""A sandbox scenario's payroll payload as reports show it: the client's values under every documented key.

What the client left out is null or an empty list and stands in ``missing_data_fields``. Values are shown as given;
keys that no report has are left out. That the payload has the shape of the report is inferred (sandbox object page).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mock_truv.core.payroll.documents import PAY_CATEGORIES
from mock_truv.core.payroll.report import INCOME_FIELDS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mock_truv.core.payroll import IdOf

JsonObject = dict[str, Any]

FACTS = (
    "id", "job_title", "job_type", "start_date", "end_date", "original_hire_date", "external_last_updated", "is_active",
    "dates_from_statements", "derived_fields", "missing_data_fields", "manager_name",
)  # fmt: skip
ADDRESS = ("street", "city", "state", "zip", "country")
PROFILE = (
    "id", "created_at", "updated_at", "first_name", "last_name", "full_name", "middle_initials", "email", "ssn",
    "date_of_birth", "home_address",
)  # fmt: skip
SUMS = tuple(name for category in PAY_CATEGORIES for name in (category, f"{category}_ytd"))
LINES = ("earnings", "earnings_ytd", "deductions", "deductions_ytd")
STATEMENT = (
    "id", "check_number", "pay_date", "period_start", "period_end", "hours", "basis_of_pay", *SUMS, "gross_pay",
    "gross_pay_ytd", "net_pay", "net_pay_ytd", *LINES, "md5sum", "file", "derived_fields", "missing_data_fields",
)  # fmt: skip
EARNING = ("name", "amount", "category", "rate", "units")
DEDUCTION = ("name", "amount", "category")
SUMMARY = ("id", "year", *PAY_CATEGORIES, "gross_pay", "net_pay")
W2 = (
    "file", "md5sum", "year", "wages", "federal_tax", "social_security_wages", "social_security_tax", "medicare_wages",
    "medicare_tax",
)  # fmt: skip
BANK_ACCOUNT = (
    "account_number", "routing_number", "account_name", "account_type", "deposit_type", "deposit_value", "bank_name",
)  # fmt: skip
PARTS = ("statements", "annual_income_summary", "w2s", "bank_accounts")
"""Lists of an employment that only reports of income have."""

NOT_MISSED = frozenset({
    "id", "end_date", "dates_from_statements", "derived_fields", "missing_data_fields", "file", "md5sum", *SUMS,
})  # fmt: skip
"""Fields whose absence says nothing about the provider: we give them, or they are usually null."""


def employment(given: Mapping[str, Any], position: int, *, id_of: IdOf, created_at: str, updated_at: str,
               voe: bool) -> JsonObject:  # fmt: skip
    """Return the ``position``-th employment of a payload as a VOIE report shows it, or with ``voe`` a VOE report."""
    key = key_of(position)
    entry = _picked(given, FACTS)
    entry["id"] = employment_id(given, position, id_of)
    entry["dates_from_statements"] = bool(given.get("dates_from_statements"))
    entry["derived_fields"] = given.get("derived_fields") or []
    entry["missing_data_fields"] = _missing(given, (*FACTS, *INCOME_FIELDS, *PARTS))
    entry |= dict.fromkeys(INCOME_FIELDS) if voe else _picked(given, INCOME_FIELDS)
    entry["profile"] = _profile(given, profile_id(given, position, id_of), created_at, updated_at)
    entry["company"] = _company(given)
    if not voe:
        entry["statements"] = _identified(given.get("statements"), "statement", key, "pay_date", id_of, _statement)
        entry["annual_income_summary"] = _identified(
            given.get("annual_income_summary"), "annual_income_summary", key, "year", id_of,
            lambda it: _picked(it, SUMMARY),
        )  # fmt: skip
        entry["w2s"] = [_picked(each, W2) for each in given.get("w2s") or []]
        entry["bank_accounts"] = [_picked(each, BANK_ACCOUNT) for each in given.get("bank_accounts") or []]
    return entry


def key_of(position: int) -> str:
    """Return the key of an employment within its link: its place in the payload."""
    return f"payload {position}"


def employment_id(given: Mapping[str, Any], position: int, id_of: IdOf) -> str:
    """Return the id the client gave an employment, or a stable one."""
    return given.get("id") or id_of("employment", key_of(position))


def profile_id(given: Mapping[str, Any], position: int, id_of: IdOf) -> str:
    """Return the id the client gave a profile, or a stable one."""
    return (given.get("profile") or {}).get("id") or id_of("profile", key_of(position))


def _profile(given: Mapping[str, Any], ident: str, created_at: str, updated_at: str) -> JsonObject:
    inner = given.get("profile") or {}
    shown = _picked(inner, PROFILE)
    shown["id"] = ident
    shown["created_at"] = inner.get("created_at") or created_at
    shown["updated_at"] = inner.get("updated_at") or updated_at
    if shown["full_name"] is None:
        names = [inner.get(name) for name in ("first_name", "middle_initials", "last_name")]
        shown["full_name"] = " ".join(str(name) for name in names if name) or None
    shown["home_address"] = _picked(inner.get("home_address") or {}, ADDRESS)
    return shown


def _company(given: Mapping[str, Any]) -> JsonObject:
    company = given.get("company") or {}
    shown = _picked(company, ("name", "address", "phone", "ein"))
    shown["address"] = _picked(company.get("address") or {}, ADDRESS)
    return shown


def _statement(given: Mapping[str, Any]) -> JsonObject:
    shown = _picked(given, STATEMENT)
    for name in LINES:
        keys = EARNING if name.startswith("earnings") else DEDUCTION
        shown[name] = [_picked(each, keys) for each in given.get(name) or []]
    shown["derived_fields"] = given.get("derived_fields") or []
    shown["missing_data_fields"] = _missing(given, STATEMENT)
    return shown


def _identified(entries: Sequence[Mapping[str, Any]] | None, kind: str, key: str, by: str, id_of: IdOf,
                shown_by: Any) -> list[JsonObject]:  # fmt: skip
    """Return entries with ids: as given, else made of ``by`` (and of a number where it occurs more than once)."""
    shown, seen = [], dict[str, int]()
    for position, given in enumerate(entries or []):
        name = str(given.get(by) or f"place {position}")
        seen[name] = seen.get(name, 0) + 1
        ident = given.get("id") or id_of(kind, f"{key}:{name}" + (f" ({seen[name]})" if seen[name] > 1 else ""))
        shown.append(shown_by(given) | {"id": ident})
    return shown


def _picked(given: Mapping[str, Any], keys: Sequence[str]) -> JsonObject:
    return {key: given.get(key) for key in keys}


def _missing(given: Mapping[str, Any], keys: Sequence[str]) -> list[str]:
    told = given.get("missing_data_fields")
    return told if told is not None else [key for key in keys if key not in given and key not in NOT_MISSED]
