"""Send one webhook and say how it went. Nothing here knows the world."""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urljoin, urlsplit

from mock_truv.delivery.forgery import signed
from mock_truv.delivery.signing import HEADER, USER_AGENT

if TYPE_CHECKING:
    from collections.abc import Collection

    import httpx

    from mock_truv.core.base import Deliver

ANSWER_LIMIT = 65_536
"""Bytes of a receiver's answer that are read; its status is all that counts."""
CONNECTIONS_LIMIT = 500
KEEPS_METHOD = (307, 308)
REDIRECTS = (301, 302, 303, 307, 308)


@dataclass(frozen=True)
class Result:
    """How one attempt went: the receiver's status, or why there was none."""

    status_code: int | None
    error: str | None = None


class RefusedHostError(Exception):
    """The target is not on this machine and was not allowed."""


class Sender:
    """Sends signed webhooks with one shared connection pool; the HTTP client is loaded when the first one goes out."""

    def __init__(self, allowed_hosts: Collection[str] = ()) -> None:
        self._allowed = {host.lower() for host in allowed_hosts}
        self._client: httpx.AsyncClient | None = None

    async def send(self, effect: Deliver, secret: str) -> Result:
        """Make one attempt: POST, redirects followed, at most ``effect.timeout_seconds`` in all."""
        import httpx  # noqa: PLC0415 -- kept out of the server's start

        if self._client is None:
            limits = httpx.Limits(max_connections=CONNECTIONS_LIMIT, max_keepalive_connections=50)
            self._client = httpx.AsyncClient(limits=limits, trust_env=False, timeout=None)  # noqa: S113 -- bounded below
        try:
            async with asyncio.timeout(effect.timeout_seconds):
                return Result(await self._follow(self._client, effect, secret))
        except TimeoutError:
            return Result(None, f"no answer within {effect.timeout_seconds} seconds")
        except RefusedHostError as error:
            return Result(None, str(error))
        except (httpx.HTTPError, httpx.InvalidURL, OSError, UnicodeError, ValueError) as error:
            return Result(None, f"{type(error).__name__}: {error}"[:300])

    async def close(self) -> None:
        """Close all connections."""
        if self._client is not None:
            await self._client.aclose()
            self._client = None

    async def _follow(self, client: httpx.AsyncClient, effect: Deliver, secret: str) -> int:
        """Send and follow redirects: 307 and 308 repeat the POST, the others go on as GET (as HTTP libraries do)."""
        body, signature = signed(effect.body, secret, effect.forgery)
        headers = {"content-type": "application/json", "user-agent": USER_AGENT}
        if signature is not None:
            headers[HEADER] = signature
        method, url = "POST", effect.url
        for _ in range(effect.redirects + 1):
            status, location = await self._request(client, method, url, headers, body)
            if status not in REDIRECTS or location is None:
                return status
            url = urljoin(url, location)
            if status not in KEEPS_METHOD:
                method, body = "GET", b""
                headers = {"user-agent": USER_AGENT}
        return status

    async def _request(
        self, client: httpx.AsyncClient, method: str, url: str, headers: dict[str, str], body: bytes
    ) -> tuple[int, str | None]:
        parts = urlsplit(url)
        host = parts.hostname or ""
        address = await self._resolve(host, parts.port or (443 if parts.scheme == "https" else 80))
        # the address that was checked is the one that is called: a name cannot change in between
        literal = f"[{address}]" if ":" in address else address
        pinned = parts._replace(netloc=literal if parts.port is None else f"{literal}:{parts.port}", fragment="")
        shown = parts.netloc.rpartition("@")[2]
        request = client.build_request(method, pinned.geturl(), content=body, headers={**headers, "host": shown})
        request.extensions["sni_hostname"] = host
        response = await client.send(request, stream=True)
        try:
            read = 0
            async for part in response.aiter_raw():
                read += len(part)
                if read > ANSWER_LIMIT:
                    break
        finally:
            await response.aclose()
        return response.status_code, response.headers.get("location")

    async def _resolve(self, host: str, port: int) -> str:
        """Return the address of ``host``.

        Raises:
            RefusedHostError: It is not on this machine, and not allowed.
        """
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
        addresses = [str(entry[4][0]) for entry in found]
        if host.lower() not in self._allowed:
            strange = [each for each in addresses if not ipaddress.ip_address(each.partition("%")[0]).is_loopback]
            if strange:
                raise RefusedHostError(
                    f"refused: {host} is {strange[0]}, not this machine; allow it with --allow-webhook-host {host}"
                )
        return next((each for each in addresses if ":" not in each), addresses[0])
