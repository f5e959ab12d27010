"""Operations on what opens a door: access keys, and the deprecated way to a bridge token."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from mock_truv.api import users
from mock_truv.api.bodies.keys import CreateKey, CreateOldToken, DeactivateKey
from mock_truv.api.bodies.users import CreateUser
from mock_truv.api.call import Operation
from mock_truv.api.shapes.keys import AccessKey
from mock_truv.api.shapes.users import BridgeToken
from mock_truv.core import keys
from mock_truv.core.instants import text_z
from mock_truv.core.model import User

if TYPE_CHECKING:
    from mock_truv.api.call import Call
    from mock_truv.core import model

SHOWN_CHARACTERS = 4
"""How much of a secret is shown after it was made (dashboard page)."""


def create(call: Call) -> AccessKey:
    """Make an access key. Its secret is in this answer and in none after it."""
    made = keys.create(call.world)
    return _shown(made, keys.secret_of(call.world.state.seed, made))


def deactivate(call: Call) -> AccessKey:
    """Deactivate a key that was made here; the sandbox's own key stays active (assumed)."""
    body: DeactivateKey = call.body
    key = keys.deactivate(call.world, body.id)
    secret = keys.secret_of(call.world.state.seed, key)
    return _shown(key, "*" * (len(secret) - SHOWN_CHARACTERS) + secret[-SHOWN_CHARACTERS:])


def create_old_token(call: Call) -> BridgeToken:
    """Create a bridge token for the user in the body, who is made unless the ``external_user_id`` is known."""
    body: CreateOldToken = call.body
    given = body.user or CreateUser()
    world = call.world
    known = world.state.users_by_external_id.get(given.external_user_id or "")
    if known is not None:
        return users.create_token(replace(call, target=world.state.users[known]))
    # the token comes first: it may be refused, and then no user may be left behind
    made = users.create_token(replace(call, target=User(id="", created_us=world.now_us, updated_us=world.now_us)))
    made.user_id = users.create(replace(call, body=given)).id
    world.state.tokens[made.bridge_token].user_id = made.user_id
    return made


def _shown(key: model.AccessKey, secret: str) -> AccessKey:
    return AccessKey(
        id=key.id,
        env_type="sandbox",
        secret=secret,
        is_active=key.deactivated_us is None,
        created_at=text_z(key.created_us),
        deactivated_at=None if key.deactivated_us is None else text_z(key.deactivated_us),
    )


OPERATIONS = (
    Operation("POST", "/keys/", create, "key management; fields assumed", CreateKey, 201, "assumed", answer=AccessKey),
    Operation(
        "POST", "/keys/deactivate/", deactivate, "key management; fields assumed", DeactivateKey, basis="assumed",
        answer=AccessKey,
    ),
    Operation(
        "POST", "/bridge-tokens/", create_old_token, "bridge-tokens_create, deprecated; details inferred",
        CreateOldToken, basis="inferred", answer=BridgeToken,
    ),
)  # fmt: skip
