"""What stands in a journal. An entry holds a command and the digest of what it led to, never the outcome itself.

Entries form a hash chain: each one's ``chain`` covers all before it, so that a changed line is found.
"""

from __future__ import annotations

from hashlib import blake2b

import msgspec

from mock_truv.commands import Command
from mock_truv.core.plain import Frozen
from mock_truv.core.profile import Profile

FORMAT = 2


class JournalError(Exception):
    """The file is not a journal, or a line of it cannot be read; the message names line and cause."""


class Opening(Frozen, frozen=True, kw_only=True, tag="opening"):
    """Where a sandbox's journal begins: all that its world is made of."""

    sandbox: str
    """The sandbox's name; several sandboxes of a server share one file."""
    format: int
    engine: str
    """Version of mock-truv that wrote it."""
    base_seed: int
    """The number that was given (``--seed``)."""
    seed: str
    """The world's seed, made of that number and the name."""
    clock: str
    """Clock mode; it does not matter to a replay."""
    started_us: int
    catalog: str
    """Digest of the fixtures; other fixtures give other reports."""
    profile: Profile
    client_id: str


class Entry(Frozen, frozen=True, kw_only=True, tag="entry"):
    """One command."""

    sandbox: str
    seq: int
    """From 1, without gaps."""
    at_us: int
    """The world's present when it was carried out (for a step: after it)."""
    step: int
    """Agenda steps taken before it."""
    command: Command
    digest: str
    """Digest of the outcome."""
    chain: str


_ENCODER = msgspec.json.Encoder()


def opening_chain(opening: Opening) -> str:
    """Return the chain value before the first entry."""
    return _hash(b"", _ENCODER.encode(opening))


def entry_chain(before: str, seq: int, at_us: int, step: int, command: Command, digest: str) -> str:
    """Return the chain value of an entry that follows one with chain value ``before``."""
    return _hash(before.encode(), _ENCODER.encode((seq, at_us, step, command, digest)))


def _hash(*parts: bytes) -> str:
    return blake2b(b"\n".join(parts), digest_size=16).hexdigest()
