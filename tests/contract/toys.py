"""Small integrators, each of which does one thing: they try the run itself, not the contract."""

from __future__ import annotations

import json
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mock_truv.contract import CaseIn, CaseView, Env, HookReply, Step

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime


class Toy:
    """Refreshes what it is asked for, and shows READY when a webhook says done. Keeps its state in a file."""

    capabilities: tuple[str, ...] = ("webhook", "poll", "persist")
    reentrancy = "thread"

    def __init__(self) -> None:
        self.env: Env
        self.hooks: list[dict[str, Any]] = []
        self.known: dict[str, dict[str, Any]] = {}
        self.lock = threading.Lock()

    def describe(self) -> dict[str, Any]:
        """Return the manifest."""
        return {"name": "toy", "capabilities": list(self.capabilities), "reentrancy": self.reentrancy}

    def start(self, env: Env) -> None:
        """Read the file, if there is one."""
        self.env = env
        file = Path(env.store, "toy.json")
        self.known = json.loads(file.read_text()) if file.exists() else {}

    def put_case(self, case: CaseIn) -> None:
        """Keep the case."""
        self.known[case.case_id] = {"source": case.source_order_id, "state": "IDLE", "cycle": "", "order": None}
        self.save()

    def request_refresh(self, case_id: str, cycle: str) -> None:
        """Note the click."""
        if self.known[case_id]["state"] == "IDLE":
            self.known[case_id].update(state="DUE", cycle=cycle)
        self.save()

    def advance(self, now: datetime) -> Step:
        """Send what is due, and take the webhooks in."""
        for known in self.known.values():
            if known["state"] == "DUE":
                known["state"] = "REFRESHING"
                known["order"] = self.refresh(known["source"])
                self.save()
        while self.hooks:
            event = self.hooks.pop(0)
            for known in self.known.values():
                if event.get("status") == "done" and known["state"] == "REFRESHING":
                    known["state"] = "READY"
        return Step(None)

    def refresh(self, order_id: str) -> Any:
        """Ask for the refresh of an order and return the new one's id."""
        return self.ask("POST", f"/v1/orders/{order_id}/", {"products": ["income"]})[1]["id"]

    def ask(self, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        """Send one request."""
        env = self.env
        assert env.send is not None
        headers = {"X-Access-Client-Id": env.client_id, "X-Access-Secret": env.access_secret}
        raw = None if body is None else json.dumps(body).encode()
        status, _, answer = env.send(
            method, env.api_base + path, headers={**headers, "Content-Type": "application/json"}, body=raw, timeout=10
        )
        return status, json.loads(answer)

    def webhook(self, headers: Sequence[tuple[str, str]], raw: bytes) -> HookReply:
        """Keep the event."""
        self.hooks.append(json.loads(raw))
        return HookReply(200)

    def case(self, case_id: str) -> CaseView:
        """Show a case."""
        known = self.known[case_id]
        return CaseView(case_id, known["state"], known["cycle"], active_order_id=known["order"])

    def crash(self) -> None:
        """Nothing is left of it."""

    def stop(self) -> None:
        """Nothing is open."""

    def save(self) -> None:
        """Write the file."""
        Path(self.env.store, "toy.json").write_text(json.dumps(self.known))


def toy(**functions: Callable[..., Any]) -> Callable[[], Any]:
    """Return a factory of toys with some calls replaced; each is given the toy first."""

    def factory() -> Toy:
        it = Toy()
        for name, function in functions.items():
            setattr(it, name, lambda *given, function=function, it=it: function(it, *given))
        return it

    return factory
