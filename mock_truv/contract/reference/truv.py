"""Truv as this program sees it: requests whose outcome is a value. Nobody else sends anything."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode, urljoin, urlsplit

import msgspec

from mock_truv.contract.reference import pacing, rules

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from mock_truv.contract.adapter import Env
    from mock_truv.contract.reference.store import Store

TIMEOUT_S = 60.0
PAGES_MAX = 2_000
EXACTLY = msgspec.json.Decoder(float_hook=str)
"""Numbers with a fraction stay the text that came."""


@dataclass(frozen=True)
class Known:
    """It happened, and this is what Truv says."""

    body: dict[str, Any]


@dataclass(frozen=True)
class Refused:
    """It did not happen, and asking again will not help by itself."""

    status: int
    text: str
    limit: bool = False


@dataclass(frozen=True)
class Unknown:
    """Nobody knows whether it happened; of a read: nothing was learnt."""


@dataclass(frozen=True)
class Held:
    """It did not happen, because nothing may be sent before this instant."""

    until_us: int


Outcome = Known | Refused | Unknown | Held


class Truv:
    """The client. Pauses belong to the whole account and live in the store."""

    def __init__(self, env: Env, store: Store, now_us: Callable[[], int]) -> None:
        assert env.send is not None, "this program is reached through send"
        self._send = env.send
        self._base = env.api_base.rstrip("/")
        self._keys = {"X-Access-Client-Id": env.client_id, "X-Access-Secret": env.access_secret}
        self._store = store
        self._now_us = now_us
        self.ahead_us = 0
        self._open = 0
        """Truv's clock minus ours, as its last answer told; what Truv judges by its clock is compared on it."""

    def read_order(self, order_id: str) -> Outcome:
        """Read an order; one without a list of employers is no order."""
        return _order(self._call("GET", f"/orders/{quote(order_id, safe='')}/"))

    def refresh(self, order_id: str, body: dict[str, Any]) -> Outcome:
        """Ask for the refresh of an order. Not idempotent."""
        return _order(self._call("POST", f"/orders/{quote(order_id, safe='')}/", body), but=order_id)

    def create_order(self, body: dict[str, Any]) -> Outcome:
        """Create an order for a new login. Not idempotent."""
        return _order(self._call("POST", "/orders/", body))

    def cancel_order(self, order_id: str) -> Outcome:
        """Withdraw an order and its link."""
        return self._call("POST", f"/orders/{quote(order_id, safe='')}/cancel/")

    def read_task(self, task_id: str) -> Outcome:
        """Read a refresh task."""
        return self._call("GET", f"/refresh/tasks/{quote(task_id, safe='')}/")

    def read_link(self, link_id: str) -> Outcome:
        """Read a connection."""
        return self._call("GET", f"/links/{quote(link_id, safe='')}/")

    def read_report(self, link_id: str, product: str) -> Outcome:
        """Read a connection's report, which all its orders share."""
        return self._call("GET", f"/links/{quote(link_id, safe='')}/{product}/report/")

    def create_token(self, user_id: str, body: dict[str, Any]) -> Outcome:
        """Make a bridge token for a session of this person."""
        return self._call("POST", f"/users/{quote(user_id, safe='')}/tokens/", body)

    def list_orders(self) -> Iterator[Outcome]:
        """Yield all pages of the order list."""
        return self._pages("/orders/", {"page_size": 100})

    def list_deliveries(self, event_type: str, since: str) -> Iterator[Outcome]:
        """Yield all pages of the webhooks of one type that Truv has tried to deliver since an instant."""
        query = {"event_type": event_type, "created_at__gte": since, "page_size": 100}
        return self._pages("/webhook-requests/", query)

    def _pages(self, place: str, query: dict[str, Any]) -> Iterator[Outcome]:
        """Yield the pages of a list, ending after the last, at a repeated cursor, or with what went wrong."""
        path, seen = f"{place}?{urlencode(query)}", set[str]()
        for _ in range(PAGES_MAX):
            seen.add(path)
            page = self._call("GET", path)
            if isinstance(page, Known) and not isinstance(page.body.get("results"), list):
                page = Unknown()
            yield page
            following = page.body.get("next") if isinstance(page, Known) else None
            if not isinstance(following, str) or not following:
                return
            path = f"{place}?{urlsplit(urljoin(self._base, following)).query}"
            if path in seen:
                return

    def _call(self, method: str, path: str, body: dict[str, Any] | None = None) -> Outcome:
        with self._store.writing():
            gate, now_us = self._store.gate(), self._now_us()
            opens_us = pacing.opening(gate, now_us)
            if opens_us > now_us:
                return Held(opens_us)
            if self._open >= rules.REQUESTS_MAX:
                return Held(now_us + rules.SECOND_US)
            self._open += 1
            self._store.set_gate(pacing.admitted(gate, now_us))
        headers = dict(self._keys) | {"Accept": "application/json"}
        raw = None
        if body is not None:
            raw, headers["Content-Type"] = msgspec.json.encode(body), "application/json"
        try:
            status, given, answer = self._send(
                method, f"{self._base}/v1{path}", headers=headers, body=raw, timeout=TIMEOUT_S
            )
        except (TimeoutError, ConnectionError):
            status, given, answer = 0, {}, b""
        finally:
            self._open -= 1
        given = {name.lower(): value for name, value in given.items()}
        self.ahead_us = pacing.ahead_us(given.get("date"), self._now_us(), self.ahead_us)
        return self._judged(now_us, status, given.get("retry-after"), answer)

    def _judged(self, asked_us: int, status: int, retry_after: str | None, raw: bytes) -> Outcome:
        text = raw.decode(errors="replace") if 400 <= status < 500 else ""
        content = parsed(raw) if 200 <= status < 300 else None
        with self._store.writing():
            gate, now_us = self._store.gate(), self._now_us()
            if status == 429 and not rules.is_limit(text):
                gate = pacing.throttled(gate, retry_after, now_us)
            elif status in {401, 403}:
                gate = pacing.refused(gate, now_us)
            elif 400 <= status < 500 or content is not None:
                gate = pacing.succeeded(gate, asked_us)
            else:
                gate = pacing.failed(gate, now_us)
            self._store.set_gate(gate)
        if status in {401, 403} or (status == 429 and not rules.is_limit(text)):
            return Held(gate.until_us)
        if 400 <= status < 500 and status != 408:
            return Refused(status, text, rules.is_limit(text))
        return Known(content) if content is not None else Unknown()


def parsed(raw: bytes) -> dict[str, Any] | None:
    """Return a JSON object with its numbers' text kept exactly; None when it is no object."""
    try:
        content = EXACTLY.decode(raw)
    except (ValueError, RecursionError):
        return None
    return content if isinstance(content, dict) else None


def _order(outcome: Outcome, but: str | None = None) -> Outcome:
    """Return an outcome that is known only if it shows an order, and not the one that was asked about."""
    if isinstance(outcome, Known):
        ident = outcome.body.get("id")
        if not isinstance(ident, str) or not ident or ident == but:
            return Unknown()
        if not isinstance(outcome.body.get("employers"), list):
            return Unknown()
    return outcome
