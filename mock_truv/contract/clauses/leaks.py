"""Where texts that must stay secret turn up: searched for as they are, in base64 and in hex."""

from __future__ import annotations

import base64
import json
import re
from typing import TYPE_CHECKING, Any

from mock_truv.contract.operations import Logged, Message, Sent, Shown

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from mock_truv.contract.history import History
    from mock_truv.contract.operations import Op

KEY_LENGTH = 12
"""Shorter texts are not searched for: they could stand anywhere by chance."""
WORDS = re.compile(rf"[^\s\"'<>,;()\\]{{{KEY_LENGTH},}}")
SAFE = str.maketrans("+/", "-_")


class Needles:
    """Secret texts in every form in which they are recognised; the time of a search does not grow with their number."""

    def __init__(self, secrets: Iterable[str]) -> None:
        self._by_key: dict[str, set[tuple[str, str]]] = {}
        self._clean: set[str] = set()
        """Words already found to hold none: most words of a log come again and again."""
        for secret in dict.fromkeys(secrets):
            for form in forms(secret):
                self._by_key.setdefault(form[:KEY_LENGTH], set()).add((form, secret))

    def found_in(self, text: str) -> Iterator[str]:
        """Yield the secrets that a text contains, in the order of their places."""
        return self.found_among(WORDS.findall(text))

    def found_among(self, words: Iterable[str]) -> Iterator[str]:
        """Yield the secrets that the words of a text (``WORDS``) contain."""
        if not self._by_key:
            return
        for word in words:
            if word in self._clean:
                continue
            found = list(self._in_word(word))
            if not found:
                self._clean.add(word)
            yield from found

    def _in_word(self, word: str) -> Iterator[str]:
        by_key = self._by_key
        for place in range(len(word) - KEY_LENGTH + 1):
            key = word[place : place + KEY_LENGTH]
            if key in by_key:
                yield from (secret for form, secret in sorted(by_key[key]) if word.startswith(form, place))


def forms(secret: str) -> Iterator[str]:
    """Yield a secret, its hex, and its base64 as it looks at each of three places in a longer text."""
    if len(secret) < KEY_LENGTH:
        return
    raw = secret.encode()
    yield from (secret, raw.hex(), raw.hex().upper())
    for shift in range(3):
        whole = base64.b64encode(bytes(shift) + raw).decode().rstrip("=")
        uncertain = 1 if (shift + len(raw)) % 3 else 0
        form = whole[(0, 2, 3)[shift] : len(whole) - uncertain]
        yield from dict.fromkeys((form, form.translate(SAFE)))


def places(history: History) -> list[tuple[Op, str, list[str]]]:
    """Return (operation, where, words) of all that others may see: log lines, views, messages, URLs of own requests."""
    kept: list[tuple[Op, str, list[str]]] | None = vars(history).get("_places")
    if kept is None:
        kept = vars(history)["_places"] = [(op, where, WORDS.findall(text)) for op, where, text in _places(history)]
    return kept


def _places(history: History) -> Iterator[tuple[Op, str, str]]:
    known: dict[str, Any] = {}
    for op in history.ops:
        match op:
            case Logged():
                yield op, "a log line", op.line
            case Message():
                yield op, f"the {op.kind} to {op.person_ref or 'nobody'}", op.text or (op.url or "")
            case Sent():
                yield op, "the URL of a request", url_of(op)
            case Shown(view=view):
                same = view.prefill == known.get(view.case_id)
                known[view.case_id] = view.prefill
                shown = (view.case_id, view.state, view.cycle, view.reason, view.active_order_id, view.source_order_id,
                         dict(view.employers), list(view.engagements), None if same else view.prefill)  # fmt: skip
                yield op, f"the view of {view.case_id}", json.dumps(shown, default=str)
            case _:
                pass


def url_of(op: Sent) -> str:
    """Return the URL of a request as it came."""
    return op.raw.partition("\n")[0] or (f"{op.path}?{op.query}" if op.query else op.path)


def bridge_tokens(history: History) -> set[str]:
    """Return the tokens of links, as orders and answers show them: they belong into the message to the person."""
    found = {order.bridge_token for order in history.orders}
    shown = [order.report for order in history.orders] + [op.answer for op in history.sent]
    for each in shown:
        if isinstance(each, dict):
            inner = each.get("employers")
            for entry in (each, *(inner if isinstance(inner, list) else ())):
                if isinstance(entry, dict) and isinstance(entry.get("bridge_token"), str):
                    found.add(entry["bridge_token"])
    return found - {""}
