"""Access keys that a client makes, and the deprecated way to a bridge token."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import msgspec

from mock_truv.api.shapes.keys import AccessKey
from mock_truv.core import keys

if TYPE_CHECKING:
    from tests.conftest import Api


def test_a_key_is_made(api: Api) -> None:
    """A new key is 201 with a secret of the documented form that nobody else has; the sandbox accepts it."""
    made = api.post("/keys/")
    msgspec.convert(made, AccessKey)
    assert re.fullmatch(r"sandbox-[0-9a-f]{40}", made["secret"])
    assert made["secret"] != api.sandbox.secret
    assert (made["is_active"], made["env_type"], made["deactivated_at"]) == (True, "sandbox", None)
    state = api.sandbox.runtime.journal.world.state
    assert keys.accepts(state, made["secret"])
    assert not keys.accepts(state, made["secret"][:-1] + "x")
    assert not keys.accepts(state, "")


def test_two_keys_are_active_at_most(api: Api, other_api: Api) -> None:
    """Beside the sandbox's own key one more may be active; another sandbox has keys of its own."""
    made = api.post("/keys/", {"env_type": "sandbox"})
    before = api.world_digest()
    assert "2 keys" in api.refused("POST", "/keys/", {})["env_type"]
    assert api.world_digest() == before
    assert other_api.post("/keys/")["secret"] != made["secret"]
    api.post("/keys/deactivate/", {"id": made["id"]}, 200)
    assert api.post("/keys/")["id"] != made["id"]


def test_a_deactivated_key_is_gone_for_good(api: Api) -> None:
    """A deactivated key is accepted no more, is shown masked, and ending it again changes nothing."""
    made = api.post("/keys/")
    ended = api.post("/keys/deactivate/", {"id": made["id"]}, 200)
    msgspec.convert(ended, AccessKey)
    assert ended["secret"] == "*" * 44 + made["secret"][-4:]
    assert (ended["is_active"], ended["deactivated_at"] is None) == (False, False)
    assert not keys.accepts(api.sandbox.runtime.journal.world.state, made["secret"])
    api.sandbox.clock.advance(hours=1)
    before = api.world_digest()
    assert api.post("/keys/deactivate/", {"id": made["id"]}, 200) == ended
    assert api.world_digest() == before


def test_no_sandbox_locks_itself_out(api: Api) -> None:
    """Nothing that is sent to ``deactivate`` ends the sandbox's own key, not even the key itself."""
    for body in ({}, {"id": "x"}, {"id": api.sandbox.secret}, {"id": api.sandbox.client_id}):
        assert list(api.refused("POST", "/keys/deactivate/", body)) == ["id"]
    assert api.get("/users/")["count"] == 0
    assert api.refused("POST", "/keys/", {"env_type": "prod"})["env_type"]


def test_no_secret_is_written_down(api: Api) -> None:
    """Neither the journal nor the state holds the secret of a key that was made."""
    made = api.post("/keys/")
    api.post("/keys/deactivate/", {"id": made["id"]}, 200)
    journal = api.sandbox.runtime.journal
    written = b"".join(msgspec.json.encode(record.entry) for record in journal.records) + journal.world.snapshot()
    assert made["id"].encode() in written
    for part in (made["secret"], made["secret"].removeprefix("sandbox-"), made["secret"][-12:]):
        assert part.encode() not in written


def test_old_token_brings_its_user(api: Api) -> None:
    """The deprecated operation makes the user of its body, or takes the one whose ``external_user_id`` is known."""
    user = {"external_user_id": "case-9", "first_name": "Ada", "last_name": "Quill"}
    body = {"product_type": "income", "user": user, "client_name": "Desk", "primary_color": "#336699"}
    first = api.post("/bridge-tokens/", body, 200)
    assert (first["client_name"], first["product_type"]) == ("Desk", "income")
    assert api.get(f"/users/{first['user_id']}/")["first_name"] == "Ada"
    second = api.post("/bridge-tokens/", body, 200)
    assert second["user_id"] == first["user_id"]
    assert second["bridge_token"] != first["bridge_token"]
    assert api.post("/bridge-tokens/", {"product_type": "income"}, 200)["user_id"] != first["user_id"]
    ending = api.sandbox.complete_bridge(first["bridge_token"])
    assert ending["status"] == "login"


def test_wrong_old_tokens_change_nothing(api: Api) -> None:
    """A wrong body, or an access token of nobody, is refused by name; no user is left behind."""
    before = api.world_digest()
    assert list(api.refused("POST", "/bridge-tokens/", {})) == ["product_type"]
    wrong = {"product_type": "income", "user": {"ssn": "12"}}
    assert list(api.refused("POST", "/bridge-tokens/", wrong)) == ["user.ssn"]
    update = {"product_type": "income", "user": {"external_user_id": "new"}, "access_token": "0" * 32}
    assert list(api.refused("POST", "/bridge-tokens/", update)) == ["access_token"]
    switch = {"product_type": "pll", "user": {"external_user_id": "new"}}
    assert list(api.refused("POST", "/bridge-tokens/", switch)) == ["company_mapping_id"]
    assert api.world_digest() == before
    assert api.get("/users/")["count"] == 0
