"""Identifiers: a keyed hash of (seed, kind, ordinal), never of anything a client sent.

Two sandboxes have two seeds and so never share an identifier; the order in which tests run does not matter.
"""

from __future__ import annotations

from hashlib import blake2b, sha256

DEFAULT_SEED = 0


def sandbox_seed(server_seed: int, name: str) -> str:
    """Return the seed of the sandbox called ``name``: 64 hex characters."""
    return sha256(f"mock-truv sandbox\n{server_seed}\n{name}".encode()).hexdigest()


def identifier(seed: str, kind: str, ordinal: int | str) -> str:
    """Return 32 lower-case hex characters, the documented form of ids and tokens (32 hex, no dashes)."""
    return blake2b(f"{seed}\n{kind}\n{ordinal}".encode(), digest_size=16).hexdigest()


def number(seed: str, stream: str, ordinal: int | str, below: int) -> int:
    """Return an integer in ``range(below)`` from a named stream of the world's own chance."""
    digest = blake2b(f"{stream}\n{ordinal}".encode(), key=seed.encode(), digest_size=16).digest()
    return int.from_bytes(digest, "big") % below


def short_code(seed: str, ordinal: int) -> str:
    """Return the last part of a short share link: ten characters, unique within a sandbox in practice."""
    return blake2b(f"short\n{ordinal}".encode(), key=seed.encode(), digest_size=5).hexdigest()


def sandbox_keys(seed: str) -> tuple[str, str]:
    """Return (client id, access secret) of a sandbox: 32 hex, and ``sandbox-`` with 40 hex (documented forms)."""
    secret = blake2b(b"secret", key=seed.encode(), digest_size=20).hexdigest()
    return identifier(seed, "client", 0), f"sandbox-{secret}"
