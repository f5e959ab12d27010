"""Truv over HTTP: what an answer means, when nothing may be sent, how orders and reports are read. Knows no cases."""

from __future__ import annotations

import contextlib
import hashlib
import http.client
import json
import re
import socket
import threading
from dataclasses import dataclass
from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlsplit

from store import HOUR_US, MINUTE_US, SECOND_US, instant

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from store import Store

HTTP_TIMEOUT_S = 10.0
PROBE_PAUSE_US = 5 * MINUTE_US
EXACT = frozenset({
    "login_error", "mfa_error", "config_error", "account_locked", "unable_to_reset", "no_data", "unavailable",
    "not_supported",
})  # fmt: skip
LIMIT = re.compile("refresh limit", re.IGNORECASE)


class Held(Exception):  # noqa: N818 -- it is no error
    """The account may send nothing now; the request was not carried out."""


class Unreadable(Exception):  # noqa: N818 -- it is no error
    """A read brought nothing: no answer, a server's fault, a broken body. It is to be tried again."""


@dataclass(frozen=True)
class Answer:
    """``ok`` with data, ``refused`` for good with a status, ``limit`` of a connection, or ``unknown``: done or not?"""

    kind: str
    data: Any = None
    status: int = 0
    about: str = ""


@dataclass
class Clock:
    """The program's time; moved from outside in test builds."""

    now_us: int


def growing_us(tries: int, first_us: int = 30 * SECOND_US, most_us: int = HOUR_US) -> int:
    """Return a pause that doubles with each try."""
    return min(first_us << min(tries, 20), most_us)


class Client:
    """The API of one account. Its pauses are kept in the store, for a restart does not end them."""

    def __init__(self, env: Mapping[str, Any], clock: Clock, store: Store) -> None:
        self._base = urlsplit(env["api_base"].rstrip("/"))
        self._keys = {"X-Access-Client-Id": env["client_id"], "X-Access-Secret": env["access_secret"]}
        self._clock, self._store = clock, store
        self.account = store.get("account", "") or {"pause_until_us": 0, "pauses": 0, "blocked": False, "probe_us": 0}

    @property
    def opens_us(self) -> int:
        """When the next request may be sent: after a 429, or as the next probe of refused keys."""
        probe_us = self.account["probe_us"] if self.account["blocked"] else 0
        return int(max(self.account["pause_until_us"], probe_us))

    def call(self, method: str, path: str, body: Any = None) -> Answer:
        """Make a request.

        Raises:
            Held: It was not sent, or the account was told to wait.
        """
        now_us = self._clock.now_us
        if now_us < self.opens_us:
            raise Held
        if self.account["blocked"]:
            self._change(probe_us=now_us + PROBE_PAUSE_US)
        try:
            status, headers, raw = self._exchange(method, f"{self._base.path}/v1{path}", body)
        except (OSError, http.client.HTTPException, ValueError):
            return Answer("unknown")
        return self._judged(status, headers, parsed(raw))

    def read(self, path: str) -> Answer:
        """Return an answer that is ``ok`` with an object, or ``refused``.

        Raises:
            Held: Nothing may be sent now.
            Unreadable: There was no answer to make sense of.
        """
        answer = self.call("GET", path)
        if answer.kind not in {"ok", "refused"}:
            raise Unreadable
        return answer

    def order(self, order_id: str) -> Answer:
        """Read an order; raises as ``read``, also when it is another one or has no employers."""
        answer = self.read(f"/orders/{quote(order_id)}/")
        if answer.kind == "ok" and not is_order(answer.data, order_id):
            raise Unreadable
        return answer

    def all_orders(self) -> list[Any]:
        """Return every order of the list, to its last page; none where there is no list. Raises as ``read``."""
        found: dict[str, Any] = {}
        asked: set[str] = set()
        query = ""
        while query not in asked:
            asked.add(query)
            answer = self.read(f"/orders/{query}")
            if answer.kind == "refused":
                break
            if not isinstance(answer.data.get("results"), list):
                raise Unreadable
            found |= {each["id"]: each for each in answer.data["results"]}
            following = answer.data.get("next")
            if not following:
                break
            query = f"?{urlsplit(following).query}"  # the keys go to our own host only
        return list(found.values())

    def report(self, order: Any, sub: Any, product: str, since_us: int) -> dict[str, Any] | None:
        """Return the data of a completed suborder; None while they are not there, or older than ``since_us``."""
        items, report_id = sub.get("employments") or [], order.get("voie_report_id")
        if items and report_id:
            tasks = sub.get("tasks") or [{}]
            as_of = order.get("completed_at") or tasks[-1].get("updated_at") or order.get("updated_at")
            return {"items": items, "report_id": report_id, "as_of": as_of}
        if not sub.get("link_id"):
            return None
        shown = self.read(f"/links/{sub['link_id']}/{product}/report/").data or {}
        as_of = shown.get("finished_at") or shown.get("completed_at")
        if shown.get("status") != "done" or (instant(as_of) or 0) < since_us:  # it is shared with older orders
            return None
        return {"items": shown.get("employments") or [], "report_id": shown.get("id"), "as_of": as_of}

    def failure(self, sub: Any, product: str) -> str | None:
        """Return why a refresh failed, from the read that shows it; None while none says. Raises as ``read``."""
        task = (sub.get("tasks") or [{}])[-1]
        if LIMIT.search(task.get("error_message") or ""):
            return "limit"
        places = [(f"/refresh/tasks/{task.get('id')}/", "status")] if task.get("id") else []
        places += [
            (f"/links/{sub['link_id']}/{product}/report/", "refresh_status"),
            (f"/links/{sub['link_id']}/", "status"),
        ]
        seen = [task.get("status")]
        for path, name in places:
            if seen[-1] in EXACT:
                break
            seen.append((self.read(path).data or {}).get(name))
        return seen[-1] if seen[-1] in EXACT else "error" if "error" in seen else None

    def holder(self, link_id: str | None) -> str | None:
        """Return whose data a connection has; None where its report cannot be read any more. Raises as ``read``."""
        data = self.read(f"/links/{link_id}/employment/report/").data if link_id else None
        return holder_of((data or {}).get("employments"))

    def _exchange(self, method: str, path: str, body: Any) -> tuple[int, http.client.HTTPMessage, bytes]:
        secure = self._base.scheme == "https"
        kind = http.client.HTTPSConnection if secure else http.client.HTTPConnection
        connection = kind(self._base.hostname or "", self._base.port, timeout=HTTP_TIMEOUT_S)
        headers = {**self._keys, "Accept": "application/json"}
        data = None if body is None else json.dumps(body).encode()
        if data is not None:
            headers["Content-Type"] = "application/json"
        connection.connect()
        # A socket's own time limit starts anew with each byte; this one is for the whole answer.
        watch = threading.Timer(HTTP_TIMEOUT_S, _cut, [connection.sock])
        watch.start()
        try:
            connection.request(method, path, data, headers)
            response = connection.getresponse()
            return response.status, response.headers, response.read()
        finally:
            watch.cancel()
            connection.close()

    def _judged(self, status: int, headers: http.client.HTTPMessage, data: Any) -> Answer:
        about = json.dumps(data.get("error")) if isinstance(data, dict) else ""
        is_limit = bool(LIMIT.search(about))
        if status == 429 and not is_limit:
            self._pause(headers)
            raise Held
        if status in {401, 403}:
            self._change(blocked=True, probe_us=self._clock.now_us + PROBE_PAUSE_US)
            raise Held
        if status < 200 or 300 <= status < 400 or status == 408 or status >= 500:
            return Answer("unknown", status=status)
        if self.account["blocked"] or self.account["pauses"]:
            self._change(blocked=False, pauses=0)
        if status >= 400:
            return Answer("limit" if is_limit else "refused", status=status, about=about)
        return Answer("ok", data) if isinstance(data, dict) else Answer("unknown", status=status)

    def _pause(self, headers: http.client.HTTPMessage) -> None:
        now_us = max(self._clock.now_us, _http_date_us(headers.get("Date")) or 0)
        wanted = headers.get("Retry-After") or ""
        until_us = _http_date_us(wanted)
        pause_us = (until_us or now_us) - now_us
        if re.fullmatch(r"[0-9]{1,12}", wanted):
            pause_us = int(wanted) * SECOND_US
        if pause_us <= 0:  # absent or absurd
            pause_us = growing_us(self.account["pauses"], MINUTE_US)
        until_us = now_us + min(pause_us, HOUR_US) + SECOND_US
        self._change(pause_until_us=max(self.account["pause_until_us"], until_us), pauses=self.account["pauses"] + 1)

    def _change(self, **values: Any) -> None:
        self.account |= values
        self._store.put("account", "", self.account)


def is_order(data: Any, order_id: str) -> bool:
    """Return whether an answer is the order that was asked for, with its employers."""
    subs = data.get("employers")
    well_formed = isinstance(subs, list) and all(isinstance(each, dict) and "status" in each for each in subs)
    return well_formed and data.get("id") == order_id


def find_suborder(order: Any, part: Mapping[str, Any], parts: Sequence[Mapping[str, Any]]) -> Any:
    """Return the suborder of a refresh order that refreshes ``part``: ids may differ, the connection does not."""
    subs = order["employers"]
    near = [each for each in subs if each.get("link_id") == part["link"]]
    named = [each for each in near if each.get("company_name") == part["company"]]
    numbered = [each for each in near if part["number"] and each.get("suborder_number") == part["number"]]
    at = [each["emp"] for each in parts if each["link"] == part["link"]].index(part["emp"])
    same = [each for each in subs if each["id"] == part["sub"]]
    return next(iter([*same, *numbered, *(named if len(named) == 1 else []), *near[at : at + 1]]), None)


def described(order: Any) -> dict[str, Any]:
    """Return what a refresh of an order needs to know of it."""
    subs = {}
    for each in order["employers"]:
        inner = ((each.get("employments") or [{}])[0].get("company") or {}).get("name")
        number, company = each.get("suborder_number"), each.get("company_name") or inner
        known = {"number": number, "company": company, "holder": holder_of(each.get("employments"))}
        subs[each["id"]] = {"link": each.get("link_id"), **known}
    names = {"first": order.get("first_name"), "last": order.get("last_name"), "number": order.get("order_number")}
    return {"user": order.get("user_id"), **names, "products": order.get("products") or [], "subs": subs}


def holder_of(employments: Any) -> str | None:
    """Return a mark of the person whose data these are, None if they do not say."""
    profile = ((employments or [{}])[0]).get("profile") or {}
    if not profile.get("ssn") or not profile.get("date_of_birth"):
        return None
    return hashlib.sha256(f"{profile['ssn']} {profile['date_of_birth']}".encode()).hexdigest()


def parsed(raw: bytes) -> Any:
    """Return JSON with fractions as their own text, None if it is no JSON."""
    try:
        return json.loads(raw, parse_float=str)
    except (ValueError, RecursionError):
        return None


def _http_date_us(value: str | None) -> int | None:
    try:
        return int(parsedate_to_datetime(value or "").replace(tzinfo=UTC).timestamp()) * SECOND_US
    except (ValueError, OverflowError):
        return None


def _cut(sock: socket.socket) -> None:
    with contextlib.suppress(OSError):
        sock.shutdown(socket.SHUT_RDWR)
