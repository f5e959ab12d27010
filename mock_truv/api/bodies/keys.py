"""Request bodies of access keys, and of the older way to a bridge token."""

from __future__ import annotations

from typing import Literal

import msgspec

from mock_truv.api.bodies.users import CreateToken, CreateUser


class CreateKey(msgspec.Struct):
    """``POST /v1/keys/`` (its fields are not documented: assumed). This is a sandbox, so it makes sandbox keys only."""

    env_type: Literal["sandbox"] | None = None


class DeactivateKey(msgspec.Struct):
    """``POST /v1/keys/deactivate/`` (its fields are not documented: assumed).

    The key is named by its id and not by its secret, because bodies are journaled and secrets must not be.
    """

    id: str


class CreateOldToken(CreateToken):
    """``POST /v1/bridge-tokens/``: deprecated; the user stands in the body."""

    user: CreateUser | None = None
    primary_color: str | None = None
    """A colour as hex; it has no effect."""
