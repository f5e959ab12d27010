"""Employers and data providers: search, best match, features, lists, and what Bridge makes of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, get_args

import msgspec
import pytest

from mock_truv.api.shapes.base import Page
from mock_truv.api.shapes.companies import Company, CompanyInfo, CompanySuggestion, ListedProvider, PayrollProvider
from mock_truv.core.catalog import Product
from mock_truv.runtime.hub import load_catalog

if TYPE_CHECKING:
    from tests.conftest import Api

CATALOG = load_catalog()
SEARCH = "/company-mappings-search/"
HEARTHSIDE = CATALOG.employers[0]["company_mapping_id"]


def names(found: list[dict[str, Any]]) -> list[str]:
    """Return the names of what was found."""
    return [each["name"] for each in found]


# --- search ---------------------------------------------------------------------------------------------------------


def test_search_answers_a_bare_list(api: Api) -> None:
    """A search answers an array with the documented keys, the best employer first, by name, synonym or domain."""
    found = api.get(SEARCH, query="hearthside home")
    assert msgspec.convert(found, list[CompanySuggestion])
    assert names(found)[0] in {"Hearthside Home Supply", "Hearthside Home Loans"}
    for query in ("HEARTHSIDE home suply", "hearthside-home.example", "HHS Stores"):
        first = api.get(SEARCH, query=query)[0]
        assert first["company_mapping_id"] == HEARTHSIDE
        assert 0.5 <= float(first["confidence_level"]) <= 1
    assert api.get(SEARCH, query="Hearthside Home Supply")[0]["confidence_level"] == "1"
    assert api.get(SEARCH) == api.get(SEARCH, query="") == api.get(SEARCH, q="hearthside") == []


def test_search_shows_at_most_25(api: Api) -> None:
    """However many names begin with a letter, the answer stays short, and the same letter gives the same answer."""
    found = api.get(SEARCH, query="s")
    assert len(found) == 25
    assert api.get(SEARCH, query="S") == found


@pytest.mark.parametrize("product", get_args(Product))
def test_search_leaves_out_who_has_not_the_product(api: Api, product: str) -> None:
    """With ``product_type`` an employer stays if one of its payroll systems has it, or none is known of it."""
    for query in ("courier", "community", "home", "bl"):
        every = {each["company_mapping_id"] for each in api.get(SEARCH, query=query)}
        picked = {each["company_mapping_id"] for each in api.get(SEARCH, query=query, product_type=product)}
        for ident in every:
            employer = CATALOG.employer(ident)
            assert employer is not None
            offers = [product in CATALOG.listings[each].product_types for each in employer["providers"]]
            assert (ident in picked) is (any(offers) or not offers), employer["name"]


def test_unknown_product_is_refused(api: Api) -> None:
    """A product that is none is named with those that are, in every operation that takes one."""
    for path in (SEARCH, f"/companies/{HEARTHSIDE}/", "/providers/"):
        wrong = api.get(path, 400, product_type="mortgage")["error"]["extra"]["invalid-params"]
        assert [each["field"] for each in wrong] == ["product_type"]
        assert "deposit_switch" in wrong[0]["message"]
    assert set(api.refused("POST", "/companies/", {"product_type": "mortgage", "name": 7})) == {"product_type", "name"}


# --- best match -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("described", "least", "most"),
    [
        ({"name": "Hearthside Home Supply"}, 0.9, 1),
        ({"name": "hearthside home suply", "address": {"state": "GA"}}, 0.8, 1),
        ({"name": "Hearthside Home Supply", "state": "AK"}, 0.5, 0.9),
        ({"domain": "https://www.hearthside-home.example/"}, 0.9, 1),
        ({"domain": "people@mail.hearthside-home.example"}, 0.9, 1),
        ({"ein": "89-0100001"}, 0.9, 1),
        ({"ein": "890100001", "phone": "(404) 555-0100"}, 0.95, 1),
        ({"phone": "+14045550100"}, 0.5, 0.9),
        ({"id": HEARTHSIDE}, 1, 1),
        ({"name": "HHS Stores", "surprise": [1]}, 0.5, 1),
    ],
)
def test_a_description_means_one_employer(api: Api, described: dict[str, Any], least: float, most: float) -> None:
    """Name, domain, numbers and address mean one employer, with a confidence as text; unknown keys are tolerated."""
    found = api.post("/companies/", described, 200)
    msgspec.convert(found, Company)
    assert found["company_mapping_id"] == HEARTHSIDE
    assert least <= float(found["confidence_level"]) <= most


def test_nobody_is_meant(api: Api) -> None:
    """Without a match the answer has every key, no id, and what was asked for; nothing at all asks for nobody."""
    found = api.post("/companies/", {"name": "Qwxz Vbnm", "domain": "qwxz.example"}, 200)
    msgspec.convert(found, Company)
    assert (found["company_mapping_id"], found["name"], found["domain"]) == (None, "Qwxz Vbnm", "qwxz.example")
    assert (found["confidence_level"], found["mapping_status"], found["success_rate"]) == ("0", "unmapped", None)
    assert api.post("/companies/", {}, 200)["company_mapping_id"] is None
    assert api.post("/companies/", {"address": {"zip": "30339"}}, 200)["company_mapping_id"] is None


def test_nothing_here_changes_the_world(api: Api) -> None:
    """A search by POST is a question like one by GET: the world stays as it was."""
    before = api.world_digest()
    api.post("/companies/", {"name": "Pinewell"}, 200)
    api.get(SEARCH, query="pinewell")
    api.get("/providers/")
    assert api.world_digest() == before


# --- one and all ----------------------------------------------------------------------------------------------------


def test_every_company_can_be_read(api: Api) -> None:
    """Every employer has the documented keys and features of its own payroll system; an unknown one is 404."""
    page = api.get("/companies/", page_size=100)
    listed = list(page["results"])
    while page["next"]:
        page = api.client.get(page["next"], headers=api.sandbox.headers).json()
        listed += page["results"]
    assert [each["name"] for each in msgspec.convert(listed, list[dict[str, Any]])] == [
        each["name"] for each in CATALOG.employers
    ]
    msgspec.convert(page, Page[Company])
    for each in listed[:20] + listed[-20:]:
        info = api.get(f"/companies/{each['company_mapping_id']}")
        msgspec.convert(info, CompanyInfo)
        assert {key: info[key] for key in each} == each
        known = CATALOG.employer(each["company_mapping_id"])
        assert known is not None
        listing = CATALOG.listings[known["providers"][0]] if known["providers"] else None
        limit = listing.deposit_switch.max_number if listing and listing.deposit_switch else 0
        assert info["features"]["deposit_switch"]["max_number"] == limit
    for nobody in ("self_employed", "0" * 32):
        assert api.get(f"/companies/{nobody}/", 404) == {"detail": "Not Found."}


def test_success_is_that_of_the_product(api: Api) -> None:
    """With ``product_type`` an employer whose payroll systems have not the product is ``unsupported``."""
    courier = CATALOG.employer_named("Redwing Courier")
    assert courier is not None
    path = f"/companies/{courier['company_mapping_id']}/"
    assert api.get(path)["success_rate"] == courier["success_rate"] != "unsupported"
    assert api.get(path, product_type="pll")["success_rate"] == "unsupported"
    asked = {"name": "Redwing Courier", "product_type": "pll"}
    assert api.post("/companies/", asked, 200)["success_rate"] == "unsupported"


# --- providers ------------------------------------------------------------------------------------------------------


def test_providers_are_a_page(api: Api) -> None:
    """The list has every provider with its keys; ``query`` picks by name or id, and ``search`` is ignored."""
    page = api.get("/providers/", page_size=100)
    msgspec.convert(page, Page[ListedProvider])
    assert [each["id"] for each in page["results"]] == list(CATALOG.listings)
    assert api.get("/providers/", search="heron", page_size=100)["count"] == page["count"]
    for query in ("first heron", "first_heron", "Frist Heron Bank"):
        found = api.get("/providers/", query=query)["results"]
        assert found[0]["id"] == "first_heron", query
    for each in page["results"]:
        assert api.get(f"/providers/{each['id']}/") == each
    assert api.get("/providers/nobody/", 404) == {"detail": "Not Found."}


def test_providers_are_picked_by_product_and_source(api: Api) -> None:
    """``product_type`` and ``data_source`` pick, together, too; each source has providers."""
    every = api.get("/providers/", page_size=100)["results"]
    for product in get_args(Product):
        for source in ("payroll", "docs", "insurance", "financial_accounts", "tax", "scoring_attributes"):
            found = api.get("/providers/", product_type=product, data_source=source, page_size=100)["results"]
            assert found == [
                each for each in every if product in each["product_types"] and each["data_source"] == source
            ]
    wrong = api.get("/providers/", 400, data_source="rumours")["error"]["extra"]["invalid-params"]
    assert [each["field"] for each in wrong] == ["data_source"]


def test_a_provider_that_is_down_is_disabled(api: Api) -> None:
    """``is_disabled`` follows the provider's outages on the calendar, of banks as of payroll systems."""
    path = "/providers/maplebank/"
    assert not api.get(path)["is_disabled"]
    api.patch("/_mock/providers/maplebank", {"down_for_seconds": 3600})
    assert api.get(path)["is_disabled"]
    api.sandbox.clock.advance(hours=1)
    assert not api.get(path)["is_disabled"]
    assert api.get("/providers/harrow_timecards/")["is_disabled"]


def test_control_has_every_provider(api: Api) -> None:
    """The control API lists and changes every provider of the catalogue."""
    listed = api.get("/_mock/providers/")["results"]
    assert [each["id"] for each in listed] == list(CATALOG.listings)
    assert api.patch(f"/_mock/providers/{listed[-1]['id']}", {"task_seconds": 3})["task_seconds"] == 3


@pytest.mark.parametrize("product", get_args(Product))
def test_older_list_of_payroll_systems(api: Api, product: str) -> None:
    """The older list is a bare array of the payroll systems that have a product; another word is 404."""
    found = api.get(f"/payroll-providers/supported/{product}/")
    msgspec.convert(found, list[PayrollProvider])
    wanted = [it.id for it in CATALOG.listings.values() if it.data_source == "payroll" and product in it.product_types]
    assert [each["id"] for each in found] == wanted
    assert api.get("/payroll-providers/supported/mortgage/", 404) == {"detail": "Not Found."}


# --- in Bridge ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["Canyon Echo Airlines", "Žitný Mlýn Bakery", "Northgate Community Clinic"])
def test_a_link_knows_its_company(api: Api, name: str) -> None:
    """An employer of the catalogue that is named at Bridge, or by its token, is the link's company mapping."""
    employer = CATALOG.employer_named(name)
    assert employer is not None
    mapping_id = employer["company_mapping_id"]
    expected = {"id": mapping_id, "name": name, "logo_url": employer["logo_url"]}
    for token, login in (({}, {"company_mapping_id": mapping_id}), ({"company_mapping_id": mapping_id}, {})):
        link_id, _ = api.link_of(login, **token)
        assert api.get(f"/links/{link_id}/")["company_mapping"] == expected


def test_bridge_refuses_an_unknown_company(api: Api) -> None:
    """A mapping id that nobody has is refused at Bridge by name, and no link is made."""
    user = api.post("/users/", {"first_name": "Ada", "last_name": "Quill"})
    token = api.post(f"/users/{user['id']}/tokens/", {"product_type": "income"}, 200)["bridge_token"]
    login = {"username": "goodlogin", "password": "goodpassword", "company_mapping_id": "0" * 32}
    wrong = api.refused("POST", f"/_mock/bridge/{token}/complete", login)
    assert list(wrong) == ["company_mapping_id"]
    assert api.get("/links/")["count"] == 0


@pytest.mark.parametrize("provider_id", ["basilworks", "stateroll", "driverhub", "harborpay"])
def test_one_may_log_in_at_a_new_provider(api: Api, provider_id: str) -> None:
    """A payroll system of the catalogue that has the product and is up can be connected."""
    link_id, _ = api.link_of({"provider_id": provider_id, "mfa_code": "12345"})
    link = api.get(f"/links/{link_id}/")
    assert (link["status"], link["provider"]["name"]) == ("done", CATALOG.listings[provider_id].name)
