"""Users, their bridge tokens, and the way from a token to a link."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from mock_truv.sandbox import SandboxError

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.conftest import Api

USER: dict[str, Any] = {
    "id": "id", "external_user_id": "text?", "first_name": "text?", "last_name": "text?", "email": "text?",
    "phone": "text?", "ssn": "text?", "created_at": "time", "updated_at": "time",
}  # fmt: skip
ONE_USER = {
    **USER, "voie_report_id": "id?", "voa_report_id": "id?", "income_insights_report_id": "id?",
    "aim_check_report_id": "text?",
}  # fmt: skip
TOKEN = {
    "bridge_token": "id", "user_id": "id", "tracking_info": "text?", "client_name": "text?", "product_type": "text",
    "allowed_products": "texts", "company_mapping_id": "text?", "provider_id": "text?", "access_token": "id?",
    "template_id": "text?", "data_sources": "texts?",
}  # fmt: skip
MARISOL = {
    "external_user_id": "applicant-20417", "first_name": "Marisol", "last_name": "Quintero",
    "email": "marisol.quintero@example.org", "phone": "+15035550142", "ssn": "900123456",
}  # fmt: skip


def new_token(api: Api, **fields: Any) -> Any:
    user = api.post("/users/", {})
    return api.post(f"/users/{user['id']}/tokens/", {"product_type": "income", **fields}, 200)


def test_user_is_created_with_every_documented_key(api: Api, check_shape: Callable[..., None]) -> None:
    """A created user has the documented keys and exactly what was sent; reading it adds the report ids."""
    user = api.post("/users/", MARISOL)
    check_shape(user, USER)
    assert {key: user[key] for key in MARISOL} == MARISOL
    read = api.get(f"/users/{user['id']}/")
    check_shape(read, ONE_USER)
    assert {key: read[key] for key in USER} == user
    check_shape(api.post("/users/", {"external_user_id": "alone"}), USER)


def test_external_user_id_in_use_is_refused(api: Api) -> None:
    """Creating a user, or renaming one, with an ``external_user_id`` in use is 400 and names the field."""
    api.post("/users/", MARISOL)
    other = api.post("/users/", {"external_user_id": "b"})
    before = api.world_digest()
    assert list(api.refused("POST", "/users/", MARISOL)) == ["external_user_id"]
    assert list(api.refused("PATCH", f"/users/{other['id']}/", {"external_user_id": "applicant-20417"})) == [
        "external_user_id"
    ]
    assert api.world_digest() == before
    assert api.patch(f"/users/{other['id']}/", {"external_user_id": "b", "first_name": "B"})["first_name"] == "B"


def test_users_are_listed_in_pages(api: Api, check_shape: Callable[..., None]) -> None:
    """Users are listed newest first, found by ``external_user_id``, with links only when asked for."""
    made = [api.post("/users/", {"external_user_id": f"u{number}"})["id"] for number in range(3)]
    page = api.get("/users/", page_size=2)
    assert list(page) == ["count", "next", "previous", "results"]
    assert (page["count"], [each["id"] for each in page["results"]]) == (3, made[:0:-1])
    for each in page["results"]:
        check_shape(each, USER)
    last = api.client.get(page["next"], headers=api.sandbox.headers).json()
    assert ([each["id"] for each in last["results"]], last["next"]) == (made[:1], None)
    found = api.get("/users/", external_user_id="u1", list_links="false")
    assert [each["id"] for each in found["results"]] == [made[1]]
    assert "links" not in found["results"][0]
    assert api.get("/users/", external_user_id="u1", list_links="true")["results"][0]["links"] == []
    assert api.get("/users/", external_user_id="nobody")["results"] == []


def test_user_shows_masked_links_and_reports(api: Api) -> None:
    """After a connection the user carries the report id, and its links with masked tokens when asked for."""
    order = api.connected()
    link_id = order["employers"][0]["link_id"]
    user = api.get(f"/users/{order['user_id']}/", list_links="true")
    assert user["voie_report_id"] == order["voie_report_id"]
    assert [each["id"] for each in user["links"]] == [link_id]
    assert user["links"][0]["access_token"] == "*" * 28 + order["employers"][0]["access_token"][-4:]


def test_user_is_changed_and_deleted(api: Api) -> None:
    """PATCH changes what it names; DELETE is 204, and afterwards the user is unknown and its links are gone."""
    order = api.connected(external_user_id="p")
    path = f"/users/{order['user_id']}/"
    before = api.get(path)
    after = api.patch(path, {"email": "new@example.org"})
    assert (after["email"], after["first_name"]) == ("new@example.org", before["first_name"])
    assert after["updated_at"] > before["updated_at"]
    api.delete(path)
    assert api.get(path, 404) == {"detail": "Not Found."}
    assert api.get(f"/links/{order['employers'][0]['link_id']}/")["deleted_at"] is not None
    assert api.post("/users/", {"external_user_id": "p"})["id"] != order["user_id"]


def test_deleted_user_is_not_listed(api: Api) -> None:
    """A deleted user is in no list any more."""
    user = api.post("/users/", {"external_user_id": "p"})
    api.delete(f"/users/{user['id']}/")
    assert api.get("/users/")["results"] == []


def test_bridge_token_echoes_the_request(api: Api, check_shape: Callable[..., None]) -> None:
    """A bridge token comes with the documented keys: what was sent, and defaults for the rest."""
    check_shape(new_token(api), TOKEN)
    sent = {
        "product_type": "income", "allowed_products": ["income", "employment"], "tracking_info": "case-7741",
        "company_mapping_id": None, "provider_id": "truv_api", "template_id": "t" * 32, "data_sources": ["payroll"],
        "client_name": "Orchard County Benefits",
    }  # fmt: skip
    token = new_token(api, **sent, use_case="mortgage_lending", locale="es", request_extended_history=True)
    check_shape(token, TOKEN)
    assert {key: token[key] for key in sent} == sent


def test_wrong_bridge_token_bodies(api: Api) -> None:
    """A bridge token needs a known product; a token that is no link's of this user is refused by name."""
    path = f"/users/{api.post('/users/', {})['id']}/tokens/"
    assert api.refused("POST", path, {}) == {"product_type": "This field is required"}
    assert list(api.refused("POST", path, {"product_type": "gold"})) == ["product_type"]
    _, foreign = api.link_of()
    for token in (foreign, "f" * 32):
        body = {"product_type": "income", "access_token": token}
        assert list(api.refused("POST", path, body)) == ["access_token"]


def test_token_leads_to_a_link_and_its_report(api: Api) -> None:
    """User, token, Bridge, exchange, report: each step gives what the next one needs, with the tracking info."""
    token = new_token(api, tracking_info="case-7741")
    ending = api.sandbox.complete_bridge(token["bridge_token"])
    assert ending["status"] == "login"
    exchanged = api.post("/link-access-tokens/", {"public_token": ending["public_token"]}, 200)
    assert exchanged == {
        "access_token": exchanged["access_token"], "link_id": ending["link_id"], "tracking_info": "case-7741",
    }  # fmt: skip
    early = api.get(f"/links/{ending['link_id']}/income/report/")
    assert (early["status"], early["employments"], early["finished_at"]) == ("new", [], None)
    api.sandbox.settle()
    report = api.get(f"/links/{ending['link_id']}/income/report/")
    assert (report["status"], report["tracking_info"]) == ("done", "case-7741")
    assert report["access_token"] == exchanged["access_token"]
    assert api.get(f"/tasks/{ending['task_id']}/")["status"] == "done"


def test_public_token_works_once(api: Api) -> None:
    """A second exchange of a public token is 410 ``expired_token``; an unknown token is not."""
    ending = api.sandbox.complete_bridge(new_token(api)["bridge_token"])
    body = {"public_token": ending["public_token"]}
    api.post("/link-access-tokens/", body, 200)
    again = api.post("/link-access-tokens/", body, 410)
    assert (list(again), list(again["error"]), again["error"]["code"]) == (
        ["error"], ["code", "message"], "expired_token",
    )  # fmt: skip
    assert api.send("POST", "/link-access-tokens/", json={"public_token": "f" * 32}).status_code in {400, 404}
    assert list(api.refused("POST", "/link-access-tokens/", {})) == ["public_token"]


def test_public_token_ends_after_six_hours(api: Api) -> None:
    """An exchange one microsecond before six hours works; at six hours it is 410."""
    endings = [api.sandbox.complete_bridge(new_token(api)["bridge_token"]) for _ in range(2)]
    api.sandbox.clock.advance(to="2026-01-05T20:59:59.999999Z")
    api.post("/link-access-tokens/", {"public_token": endings[0]["public_token"]}, 200)
    api.sandbox.clock.advance(to="2026-01-05T21:00:00Z")
    late = api.post("/link-access-tokens/", {"public_token": endings[1]["public_token"]}, 410)
    assert late["error"]["code"] == "expired_token"


def test_bridge_token_ends_after_six_hours(api: Api) -> None:
    """A bridge token opens Bridge until just before six hours have passed and is 410 from then on."""
    tokens = [new_token(api)["bridge_token"] for _ in range(2)]
    api.sandbox.clock.advance(to="2026-01-05T20:59:59.999999Z")
    assert api.sandbox.complete_bridge(tokens[0])["status"] == "login"
    api.sandbox.clock.advance(to="2026-01-05T21:00:00Z")
    answer = api.send("POST", f"/_mock/bridge/{tokens[1]}/complete",
                      json={"username": "goodlogin", "password": "goodpassword"})  # fmt: skip
    assert (answer.status_code, answer.json()["error"]["code"]) == (410, "expired_token")
    with pytest.raises(SandboxError, match="410 expired_token"):
        api.sandbox.complete_bridge(tokens[1])


def test_same_login_gives_the_same_link(api: Api) -> None:
    """The same person, provider and login lead to the existing link, with the same access token."""
    user = api.post("/users/", {})
    links = []
    for _ in range(2):
        token = api.post(f"/users/{user['id']}/tokens/", {"product_type": "income"}, 200)
        ending = api.sandbox.complete_bridge(token["bridge_token"])
        api.sandbox.settle()
        links.append(api.post("/link-access-tokens/", {"public_token": ending["public_token"]}, 200))
    assert links[0] == links[1]
    assert api.get("/links/", user_id=user["id"])["count"] == 1


@pytest.mark.parametrize("change", [{"session_ended": True}, {"credentials_changed": True}], ids=str)
def test_update_mode_repairs_a_link(api: Api, change: dict[str, bool]) -> None:
    """After a failed refresh a login in update mode repairs the same link: same id, same token, refresh works."""
    link_id, access_token = api.link_of(tracking_info="t")
    api.sandbox.connection(link_id).change(**change)
    task = api.post("/refresh/tasks/", {"access_token": access_token}, 200)["task_id"]
    api.sandbox.settle()
    assert api.get(f"/refresh/tasks/{task}/")["status"] == "login_error"
    user_id = api.get(f"/tasks/{task}/")["user_id"]
    body = {"product_type": "income", "access_token": access_token}
    token = api.post(f"/users/{user_id}/tokens/", body, 200)
    assert token["access_token"] == access_token
    ending = api.sandbox.complete_bridge(token["bridge_token"])
    assert (ending["link_id"], ending["status"]) == (link_id, "login")
    api.sandbox.settle()
    assert api.get(f"/links/{link_id}/")["status"] == "done"
    task = api.post("/refresh/tasks/", {"access_token": access_token}, 200)["task_id"]
    api.sandbox.settle()
    assert api.get(f"/refresh/tasks/{task}/")["status"] == "done"


@pytest.mark.parametrize(
    ("login", "status", "walk"),
    [
        ({"password": "nope"}, "login_error", ["new", "login", "login_error"]),
        ({"username": "nobody"}, "login_error", ["new", "login", "login_error"]),
        ({"password": "mfa"}, "mfa_error", ["new", "login", "mfa", "mfa_error"]),
        ({"password": "mfa", "mfa_code": "99"}, "mfa_error", ["new", "login", "mfa", "mfa_error"]),
        ({"password": "mfa", "mfa_code": "12345"}, "login", ["new", "login", "mfa", "parse", "full_parse", "done"]),
        ({"password": "longcheck"}, "login", ["new", "login", "parse", "full_parse", "done"]),
        *(
            ({"username": "error.user", "password": status}, status, None)
            for status in ("login_error", "mfa_error", "account_locked", "config_error", "unavailable", "no_data")
        ),
    ],
    ids=str,
)
def test_logins_walk_as_documented(api: Api, login: dict[str, str], status: str, walk: list[str] | None) -> None:
    """Each test login ends as documented, is answered at once, and walks through the documented states."""
    api.subscribe("http://127.0.0.1:9/hooks", events=["task-status-updated"])
    ending = api.sandbox.complete_bridge(new_token(api)["bridge_token"], **login)
    assert ending["status"] == status
    assert (ending["public_token"] is None) is (status != "login")
    assert api.get(f"/tasks/{ending['task_id']}/")["status"] == "new"
    api.sandbox.settle()
    import json

    seen = [json.loads(each["body"])["status"] for each in api.sandbox.deliveries]
    if walk is not None:
        assert seen == walk
    assert seen[-1] == ("done" if status == "login" else status)
    assert api.get(f"/tasks/{ending['task_id']}/")["status"] == seen[-1]
