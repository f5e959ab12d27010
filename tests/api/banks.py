"""Key tables and readings that the tests of bank data share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.conftest import Api

BALANCES = {"currency_code": "text", "balance": "money", "available_balance": "money?", "credit_limit": "money?"}
ACCOUNT: dict[str, Any] = {
    "id": "id", "created_at": "time", "updated_at": "time", "type": "text", "subtype": "text?", "mask": "text",
    "nickname": "text?", "balances": BALANCES,
}  # fmt: skip
TRANSACTION: dict[str, Any] = {
    "id": "id", "created_at": "time", "updated_at": "time", "account_id": "id", "external_id": "text",
    "amount": "money", "currency_code": "text", "check_number": "text?", "categories": "texts", "description": "text",
    "merchant_name": "text?", "status": "text", "type": "text", "posted_at": "text?", "transacted_at": "text",
    "memo": "text?", "merchant_category_code": "whole?",
}  # fmt: skip
NUMBER = {"account_number": "text", "routing_number": "text", "is_tokenized_account_number": "flag"}
NUMBERED: dict[str, Any] = {
    **ACCOUNT, "is_open": "flag", "provider": "text", "provider_name": "text",
    "numbers": {"ACH": [NUMBER], "RTP": [NUMBER], "OTHERS": [NUMBER]},
}  # fmt: skip
CREDIT: dict[str, Any] = {
    "account_id": "id", "balance_as_of": "time", "next_payment_date": "date", "last_payment_date": "date?",
    "last_stmt_date": "date",
    **dict.fromkeys(("purchases_apr", "advances_apr", "credit_line", "current_balance", "available_credit",
                     "available_cash", "minimum_payment_amount", "next_payment_amount", "last_stmt_balance",
                     "past_due_amount"), "money"),
    "last_payment_amount": "money?",
}  # fmt: skip
LOAN: dict[str, Any] = {
    "account_id": "id", "balance_as_of": "time", "interest_rate_as_of": "text", "loan_term": "text",
    "maturity_date": "text", "next_payment_date": "text?", "last_payment_date": "text?", "escrow_balance": "money?",
    "last_payment_amount": "money?",
    **dict.fromkeys(("original_principal", "principal_balance", "interest_rate", "interest_paid_year_to_date",
                     "next_payment_amount"), "money"),
}  # fmt: skip
HOLDING: dict[str, Any] = {
    "id": "id", "created_at": "time", "updated_at": "time", "account_id": "id", "holding_type": "text",
    "symbol": "text", "description": "text", "quantity": "text", "currency_code": "text", "cost_basis": "money",
    "purchase_price": "money", "current_price": "money", "current_price_as_of": "text", "daily_change": "money",
    "market_value": "money", "total_ugl_amount": "money", "total_ugl_percentage": "text", "face_value": "money?",
    "rate": "money?",
}  # fmt: skip
STATEMENT = {"id": "id", "external_id": "text", "statement_date": "date", "account_id": "id", "file": "url?"}
ADDRESS = {"street": "text", "city": "text", "state": "text", "zip": "text", "country": "text"}
OWNER: dict[str, Any] = {"id": "id", "full_name": "text", "email": "text?", "phone": "text?", "address": ADDRESS,
         "relation_type": "text"}  # fmt: skip


def everything(api: Api, link: str, **query: Any) -> list[Any]:
    """Return the transactions of all pages."""
    found: list[Any] = []
    answer = api.get(f"/links/{link}/transactions/", page_size=100, **query)
    while True:
        found += answer["transactions"]
        if answer["next"] is None:
            assert answer["count"] == len(found)
            return found
        answer = api.client.get(answer["next"], headers=api.sandbox.headers).json()
