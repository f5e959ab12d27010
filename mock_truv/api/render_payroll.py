"""From payroll data to their shapes.

What a client's own sandbox scenario brings is shown as it was given, whatever its form; so shapes are built by name and
never converted. A key too few or too many is our own error and raises.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mock_truv.api.shapes.payroll import (
    W2,
    Address,
    AnnualIncomeSummary,
    BankAccount,
    BareEmployment,
    Company,
    Deduction,
    Earning,
    Employment,
    GseEmployment,
    GseVoeEmployment,
    Profile,
    Shift,
    Statement,
    TaxDocument,
    TaxFields,
    TimeEntry,
    VoeEmployment,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    FileOf = Callable[[str, str], Any]
    """(kind of file, id of the object) -> its URL, or None."""


def no_file(kind: str, ident: str) -> None:
    """Return no address: files have none unless the profile asks for them."""
    del kind, ident


def employment(entry: Mapping[str, Any], file_of: FileOf = no_file) -> Employment:
    """Return an entry of ``core/records.employments`` as a report of income shows it."""
    return Employment(**_with_parts(entry, file_of))


def voe_employment(entry: Mapping[str, Any]) -> VoeEmployment:
    """Return an entry of ``core/records.employments`` (``voe``) as a report of employment shows it."""
    return VoeEmployment(**_with_people(entry))


def gse_employment(
    entry: Mapping[str, Any], *, gse_accepted: bool = True, file_of: FileOf = no_file
) -> GseEmployment | GseVoeEmployment:
    """Return an entry of ``core/records.employments`` as a user's report shows it: of income, or of employment."""
    if "statements" not in entry:
        return GseVoeEmployment(**_with_people(entry), gse_accepted=gse_accepted)
    return GseEmployment(**_with_parts(entry, file_of), gse_accepted=gse_accepted)


def bare_employment(entry: Mapping[str, Any]) -> BareEmployment:
    """Return an entry of ``core/records.employments`` by itself."""
    kept = {key: entry[key] for key in BareEmployment.__struct_fields__ if key != "company"}
    return BareEmployment(**kept, company=company(entry["company"]))


def profile(entry: Mapping[str, Any]) -> Profile:
    """Return the ``profile`` of an employment."""
    return Profile(**{**entry, "home_address": Address(**entry["home_address"])})


def company(entry: Mapping[str, Any]) -> Company:
    """Return the ``company`` of an employment."""
    return Company(**{**entry, "address": Address(**entry["address"])})


def statement(entry: Mapping[str, Any], file_of: FileOf = no_file) -> Statement:
    """Return an entry of ``statements``."""
    return Statement(
        **{
            **entry,
            "earnings": [Earning(**line) for line in entry["earnings"]],
            "earnings_ytd": [Earning(**line) for line in entry["earnings_ytd"]],
            "deductions": [Deduction(**line) for line in entry["deductions"]],
            "deductions_ytd": [Deduction(**line) for line in entry["deductions_ytd"]],
            "file": entry["file"] or file_of("statement", entry["id"]),
        }
    )


def bank_accounts(entries: Sequence[Mapping[str, Any]]) -> list[BankAccount]:
    """Return ``bank_accounts`` of an employment."""
    return [BankAccount(**each) for each in entries]


def w2(entry: Mapping[str, Any], employment_id: str, file_of: FileOf = no_file) -> W2:
    """Return an entry of ``w2s``; it has no id, so its file is named by employment and year."""
    return W2(**{**entry, "file": entry["file"] or file_of("w2", f"{employment_id}-{entry['year']}")})


def shift(entry: Mapping[str, Any]) -> Shift:
    """Return an entry of ``core/link_data.shifts``."""
    parts = {
        "time_entries": [TimeEntry(**each) for each in entry["time_entries"]],
        "earnings": [Earning(**line) for line in entry["earnings"]],
    }
    return Shift(**{**entry, **parts})


def tax_document(entry: Mapping[str, Any], file_of: FileOf = no_file) -> TaxDocument:
    """Return an entry of ``core/link_data.tax_documents``."""
    file = entry["file"] or file_of("tax-document", entry["id"])
    return TaxDocument(**{**entry, "file": file, "fields": TaxFields(**entry["fields"])})


def _with_people(entry: Mapping[str, Any]) -> dict[str, Any]:
    return {**entry, "profile": profile(entry["profile"]), "company": company(entry["company"])}


def _with_parts(entry: Mapping[str, Any], file_of: FileOf) -> dict[str, Any]:
    return {
        **_with_people(entry),
        "statements": [statement(each, file_of) for each in entry["statements"]],
        "annual_income_summary": [AnnualIncomeSummary(**each) for each in entry["annual_income_summary"]],
        "w2s": [w2(each, entry["id"], file_of) for each in entry["w2s"]],
        "bank_accounts": bank_accounts(entry["bank_accounts"]),
    }
