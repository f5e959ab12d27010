"""One request to Truv, and the few ways in which it can end. Knows nothing of cases.

A call returns a JSON object or raises one of four things, which callers must tell apart:

    Unknown      no answer, or none that can be read: a POST may have happened or not
    Refused      the service said no, and nothing happened
    LimitReached the service said no to a refresh because a connection has used up its three
    Paused       the whole account has to wait (429), or its keys are refused (401, 403); nothing happened
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from hashlib import sha256
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from mock_truv.contract.adapter import Env

JsonObject = dict[str, Any]
Gate = dict[str, Any]

TIMEOUT_S = 20.0
PROBE_S = 300.0
"""Pause between two tries with refused keys."""
FIRST_PAUSE_S, SHORTEST_S, LONGEST_S = 30.0, 1.0, 3600.0
PAGES_MAX = 1000
SKEW_MIN_S = 2.0
"""Dates of HTTP are in whole seconds."""


class Unknown(Exception):  # noqa: N818 -- an outcome, not a mistake
    """Nobody knows whether it happened."""


class Refused(Exception):  # noqa: N818
    """Nothing happened; ``text`` is for telling refusals apart, never for a log."""

    def __init__(self, status: int, text: str = "") -> None:
        super().__init__(f"refused {status}")
        self.status = status
        self.text = text


class LimitReached(Refused):
    """A connection has used up its refreshes of 24 hours."""


class Paused(Exception):  # noqa: N818
    """Nothing may be sent before ``until`` (seconds since 1970)."""

    def __init__(self, until: float) -> None:
        super().__init__("paused")
        self.until = until


class Truv:
    """A client of one account. ``gate`` is the account's pause, plain data that the program keeps in its store."""

    def __init__(self, env: Env, gate: Gate, now: Callable[[], float], timeout_s: float = TIMEOUT_S) -> None:
        assert env.send is not None, "these examples talk through env.send"
        self._env, self._send, self._gate, self._now = env, env.send, gate, now
        self._timeout_s = timeout_s

    @property
    def skew_s(self) -> float:
        """How far the service's clock was ahead of ours at its last answer; 0 unless ours is plainly wrong."""
        return float(self._gate.get("skew", 0.0))

    def now(self) -> float:
        """Return the service's present, with which its own times are to be compared."""
        return self._now() + self.skew_s

    def get(self, path: str) -> JsonObject:
        """Return what ``path`` (below ``/v1``) holds."""
        return self._call("GET", path, None, {})

    def post(self, path: str, body: JsonObject, *, key: str) -> JsonObject:
        """Make something. ``key`` names the attempt: harmless where it is ignored, never relied on."""
        return self._call("POST", path, json.dumps(body).encode(), {"Idempotency-Key": key})

    def new_order(self, path: str, body: JsonObject, *, key: str) -> JsonObject:
        """Make an order and return it; an answer without its employers does not say what was made."""
        return checked(self.post(path, body, key=key))

    def order(self, order_id: str) -> JsonObject:
        """Return an order; an answer that lacks its employers is none."""
        return checked(self.get(f"/orders/{order_id}/"))

    def orders(self) -> Iterator[JsonObject]:
        """Yield every order of every page; a page that comes again, or is gone by now, is the end.

        Raises:
            Refused: 404, this account has no such list.
        """
        query: str | None = "page_size=100"
        seen: set[str] = set()
        while query and query not in seen and len(seen) < PAGES_MAX:
            seen.add(query)
            try:
                page = self.get(f"/orders/?{query}")
            except Refused as refused:
                if refused.status == 404 and len(seen) > 1:
                    return
                raise
            if not isinstance(page.get("results"), list):
                raise Unknown("a page without results")
            yield from (it for it in page["results"] if isinstance(it, dict))
            query = urlsplit(page.get("next") or "").query  # only the query: keys never follow a foreign address

    def _call(self, method: str, path: str, body: bytes | None, more: dict[str, str]) -> JsonObject:
        gate, now = self._gate, self._now()
        if gate.get("until", 0.0) > now:
            raise Paused(gate["until"])
        headers = {
            "X-Access-Client-Id": self._env.client_id,
            "X-Access-Secret": self._env.access_secret,
            "Accept": "application/json",
            **more,
        }
        if body is not None:
            headers["Content-Type"] = "application/json"
        url = f"{self._env.api_base}/v1{path}"
        try:
            status, got, raw = self._send(method, url, headers=headers, body=body, timeout=self._timeout_s)
        except OSError:
            raise Unknown("no answer") from None  # the error may show the request with its keys
        got = {str(name).lower(): str(value) for name, value in got.items()}
        date = http_date(got.get("date", ""))
        skew_s = 0.0 if date is None else date - self._now()
        gate["skew"] = skew_s if abs(skew_s) > SKEW_MIN_S else 0.0
        return self._judge(status, got, raw)

    def _judge(self, status: int, headers: dict[str, str], raw: bytes) -> JsonObject:
        gate, now = self._gate, self._now()
        text = raw.decode(errors="replace")
        if status in {400, 429} and "refresh limit" in text.lower():
            raise LimitReached(status, text)
        if status == 429:
            gate["refusals"] = gate.get("refusals", 0) + 1
            gate["until"] = now + pause_s(headers.get("retry-after"), gate["refusals"], self.now())
            raise Paused(gate["until"])
        if status in {401, 403}:
            gate["blocked"], gate["until"] = True, now + PROBE_S
            raise Paused(gate["until"])
        if status < 200 or 300 <= status < 400 or status >= 500 or status == 408:
            raise Unknown(f"status {status}")
        gate["blocked"], gate["refusals"] = False, 0
        if status >= 400:
            raise Refused(status, text)
        try:
            found = json.loads(raw, parse_float=str)  # money stays what it says
        except (ValueError, RecursionError):
            raise Unknown("unreadable") from None
        if not isinstance(found, dict):
            raise Unknown("not an object")
        return found


def checked(order: JsonObject) -> JsonObject:
    """Return an order; what lacks its id or its employers is none, and nothing is read from it."""
    parts = [order, *parts] if isinstance(parts := order.get("employers"), list) else []
    if not parts or not all(isinstance(it, dict) and isinstance(it.get("id"), str) for it in parts):
        raise Unknown("no order")
    return order


def pause_s(retry_after: str | None, refusals: int, now: float) -> float:
    """Return how long a 429 asks us to wait: seconds, or a date; nothing or nonsense is an own, growing pause."""
    text = (retry_after or "").strip()
    wait = min(FIRST_PAUSE_S * 2 ** min(refusals - 1, 10), LONGEST_S)
    if text.isascii() and text.isdigit():
        wait = float(text[:12])
    elif text:
        date = http_date(text)
        wait = wait if date is None else date - now
    return float(min(max(wait, SHORTEST_S), LONGEST_S))


def http_date(text: str) -> float | None:
    """Return the instant that an HTTP date names; None for what is none."""
    try:
        found = parsedate_to_datetime(text)
    except ValueError:
        return None
    return found.replace(tzinfo=found.tzinfo or UTC).timestamp()


def pause_after(fails: int, pauses_s: Sequence[float], who: str) -> float:
    """Return how long to wait after so many failures: those that failed together do not come back together."""
    spread = sha256(f"{who} {fails}".encode()).digest()[0] / 1024
    return pauses_s[min(fails, len(pauses_s)) - 1] * (1.0 + spread)


def instant(value: Any) -> float | None:
    """Return a time of the service as seconds since 1970; None for what is none. All documented forms are read."""
    try:
        found = datetime.fromisoformat(value)
    except (TypeError, ValueError):
        return None
    return found.replace(tzinfo=found.tzinfo or UTC).timestamp()


def text_of(when: float) -> str:
    """Return an instant as RFC 3339 text."""
    return datetime.fromtimestamp(when, UTC).isoformat().replace("+00:00", "Z")
