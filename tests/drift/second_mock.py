"""A second service to look at: our own server on loopback, with a wrapper that alters one answer and counts writes."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from mock_truv.drift.probes import KNOWN, PROBES, Probe
from mock_truv.http.app import App

if TYPE_CHECKING:
    from collections.abc import Callable

READ_BY_POST = "/v1/orders/lookup/"


@dataclass(frozen=True)
class Given:
    """An answer, before it goes out."""

    status: int
    headers: dict[bytes, bytes]
    body: bytes

    def but(self, **changes: Any) -> Given:
        return replace(self, **changes)


@dataclass
class Altering(App):
    """Serves what the application serves, with some answers altered."""

    inner: App
    alter: Callable[[Given, int], Given] | None = None
    """Given an answer and how many requests came before it, what goes out instead."""
    keys: dict[bytes, bytes] = field(default_factory=dict)
    """Headers put in place of those that were sent, if any were."""
    seen: list[tuple[str, str]] = field(default_factory=list)

    @property
    def writes(self) -> list[tuple[str, str]]:
        """What was asked for that changes something."""
        return [(method, path) for method, path in self.seen if method != "GET" and path != READ_BY_POST]

    def plan(self, alter: Callable[[Given, int], Given] | None = None, keys: dict[str, str] | None = None) -> None:
        """Begin anew."""
        self.alter = alter
        self.keys = {name.lower().encode(): value.encode() for name, value in (keys or {}).items()}
        self.seen.clear()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http" or not scope["path"].startswith("/v1/"):
            await self.inner(scope, receive, send)
            return
        before = len(self.seen)
        self.seen.append((scope["method"], scope["path"]))
        headers = [(name, self.keys.get(name, value)) for name, value in scope["headers"]]
        messages: list[dict[str, Any]] = []

        async def keep(message: dict[str, Any]) -> None:
            messages.append(message)

        await self.inner({**scope, "headers": headers}, receive, keep)  # type: ignore[arg-type]
        body = b"".join(each.get("body", b"") for each in messages[1:])
        answer = Given(messages[0]["status"], dict(messages[0]["headers"]), body)
        if self.alter is not None:
            answer = self.alter(answer, before)
        kept = {name: value for name, value in answer.headers.items() if name != b"content-length"}
        if answer.status not in {204, 304}:
            kept[b"content-length"] = str(len(answer.body)).encode()
        await send({"type": "http.response.start", "status": answer.status, "headers": list(kept.items())})
        await send({"type": "http.response.body", "body": answer.body})


def needed_for(probe: Probe) -> list[Probe]:
    """Return a probe and, before it, those that give the names it needs, in the order of the table."""
    known = set(KNOWN)
    wanted = [probe]
    names = probe.needs() - known
    while names:
        name = names.pop()
        giver = next(each for each in PROBES if name in each.gives)
        if giver not in wanted:
            wanted.append(giver)
            names |= giver.needs() - known
    return sorted(wanted, key=PROBES.index)


def words(path: str) -> str:
    """Return a path of a probe as the name of a test."""
    return re.sub(r"[{}]", "", path)
