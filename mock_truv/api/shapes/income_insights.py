"""What reports of bank income look like: a user's income insights and a link's own report."""

from __future__ import annotations

from typing import Annotated, Literal

from mock_truv.api.shapes.banking import AccountOwner
from mock_truv.api.shapes.base import Day, Id, Moment, Money, Shape, assumed, inferred
from mock_truv.core.banking.accounts import AccountType
from mock_truv.core.banking.entries import IncomeCategory
from mock_truv.core.banking.incomes import Frequency

CATEGORIES = "income-insights/object; the page's list is longer than what was seen of it"


class CurrencyAmount(Shape):
    """An amount in a currency."""

    SOURCE = "income-insights/object"

    amount: Money
    iso_currency_code: str


class IncomeTransaction(Shape):
    """One deposit of a source of income."""

    SOURCE = "income-insights-report-retrieve"

    amount: Money
    iso_currency_code: str
    date: Day
    check_number: Annotated[str | None, inferred("null where there is no check")]
    description: str
    pending: bool
    transaction_id: Id


class IncomeMonth(Shape):
    """A calendar month of a source of income, cut to the days asked for."""

    SOURCE = "income-insights-report-retrieve"

    start_date: Day
    end_date: Day
    total_amount: Money
    iso_currency_code: str
    transactions: list[IncomeTransaction]


class BankIncomeSource(Shape):
    """A stream of income, as read off the deposits of one account."""

    SOURCE = "income-insights-report-retrieve, income-insights/object"

    start_date: Day
    end_date: Day
    account_id: Id
    total_amount: Money
    transaction_count: int
    historical_summary: list[IncomeMonth]
    avg_deposit_amount: Money
    avg_gross_deposit_amount: Annotated[
        Money | None,
        inferred("the name is cut off in the sample; null where the category has no estimate of the gross"),
    ]
    income_description: str
    income_category: Annotated[IncomeCategory, inferred(CATEGORIES)]
    pay_frequency: Annotated[Frequency | None, inferred("letters as in employments; null where there is no rhythm")]
    next_payment_date: Annotated[Day | None, inferred("null where there is no rhythm")]
    iso_currency_code: str
    historical_average_monthly_income: Money
    historical_average_monthly_gross_income: Annotated[Money | None, inferred("as avg_gross_deposit_amount")]
    forecasted_average_monthly_income: Money


class IncomeAccount(Shape):
    """A checking or savings account in a report of bank income; its mask has stars before the digits."""

    SOURCE = "income-insights/object"

    id: Id
    mask: str
    nickname: str | None
    type: AccountType
    subtype: str | None
    days_available: int
    owners: list[AccountOwner]


class BankIncomeSummary(Shape):
    """Totals over all sources."""

    SOURCE = "income-insights/object"

    start_date: Annotated[Day | None, inferred("null where there is no income")]
    end_date: Annotated[Day | None, inferred("null where there is no income")]
    income_sources_count: int
    income_categories_count: int
    income_transactions_count: int
    total_amounts: list[CurrencyAmount]
    historical_average_monthly_income: list[CurrencyAmount]
    forecasted_average_monthly_income: list[CurrencyAmount]
    historical_annual_income: list[CurrencyAmount]


class IncomeLink(Shape):
    """What one bank shows of a person's income."""

    SOURCE = "income-insights/object"

    link_id: Id
    created_at: Moment
    updated_at: Moment
    provider: str
    provider_name: str
    tracking_info: str | None
    accounts: list[IncomeAccount]
    bank_income_sources: list[BankIncomeSource]


class IncomeInsights(Shape):
    """A person's income, as read off the deposits at all banks."""

    SOURCE = "income-insights/object"

    report_id: Id
    created_at: Moment
    completed_at: Annotated[Moment | None, inferred("null while it is made; here it is at once")]
    days_requested: int
    links: list[IncomeLink]
    bank_income_summary: BankIncomeSummary


class BankIncomeAccount(Shape):
    """An account in a link's report of bank income."""

    SOURCE = "bank-income-report-retrieve"

    id: Id
    created_at: Moment
    updated_at: Moment
    type: AccountType
    subtype: str | None
    mask: str
    nickname: str | None
    days_available: int
    owners: list[AccountOwner]


class BankIncomeReport(Shape):
    """The latest report of one bank link's income."""

    SOURCE = "bank-income-report-retrieve, bank-income-insights/object"

    status: Literal["success", "processing"]
    completed_at: Annotated[Moment | None, inferred("null while it is processing")]
    days_requested: int
    tracking_info: str | None
    provider: str
    access_token: Id
    companies: Annotated[list[str], assumed("names as the bank writes them; what they look like is not shown")]
    accounts: list[BankIncomeAccount]
    income: list[BankIncomeSource]
    summary: Annotated[BankIncomeSummary, inferred("an object on the current page, an array on the older one")]
    is_suspicious: bool
