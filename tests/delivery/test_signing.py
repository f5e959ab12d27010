"""Signatures, checked against an HMAC written out by hand and against vectors that anyone can use."""

from __future__ import annotations

import hashlib
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mock_truv.delivery.signing import HEADER, sign, verify
from mock_truv.resources import folder

MANY = settings(max_examples=200, deadline=None)
SUITE: dict[str, Any] = msgspec.json.decode((folder("fixtures") / "signature_vectors.json").read_bytes())
VECTORS: list[dict[str, Any]] = SUITE["tests"]
BLOCK = 64
secrets = st.text(st.characters(min_codepoint=33, max_codepoint=126), max_size=100).map("sandbox-".__add__)


def by_hand(body: bytes, secret: str) -> str:
    """Return the signature by the definition of HMAC (RFC 2104): two nested hashes with a padded key."""
    key = secret.encode()
    if len(key) > BLOCK:
        key = hashlib.sha256(key).digest()
    key = key.ljust(BLOCK, b"\0")
    inner = hashlib.sha256(bytes(byte ^ 0x36 for byte in key) + body).digest()
    return "v1=" + hashlib.sha256(bytes(byte ^ 0x5C for byte in key) + inner).hexdigest()


@MANY
@given(st.binary(max_size=300), secrets)
def test_signatures_are_hmac(body: bytes, secret: str) -> None:
    """A signature is the HMAC of the body's bytes with the whole secret as key, and verifies."""
    assert sign(body, secret) == by_hand(body, secret)
    assert verify(body, secret, by_hand(body, secret))


@MANY
@given(st.binary(max_size=60), secrets, st.data())
def test_anything_else_does_not_verify(body: bytes, secret: str, data: st.DataObject) -> None:
    """Another body, another secret or any other text in the header is refused, and nothing raises."""
    signature = sign(body, secret)
    at = data.draw(st.integers(0, len(signature) - 1))
    other = data.draw(st.characters())
    changed = signature[:at] + other + signature[at + 1 :]
    assert verify(body, secret, changed) == (changed == signature)
    text = data.draw(st.text(max_size=80))
    assert verify(body, secret, text) == (text == signature)
    assert not verify(body, secret, text + "\ud800")
    assert not verify(body + b"x", secret, signature)
    assert not verify(body, secret + "x", signature)
    assert not verify(body, secret, signature[:at])


@pytest.mark.parametrize("vector", VECTORS, ids=lambda it: f"{it['id']}-{it['comment']}")
def test_vectors(vector: dict[str, Any]) -> None:
    """Each vector verifies exactly when it says so, by our code and by the definition."""
    body = bytes.fromhex(vector["body_hex"])
    assert verify(body, vector["secret"], vector["header"]) is vector["valid"]
    assert (by_hand(body, vector["secret"]) == vector["header"]) is vector["valid"]


def test_the_vectors_are_complete() -> None:
    """Every vector has all its fields, its own id, and only flags that are explained; every explanation is used."""
    assert SUITE["numberOfTests"] == len(VECTORS)
    assert SUITE["header"] == HEADER
    assert [vector["id"] for vector in VECTORS] == list(range(1, len(VECTORS) + 1))
    for vector in VECTORS:
        assert list(vector) == ["id", "comment", "flags", "secret", "body_hex", "header", "valid"]
        assert vector["comment"]
        assert vector["secret"].startswith("sandbox-"), "no vector holds anything like a production secret"
    assert {flag for vector in VECTORS for flag in vector["flags"]} == set(SUITE["notes"])
    assert {vector["valid"] for vector in VECTORS} == {True, False}
