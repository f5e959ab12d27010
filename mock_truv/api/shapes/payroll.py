"""What payroll data look like: employments with their parts, shifts, tax documents, accounts that pay goes to.

The types are the documented ones; ``api/render_payroll`` fills them.
"""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import UNSET, UnsetType

from mock_truv.api.shapes.base import Day, Id, Moment, Money, Shape, Url, assumed, inferred

JobType = Literal["F", "P", "S", "D", "C", "V"]
IncomeUnit = Literal["YEARLY", "MONTHLY", "WEEKLY", "DAILY", "HOURLY"]
PayFrequency = Literal["M", "SM", "W", "BW", "A", "C"]
BasisOfPay = Literal["S", "H", "D", "W"]
EarningCategory = Literal["regular", "overtime", "bonus", "commission", "other_pay"]
TaxDocumentType = Literal["W2", "F1099", "F1040"]
TaxDocumentSubtype = Literal["F1099_DIV", "F1099_G", "F1099_INT", "F1099_MISC", "F1099_NEC", "F1099_R", "F_SSA1099"]
ShiftType = Literal["shift", "delivery", "rideshare", "other"]
File = Annotated[
    Url | None,
    inferred("uploaded documents object; null unless the knob file_urls asks for addresses", "URL of the file"),
]


class Address(Shape):
    """A postal address."""

    SOURCE = "identity/link-identity"

    street: str
    city: str
    state: str
    zip: str
    country: str


class Profile(Shape):
    """A person as the provider knows them: ``identity/``, and ``profile`` of an employment."""

    SOURCE = "identity/link-identity"

    id: Id
    created_at: Moment
    updated_at: Moment
    first_name: str
    last_name: str
    full_name: Annotated[str | None, inferred("the key is optional")]
    middle_initials: str | None
    email: str | None
    ssn: Annotated[str | None, inferred("the key is optional", "nine digits, or the last four")]
    date_of_birth: Annotated[Day | None, inferred("the key is optional")]
    home_address: Address


class Company(Shape):
    """An employer as the provider knows it."""

    SOURCE = "employment/object"

    name: str
    address: Address
    phone: str | None
    ein: Annotated[str | None, inferred("older samples lack the key")]


class Earning(Shape):
    """A line of pay."""

    SOURCE = "statements/object"

    name: str
    amount: Money
    category: EarningCategory
    rate: Money | None
    units: Money | None


class Deduction(Shape):
    """A line of what is taken from pay."""

    SOURCE = "statements/object"

    name: str
    amount: Money
    category: Annotated[str, inferred("statements/object shows socialsec, state, medicare; the others follow suit")]


class Statement(Shape):
    """A pay statement."""

    SOURCE = "statements/object, statements/retrieve-statement"

    id: Id
    check_number: str | None
    pay_date: Day
    period_start: Day
    period_end: Day
    hours: Money | None
    basis_of_pay: BasisOfPay
    regular: Money | None
    regular_ytd: Money | None
    overtime: Money | None
    overtime_ytd: Money | None
    bonus: Money | None
    bonus_ytd: Money | None
    commission: Money | None
    commission_ytd: Money | None
    other_pay: Money | None
    other_pay_ytd: Money | None
    gross_pay: Money
    gross_pay_ytd: Money
    net_pay: Money
    net_pay_ytd: Money
    earnings: list[Earning]
    earnings_ytd: list[Earning]
    deductions: list[Deduction]
    deductions_ytd: list[Deduction]
    md5sum: str
    file: File
    derived_fields: list[str]
    missing_data_fields: list[str]


class AnnualIncomeSummary(Shape):
    """The pay of one year: of a whole one, or of the present one so far."""

    SOURCE = "demo application; user-income-and-employment-reports/object"
    BASIS = "inferred"

    id: Id
    year: int
    regular: Money | None
    overtime: Money | None
    bonus: Money | None
    commission: Money | None
    other_pay: Money | None
    gross_pay: Money | None
    net_pay: Money | None


class W2(Shape):
    """A W-2 within an employment: the fields of the tax document, flat."""

    SOURCE = "demo application; user-income-and-employment-reports/object"

    file: File
    md5sum: str
    year: int
    wages: Money
    federal_tax: Money
    social_security_wages: Annotated[Money, inferred("tax/object; that it stands here, too")]
    social_security_tax: Money
    medicare_wages: Annotated[Money, inferred("tax/object; that it stands here, too")]
    medicare_tax: Money


class BankAccount(Shape):
    """An account that pay goes to."""

    SOURCE = "bank-accounts/object"

    account_number: str
    routing_number: str
    account_name: str | None
    account_type: Literal["C", "S"]
    deposit_type: Literal["E", "P", "A"]
    deposit_value: Money
    bank_name: str


class VoeEmployment(Shape):
    """An employment in a report of employment: who works where since when, nothing of pay."""

    SOURCE = "account-link-income-and-employment-reports/link_detail_reports_employment"

    id: Id
    job_title: str | None
    job_type: JobType | None
    start_date: Day | None
    end_date: Day | None
    original_hire_date: Day | None
    external_last_updated: Day | None
    is_active: Annotated[bool | None, inferred("that it may be null")]
    dates_from_statements: bool
    derived_fields: list[str]
    missing_data_fields: list[str]
    manager_name: str | None
    income: Money | None
    income_unit: IncomeUnit | None
    pay_rate: Money | None
    pay_frequency: PayFrequency | None
    profile: Profile
    company: Company


class Employment(VoeEmployment):
    """An employment in a report of income."""

    SOURCE = "account-link-income-and-employment-reports/link_detail_reports_income"

    statements: list[Statement]
    annual_income_summary: list[AnnualIncomeSummary]
    w2s: list[W2]
    bank_accounts: list[BankAccount]


class GseVoeEmployment(VoeEmployment):
    """An employment in a user's report of employment."""

    SOURCE = "user-income-and-employment-reports/object"

    gse_accepted: Annotated[bool, assumed("only reports of income are shown with it")]


class GseEmployment(Employment):
    """An employment in a user's report of income."""

    SOURCE = "user-income-and-employment-reports/object"

    gse_accepted: bool


class BareEmployment(Shape):
    """An employment by itself, without the person and the papers."""

    SOURCE = "employment/link-employments"

    id: Id
    is_active: Annotated[bool | None, inferred("that it may be null")]
    job_title: str | None
    job_type: JobType | None
    start_date: Day | None
    original_hire_date: Day | None
    end_date: Day | None
    income: Money | None
    income_unit: IncomeUnit | None
    pay_rate: Money | None
    pay_frequency: PayFrequency | None
    external_last_updated: Day | None
    dates_from_statements: Annotated[bool, inferred("reports show it")]
    derived_fields: list[str]
    missing_data_fields: list[str]
    manager_name: str | None
    company: Company


class TimeEntry(Shape):
    """Time worked within a shift."""

    SOURCE = "shifts/object"

    id: Id
    external_id: str | None
    created_at: Moment
    updated_at: Moment
    entry_date: Day
    start: Annotated[Moment, inferred("a date-time; the form was not seen in live data")]
    end: Annotated[Moment, inferred("a date-time; the form was not seen in live data")]


class Shift(Shape):
    """A shift, a delivery, a ride."""

    SOURCE = "shifts/object, shifts/link-shifts"

    id: Id
    external_id: str | None
    created_at: Moment
    updated_at: Moment
    start_date: Annotated[Day, inferred("a plain date; the form was not seen in live data")]
    end_date: Annotated[Day, inferred("a plain date; the form was not seen in live data")]
    time_entries: list[TimeEntry]
    earnings: list[Earning]
    type: ShiftType


class TaxFields(Shape):
    """The figures of a tax document: those of a W-2, or the total of a 1040; of a 1099 who it is about."""

    SOURCE = "tax/object"

    wages: Money | UnsetType = UNSET
    federal_tax: Money | UnsetType = UNSET
    social_security_wages: Money | UnsetType = UNSET
    social_security_tax: Money | UnsetType = UNSET
    medicare_wages: Money | UnsetType = UNSET
    medicare_tax: Money | UnsetType = UNSET
    total_income: Money | UnsetType = UNSET


class TaxDocument(Shape):
    """A tax document."""

    SOURCE = "tax/object"

    id: Id
    document_type: TaxDocumentType
    document_subtype: TaxDocumentSubtype | None
    file: File
    md5sum: str
    year: int
    fields: TaxFields
