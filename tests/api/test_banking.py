"""The data of a bank link: every documented key, filters, pages, and that the figures agree with one another."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from mock_truv.api import banking
from tests.api.banks import (
    ACCOUNT,
    CREDIT,
    HOLDING,
    LOAN,
    NUMBERED,
    STATEMENT,
    TRANSACTION,
    everything,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from mock_truv.api.call import Operation
    from tests.conftest import Api

READS = ("transactions", "balances", "auth", "liabilities", "investments", "bank_statements",
         "income/transactions/reports")  # fmt: skip


@pytest.fixture
def bank(api: Api) -> str:
    """A link of the bank accounts that the usual login opens."""
    return api.link_of(product_type="assets")[0]


def connect(api: Api, username: str) -> str:
    """Return a link of the bank accounts that a login opens."""
    return api.link_of({"username": username}, product_type="assets")[0]


def test_transactions_have_every_documented_key(api: Api, bank: str, check_shape: Callable[..., None]) -> None:
    """A page of transactions has the accounts beside it, no ``results``, and every key of the reference."""
    page = api.get(f"/links/{bank}/transactions/", page_size=400)
    assert list(page) == ["count", "next", "previous", "accounts", "transactions"]
    for account in page["accounts"]:
        check_shape(account, ACCOUNT)
    for each in page["transactions"]:
        place = {"location": "null"} if each["location"] is None else {"location": "object"}
        check_shape(each, TRANSACTION | place)
        assert (each["posted_at"] is not None) == (each["status"] == "POSTED")
    assert {each["account_id"] for each in page["transactions"]} <= {each["id"] for each in page["accounts"]}
    places = [each["location"] for each in page["transactions"] if each["location"]]
    assert all(set(each) == {"latitude", "longitude"} and isinstance(each["latitude"], float) for each in places)
    assert places


def test_pages_have_each_transaction_once(api: Api, bank: str) -> None:
    """Whatever the size of a page, going through them gives every transaction once, in the same order."""
    whole = [each["id"] for each in everything(api, bank)]
    assert len(set(whole)) == len(whole) > 800
    path, found = f"/links/{bank}/transactions/?page_size=317", []
    while path:
        answer = api.client.get(path if "://" in path else f"{api.sandbox.base_url}/v1{path}",
                                headers=api.sandbox.headers).json()  # fmt: skip
        found += [each["id"] for each in answer["transactions"]]
        path = answer["next"]
    assert found == whole
    assert api.send("GET", f"/links/{bank}/transactions/", params={"page": 9999}).status_code == 404


def test_filters_restrict_together(api: Api, bank: str) -> None:
    """Each filter leaves what it says, several leave what all of them do; the case of words does not matter."""
    accounts = {each["id"]: each["type"] for each in api.get(f"/links/{bank}/balances/")["results"]}
    checking = next(ident for ident, kind in accounts.items() if kind == "CHECKING")
    whole = everything(api, bank)
    conditions: dict[str, tuple[str, Callable[[Any], bool]]] = {
        "account_ids": (checking, lambda it: it["account_id"] == checking),
        "account_types": ("checking,CREDIT_CARD", lambda it: accounts[it["account_id"]] in {"CHECKING", "CREDIT_CARD"}),
        "categories": ("Paycheck,groceries", lambda it: bool({"Paycheck", "Groceries"} & set(it["categories"]))),
        "transacted_at_from": ("2025-11-03", lambda it: it["transacted_at"] >= "2025-11-03"),
    }
    names = list(conditions)
    for chosen in (*([name] for name in names), names[:2], names[1:], names):
        query = {name: conditions[name][0] for name in chosen}
        wanted = [it["id"] for it in whole if all(conditions[name][1](it) for name in chosen)]
        assert [it["id"] for it in everything(api, bank, **query)] == wanted
        assert 0 < len(wanted) < len(whole)
    left = api.get(f"/links/{bank}/transactions/", account_types="SAVINGS")["accounts"]
    assert [each["type"] for each in left] == ["SAVINGS"]
    assert everything(api, bank, categories="No Such Category") == []
    refused = api.send("GET", f"/links/{bank}/transactions/", params={"transacted_at_from": "yesterday"})
    assert refused.status_code == 400


def test_balances_agree_with_transactions(api: Api, bank: str) -> None:
    """From one reading to the next a balance changes by exactly what was posted in between."""
    signs = {"CREDIT": 1, "DEBIT": -1, "MEMO": 0}

    def now() -> tuple[dict[str, Any], dict[str, Any]]:
        accounts = {each["id"]: each for each in api.get(f"/links/{bank}/balances/")["results"]}
        return accounts, {each["id"]: each for each in everything(api, bank)}

    before, seen = now()
    token = api.sandbox.runtime.journal.world.state.links[bank].access_token
    api.sandbox.clock.advance(days=40)
    api.post("/refresh/tasks/", {"access_token": token}, 200)
    api.sandbox.settle()
    after, later = now()
    assert after.keys() == before.keys()
    for ident, account in after.items():
        if account["type"] == "INVESTMENT":
            continue
        owed = -1 if account["type"] in {"CREDIT_CARD", "LOAN", "MORTGAGE"} else 1
        new = [
            Decimal(each["amount"]) * signs[each["type"]] * owed
            for each in later.values()
            if each["account_id"] == ident
            and each["status"] == "POSTED"
            and seen.get(each["id"], {}).get("status") != "POSTED"
        ]
        change = Decimal(account["balances"]["balance"]) - Decimal(before[ident]["balances"]["balance"])
        assert change == sum(new, Decimal(0))
    posted = {ident: each for ident, each in seen.items() if each["status"] == "POSTED"}
    assert all(later[ident] == each for ident, each in posted.items() if ident in later)
    assert len(posted.keys() & later.keys()) > 700


def test_auth_has_numbers_of_deposit_accounts(api: Api, bank: str, check_shape: Callable[..., None]) -> None:
    """Checking and savings have the account numbers that pay goes to; cards and loans have none."""
    accounts = api.get(f"/links/{bank}/auth/")["accounts"]
    for each in accounts:
        check_shape(each, NUMBERED)
    assert [each["type"] for each in accounts] == ["CHECKING", "SAVINGS"]
    numbers = [each["numbers"]["ACH"][0]["account_number"] for each in accounts]
    assert [number[-4:] for number in numbers] == [each["mask"] for each in accounts]
    person = api.sandbox.server.hub.catalog.people["salaried-biweekly"]
    assert numbers == [rule.account_number for rule in person.jobs[0].bank_accounts]


def test_liabilities_have_every_documented_key(api: Api, bank: str, check_shape: Callable[..., None]) -> None:
    """Cards and loans have their terms, and each is one of the accounts beside them."""
    answer = api.get(f"/links/{bank}/liabilities/")
    assert list(answer) == ["accounts", "liabilities"]
    for each in answer["accounts"]:
        check_shape(each, ACCOUNT)
    owed = {each["id"]: each["balances"]["balance"] for each in answer["accounts"]}
    credit, loans = answer["liabilities"]["credit"], answer["liabilities"]["loans"]
    for each in credit:
        check_shape(each, CREDIT)
        assert each["current_balance"] == owed.pop(each["account_id"])
    for each in loans:
        check_shape(each, LOAN)
        assert each["principal_balance"] == owed.pop(each["account_id"])
    assert not owed
    assert len(credit) == 1
    assert len(loans) == 2
    assert api.get(f"/links/{connect(api, 'goodlogin.checking')}/liabilities/")["accounts"] == []


def test_investments_are_worth_their_holdings(api: Api, check_shape: Callable[..., None]) -> None:
    """An investment account is worth its cash and its holdings, each its units at its price; filters leave some."""
    link = connect(api, "sit")
    answer = api.get(f"/links/{link}/investments/")
    assert list(answer) == ["count", "next", "previous", "accounts", "holdings"]
    for each in answer["accounts"]:
        check_shape(each, {**ACCOUNT, "holdings_value": "money"})
        mine = [it for it in answer["holdings"] if it["account_id"] == each["id"]]
        value = sum((Decimal(it["market_value"]) for it in mine), Decimal(0))
        assert value == Decimal(each["holdings_value"])
        assert Decimal(each["balances"]["balance"]) - Decimal(each["balances"]["available_balance"]) == value
    for each in answer["holdings"]:
        check_shape(each, HOLDING)
        assert abs(Decimal(each["quantity"]) * Decimal(each["current_price"]) - Decimal(each["market_value"])) < 1
        assert (each["rate"] is not None) == (each["holding_type"] == "BOND")
    assert answer["count"] == len(answer["holdings"]) == 3
    bonds = api.get(f"/links/{link}/investments/", holding_types="BOND")["holdings"]
    assert [each["holding_type"] for each in bonds] == ["BOND"]
    stocks = api.get(f"/links/{link}/investments/", account_subtypes="stocks")
    assert [each["subtype"] for each in stocks["accounts"]] == ["STOCKS"]
    one = answer["accounts"][1]["id"]
    assert {it["account_id"] for it in api.get(f"/links/{link}/investments/", account_ids=one)["holdings"]} == {one}


@pytest.mark.parametrize("operation", banking.OPERATIONS, ids=lambda it: it.path.split("/", 3)[-1])
@pytest.mark.parametrize("username", ["goodlogin", "sit"])
def test_answers_are_of_their_described_types(api: Api, operation: Operation, username: str) -> None:
    """What is answered decodes as the type that describes the answer: every word, pattern and null is one of it."""
    path = operation.path.replace("{link}", connect(api, username))
    msgspec.json.decode(api.send(operation.method, path).content, type=operation.answer)


def test_statements_come_once_a_month(api: Api, bank: str, check_shape: Callable[..., None]) -> None:
    """Every account but an investment has one statement for each month that is over, newest first."""
    pages = [api.get(f"/links/{bank}/bank_statements/", page_size=100, page=number) for number in (1, 2)]
    papers = pages[0]["results"] + pages[1]["results"]
    for each in papers:
        check_shape(each, STATEMENT)
    days = [each["statement_date"] for each in papers]
    assert days == sorted(days, reverse=True)
    assert days[0] == "2025-12-31"
    pairs = [(each["account_id"], each["statement_date"]) for each in papers]
    assert len(set(pairs)) == len(pairs) == pages[0]["count"] == 5 * 25


@pytest.mark.parametrize("name", READS)
def test_only_bank_links_have_bank_data(api: Api, bank: str, name: str) -> None:
    """A payroll link has no bank data, nor a bank link that was deleted; a reading changes nothing."""
    payroll, _ = api.link_of()
    assert api.send("GET", f"/links/{payroll}/{name}/").status_code == 404
    digest = api.world_digest()
    assert api.get(f"/links/{bank}/{name}").keys() == api.get(f"/links/{bank}/{name}/").keys()
    assert api.world_digest() == digest
    api.delete(f"/links/{bank}/")
    assert api.send("GET", f"/links/{bank}/{name}/").status_code == 404


@pytest.mark.parametrize("name", READS)
def test_nothing_is_shown_before_it_was_read(api: Api, name: str) -> None:
    """While the first login still runs there are no accounts, and the report of income is ``processing``."""
    user = api.post("/users/", {"first_name": "Ada", "last_name": "Quill"})
    made = api.post(f"/users/{user['id']}/tokens/", {"product_type": "transactions"}, 200)
    link = api.sandbox.complete_bridge(made["bridge_token"])["link_id"]
    answer = api.get(f"/links/{link}/{name}/")
    rows = [value for value in answer.values() if isinstance(value, list)]
    assert all(value == [] for value in rows)
    assert answer.get("status", "processing") == "processing"
    assert answer.get("count", 0) == 0


@pytest.mark.parametrize(
    ("username", "kinds"),
    [
        ("goodlogin.checking", ["CHECKING"]), ("goodlogin.checking.savings", ["CHECKING", "SAVINGS"]),
        ("goodlogin.card", ["CHECKING", "SAVINGS"]), ("goodlogin.inv", ["INVESTMENT"]),
        ("goodlogin.all", ["CHECKING", "SAVINGS", "INVESTMENT"]), ("sit", ["SAVINGS", "INVESTMENT", "INVESTMENT"]),
    ],
)  # fmt: skip
def test_logins_open_the_documented_accounts(api: Api, username: str, kinds: list[str]) -> None:
    """Each asset test login opens the account types of the test guide."""
    link = connect(api, username)
    assert [each["type"] for each in api.get(f"/links/{link}/balances/")["results"]] == kinds
