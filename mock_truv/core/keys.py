"""Access keys that a client makes besides the one its sandbox was opened with.

What is documented is the dashboard: at most two active keys per environment, and a key that is gone is gone at once and
for good. The rest is assumed. The sandbox's own key is always active and counts as one of the two; it is not in the
state and cannot be deactivated, so that no sandbox locks itself out. A reset forgets the keys made.

A secret follows from the seed and the key's number, so the state, and with it every snapshot, holds none.
"""

from __future__ import annotations

import hmac
from hashlib import blake2b
from typing import TYPE_CHECKING

from mock_truv.core.errors import WrongInput
from mock_truv.core.model import AccessKey

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mock_truv.core.base import WorldBase
    from mock_truv.core.state import State

ACTIVE_LIMIT = 2
"""Active keys of one environment, the sandbox's own included (dashboard page)."""


def create(world: WorldBase) -> AccessKey:
    """Make an access key.

    Raises:
        WrongInput: Two are active already.
    """
    if len(active(world.state)) + 1 >= ACTIVE_LIMIT:
        text = f"{ACTIVE_LIMIT} keys of this environment are active, the sandbox's own among them; deactivate one first"
        raise WrongInput(("env_type", text))
    made = AccessKey(id=world.new_id("access-key"), ordinal=world.new_ordinal("secret"), created_us=world.now_us)
    world.state.access_keys[made.id] = made
    world.happened("access-key", made.id, "created")
    return made


def deactivate(world: WorldBase, key_id: str) -> AccessKey:
    """End a key, at once and for good; ending it again changes nothing.

    Raises:
        WrongInput: No key that was made here has this id; the sandbox's own key has none.
    """
    key = world.state.access_keys.get(key_id)
    if key is None:
        text = f"No key made here has the id {key_id!r}; the sandbox's own key stays active, so nobody is locked out"
        raise WrongInput(("id", text))
    if key.deactivated_us is None:
        key.deactivated_us = world.now_us
        world.happened("access-key", key.id, "deactivated")
    return key


def active(state: State) -> list[AccessKey]:
    """Return the active keys, without the sandbox's own."""
    return [key for key in state.access_keys.values() if key.deactivated_us is None]


def secret_of(seed: str, key: AccessKey) -> str:
    """Return the secret of a key: ``sandbox-`` and 40 hex characters (documented form)."""
    return f"sandbox-{blake2b(f'secret {key.ordinal}'.encode(), key=seed.encode(), digest_size=20).hexdigest()}"


def secrets_of(state: State) -> Iterator[str]:
    """Yield the secret of every key ever made: none of them may be written down."""
    return (secret_of(state.seed, key) for key in state.access_keys.values())


def accepts(state: State, secret: str) -> bool:
    """Return whether a secret is that of an active key made here."""
    return any(hmac.compare_digest(secret_of(state.seed, key).encode(), secret.encode()) for key in active(state))
