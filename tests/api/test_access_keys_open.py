"""Keys that a client makes open its sandbox, over HTTP."""

from __future__ import annotations

from typing import TYPE_CHECKING

import httpx
import pytest

from mock_truv import Sandbox

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox() as opened:
        yield opened


def call(sandbox: Sandbox, secret: str, method: str, path: str, body: object = None) -> httpx.Response:
    keys = {"X-Access-Client-Id": sandbox.client_id, "X-Access-Secret": secret}
    with httpx.Client(base_url=sandbox.base_url, headers=keys) as client:
        return client.request(method, path, json=body)


def test_a_made_key_opens_until_it_is_deactivated(sandbox: Sandbox) -> None:
    """A made key reads like the own one, at once; deactivated, it is 401 at once, and the own one still opens."""
    made = call(sandbox, sandbox.secret, "POST", "/v1/keys/", {}).json()
    assert call(sandbox, made["secret"], "GET", "/v1/orders/").status_code == 200
    assert call(sandbox, made["secret"], "POST", "/v1/keys/deactivate/", {"id": made["id"]}).status_code == 200
    assert call(sandbox, made["secret"], "GET", "/v1/orders/").status_code == 401
    assert call(sandbox, sandbox.secret, "GET", "/v1/orders/").status_code == 200


def test_no_secret_is_journaled(sandbox: Sandbox) -> None:
    """A made secret that is sent in the wrong place, even after its end, does not stand in the journal."""
    made = call(sandbox, sandbox.secret, "POST", "/v1/keys/", {}).json()
    call(sandbox, sandbox.secret, "POST", "/v1/keys/deactivate/", {"id": made["id"]})
    call(sandbox, sandbox.secret, "POST", "/v1/users/", {"first_name": made["secret"]})
    shown = call(sandbox, sandbox.secret, "GET", "/_mock/journal/").text
    assert "[secret]" in shown
    assert made["secret"] not in shown
