"""Customization templates, and their id in tokens, orders and webhooks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mock_truv.api.shapes.base import Page
from mock_truv.api.shapes.templates import Template
from mock_truv.core.templates import DEFAULTS, merged, over

if TYPE_CHECKING:
    from tests.conftest import Api, Receiver

FULL: dict[str, Any] = {
    "name": "Orchard desk",
    "products": ["income", "employment"],
    "default_for_products": True,
    "bridge": {
        "texts": {"search_header": "Who pays you?", "success_cta": "Back to your case"},
        "hide_truv_logo": True,
        "hide_support_button": True,
    },
    "branding": {
        "company_name": "Orchard County",
        "logo": "https://logos.example/orchard.png",
        "accent_color": "#336699",
        "background_color": "#ffffff",
        "hide_confetti": True,
        "custom_end_user_agreement": {"header": "Terms", "url": "https://orchard.example/terms"},
    },
    "orders": {
        "link_expiration": "24",
        "custom_field_title": "Case number",
        "support_email": "desk@orchard.example",
        "first_sms": {"text": "Please connect your account"},
        "notification_settings": {"suppress_user_notifications": True, "first_notification_delay_hours": 2},
        "suppress_user_notifications": True,
    },
    "document_upload": {"paystub": {"count": 2, "required": True}, "other": {"count": 1}},
    "data": {"hide": ["ssn"]},
    "reports": {"income_insights": {"months": 12}},
    "data_sources_flow": {"order": ["payroll", "docs"]},
}
JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.text(max_size=3),
    lambda inner: st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
    max_leaves=6,
)
OBJECTS = st.dictionaries(st.sampled_from("abc"), JSON_VALUES, max_size=3)


def test_a_template_is_given_back_as_it_was_sent(api: Api) -> None:
    """A template with every documented field is 201 and comes back with them, by its id and in the list."""
    made = api.post("/templates/", FULL)
    msgspec.convert(made, Template)
    assert {key: made[key] for key in FULL} == FULL
    assert api.get(f"/templates/{made['id']}/") == made
    page = api.get("/templates/")
    msgspec.convert(page, Page[Template])
    assert page["results"] == [made]


def test_an_empty_template_has_every_key(api: Api) -> None:
    """Without any field a template is called "My template" and shows every documented key, unset."""
    made = api.post("/templates/", {})
    msgspec.convert(made, Template)
    assert (made["name"], made["products"], made["default_for_products"]) == ("My template", [], False)
    assert {section: made[section] for section in DEFAULTS} == DEFAULTS
    assert made["orders"]["link_expiration"] is None


def test_keys_that_no_page_shows_are_kept(api: Api) -> None:
    """Settings with keys of the client's are given back with them, beside the documented ones."""
    made = api.post("/templates/", {"orders": {"second_reminder": {"text": "x"}}, "bridge": {"texts": {"extra": [1]}}})
    assert made["orders"]["second_reminder"] == {"text": "x"}
    assert made["orders"]["first_sms"] == {"text": None}
    assert made["bridge"]["texts"] == {"search_header": None, "success_cta": None, "extra": [1]}


def test_patch_changes_what_it_names(api: Api) -> None:
    """PATCH changes single settings, null takes one back, everything else stays, and ``updated_at`` grows."""
    made = api.post("/templates/", FULL)
    path = f"/templates/{made['id']}/"
    changed = api.patch(path, {"orders": {"support_email": None, "link_expiration": "48"}, "data": None})
    assert changed["orders"] == {**FULL["orders"], "support_email": None, "link_expiration": "48"}
    assert changed["data"] is None
    assert {key: changed[key] for key in ("name", "products", "bridge", "branding")} == {
        key: made[key] for key in ("name", "products", "bridge", "branding")
    }
    assert changed["updated_at"] > made["updated_at"]
    assert changed["created_at"] == made["created_at"]
    assert api.patch(path, {"name": "New", "products": [], "default_for_products": False})["name"] == "New"
    assert api.get(path)["products"] == []


def test_delete_forgets_it(api: Api) -> None:
    """A deleted template is 204, then 404 by every method, and gone from the list."""
    made = api.post("/templates/", FULL)
    path = f"/templates/{made['id']}/"
    api.delete(path)
    assert api.get(path, 404) == {"detail": "Not Found."}
    assert api.send("PATCH", path, json={}).status_code == 404
    assert api.send("DELETE", path).status_code == 404
    assert api.get("/templates/")["count"] == 0


def test_the_list_is_picked_from(api: Api) -> None:
    """``query`` picks by a part of the name, folded, ``default_for_products`` by the flag; newest first."""
    ids = [
        api.post("/templates/", {"name": name, "default_for_products": flag})["id"]
        for name, flag in (("Größe A", True), ("grosse B", False), ("Other", True))
    ]
    page = api.get("/templates/", page_size=2)
    assert [each["id"] for each in page["results"]] == [ids[2], ids[1]]
    assert page["next"] is not None
    for query, wanted in (("ROSSE", ids[1::-1]), ("größe a", ids[:1]), ("osse b", ids[1:2]), ("x", [])):
        assert [each["id"] for each in api.get("/templates/", query=query)["results"]] == wanted
    picked = api.get("/templates/", default_for_products="true")["results"]
    assert [each["id"] for each in picked] == [ids[2], ids[0]]
    wrong = api.get("/templates/", 400, default_for_products="maybe")["error"]["extra"]["invalid-params"]
    assert [each["field"] for each in wrong] == ["default_for_products"]


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        ({"name": ""}, {"name"}),
        ({"name": "x" * 129, "products": ["gold"]}, {"name", "products[0]"}),
        ({"default_for_products": "yes"}, {"default_for_products"}),
        ({"bridge": {"hide_truv_logo": 1}}, {"bridge.hide_truv_logo"}),
        ({"orders": {"link_expiration": "a day"}}, {"orders.link_expiration"}),
        ({"branding": [], "data": 7}, {"branding", "data"}),
    ],
)
def test_wrong_fields_are_named(api: Api, body: dict[str, Any], fields: set[str]) -> None:
    """Every wrong field is named with its path, at creation and change alike, and nothing is kept."""
    made = api.post("/templates/", FULL)
    before = api.world_digest()
    assert set(api.refused("POST", "/templates/", body)) == fields
    assert set(api.refused("PATCH", f"/templates/{made['id']}/", body)) == fields
    assert api.world_digest() == before


def test_the_id_goes_along(api: Api, receiver: Receiver) -> None:
    """Orders, bridge tokens and order webhooks carry the template id as it was sent, known or not, deleted or not."""
    api.subscribe(receiver.url, events=["order-created"])
    made = api.post("/templates/", FULL)["id"]
    user = api.post("/users/", {"first_name": "Ada", "last_name": "Quill"})
    for template_id in (made, "someone-elses"):
        token = api.post(f"/users/{user['id']}/tokens/", {"product_type": "income", "template_id": template_id}, 200)
        assert token["template_id"] == template_id
        api.order(template_id=template_id)
    api.delete(f"/templates/{made}/")
    api.sandbox.settle()
    assert [each["template_id"] for each in receiver.events] == [made, "someone-elses"]


@settings(max_examples=100, deadline=None)
@given(OBJECTS, OBJECTS)
def test_settings_are_merged_as_the_standard_says(known: dict[str, Any], given_: dict[str, Any]) -> None:
    """A change merged twice is merged once, null leaves no key, nothing leaves all; what is set lies over defaults."""
    result = merged(known, given_)
    assert merged(result, given_) == result
    assert merged(known, {}) == known
    for key, value in given_.items():
        assert (key in result) is (value is not None)
        if value is not None and not isinstance(value, dict):
            assert result[key] == value
    assert set(result) == {*known, *given_} - {key for key, value in given_.items() if value is None}
    assert over(known, known) == known
    assert set(over(known, result)) == {*known, *result}
