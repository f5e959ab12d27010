"""A client that sends one request at a time, with limits, and follows and repeats nothing."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import httpx
import msgspec

from mock_truv.drift.descriptions import PREFIX

if TYPE_CHECKING:
    from types import TracebackType
    from typing import Self

TIMEOUT_SECONDS = 30.0
ANSWER_LIMIT = 32 * 1024 * 1024
"""Bytes of an answer that are read."""
_MEDIA_TYPE = re.compile(r"[\w.+-]{1,60}/[\w.+-]{1,60}")


class UrlError(ValueError):
    """An address is not one that keys may be sent to; the message says why."""


class Stopped(Exception):  # noqa: N818 -- the end of a run, not a fault of ours
    """No further request may or can be sent; the message says why. ``asked``: the service wants no more of them."""

    def __init__(self, message: str, *, asked: bool = False) -> None:
        super().__init__(message)
        self.asked = asked


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    media_type: str
    body: bytes


class Client:
    """Talks to one service with one pair of keys. Use it as a context manager."""

    def __init__(self, url: str, client_id: str, secret: str) -> None:
        self.url = checked_url(url)
        self._keys = {"X-Access-Client-Id": client_id, "X-Access-Secret": secret}
        self._http = httpx.Client(
            timeout=TIMEOUT_SECONDS, follow_redirects=False, trust_env=not is_loopback(urlsplit(self.url).hostname),
            headers={"Accept": "application/json", "User-Agent": "mock-truv-drift"},
        )  # fmt: skip

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._http.close()

    def send(self, method: str, path: str, *, query: str = "", body: Any = None, keys: bool = True) -> Answer:
        """Send a request below ``/v1`` and return the answer.

        Raises:
            Stopped: There was none in time, it was too long, or it says that we ask too much (429).
        """
        headers = dict(self._keys) if keys else {}
        content = None if body is None else msgspec.json.encode(body)
        if content is not None:
            headers["Content-Type"] = "application/json"
        address = f"{self.url}{PREFIX}{path}" + (f"?{query}" if query else "")
        try:
            with self._http.stream(method, address, headers=headers, content=content) as response:
                received = bytearray()
                for part in response.iter_bytes():
                    received += part
                    if len(received) > ANSWER_LIMIT:
                        raise Stopped(f"an answer is longer than {ANSWER_LIMIT} bytes")
        except httpx.TimeoutException:
            raise Stopped(f"no answer within {TIMEOUT_SECONDS:.0f} seconds") from None
        except httpx.HTTPError as error:  # its text may hold what we sent
            raise Stopped(f"the connection failed ({type(error).__name__})") from None
        if response.status_code == 429:
            raise Stopped("the service says that these keys ask too much (429); try again later", asked=True)
        kind = response.headers.get("content-type", "").partition(";")[0].strip().lower()
        shown = kind if _MEDIA_TYPE.fullmatch(kind) else "another" if kind else "none"
        return Answer(response.status_code, shown, bytes(received))


def checked_url(url: str) -> str:
    """Return the address of a service without ``/v1`` and without a slash at the end.

    Raises:
        UrlError: It is no address, or keys would travel in the open.
    """
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        raise UrlError("that is no address; write it as https://host/v1/") from None
    if parts.scheme not in {"http", "https"} or not host:
        raise UrlError("that is no address; write it as https://host/v1/")
    if parts.username is not None or parts.password is not None or parts.query or parts.fragment:
        raise UrlError("an address has neither keys nor a query; keys come from the environment")
    if parts.scheme == "http" and not is_loopback(host):
        raise UrlError("http sends your keys in the open; use https")
    return f"{parts.scheme}://{parts.netloc}{parts.path.rstrip('/').removesuffix(PREFIX).rstrip('/')}"


def is_loopback(host: str | None) -> bool:
    """Return whether a host is this machine."""
    try:
        return ipaddress.ip_address(host or "").is_loopback
    except ValueError:
        return host == "localhost"
