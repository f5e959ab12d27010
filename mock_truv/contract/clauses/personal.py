"""Personal data in lines of a log: what Truv told of a person, and whole bodies of events."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from mock_truv.contract.clauses.prefills import MONEY
from mock_truv.contract.history import CANARY_LENGTH
from mock_truv.contract.operations import Hook

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from mock_truv.contract.history import History

NAMES = frozenset({"first_name", "last_name"})
EXACT = {
    "full_name": "a name", "ssn": "a social security number", "date_of_birth": "a birth date", "email": "an address",
    "account_number": "an account number", "routing_number": "an account number",
}  # fmt: skip
NUMBERS = re.compile(r"(?<![\w.,-])\d{1,3}(?:,\d{3})+\.\d{2}(?![\w.])|(?<![\w.,-])\d+\.\d{2}(?![\w]|\.\d)")
WORDS = re.compile(r"[^\W\d_]+(?:['-][^\W\d_]+)*")
OTHERS = re.compile(r"[\w.+-]+@[\w-]+\.[\w.-]*\w|(?<![\w-])\d{4}-\d{2}-\d{2}(?!\d)|(?<![\w.-])\d[\d-]{5,}\d(?![\w.])")
PUBLIC = frozenset({"company_name", "name", "client_name", "job_title"})
PAY = frozenset({"statements", "annual_income_summary", "w2s"})
TELLING = 7
"""Amounts shorter than 1,000.00, and round ones, may be anything: two of them in a line are pay."""
BODY_LENGTH = 40


class Personal:
    """What is known of the people of a history, sorted so that a line is searched in one pass."""

    def __init__(self, history: History) -> None:
        self._amounts: set[str] = set()
        self._names: set[str] = set()
        self._exact: dict[str, str] = {}
        public: set[str] = set()
        numbers = any(NUMBERS.search(line.line) for line in history.lines)
        for shown in _reports(history):
            for name, value in _fields(shown, money=numbers):
                if name in MONEY and "." in value:
                    self._amounts.add(value)
                elif name in NAMES and len(value) >= CANARY_LENGTH:
                    self._names.add(value)
                elif name in EXACT and len(value) >= CANARY_LENGTH:
                    self._exact[value] = EXACT[name]
                elif name in PUBLIC:
                    public.update(WORDS.findall(value))
        self._names -= public
        self._bodies: defaultdict[str, list[str]] = defaultdict(list)
        self._unreadable: list[str] = []
        for op in history.ops:
            if isinstance(op, Hook):
                self._learn_body(op)

    def __bool__(self) -> bool:
        return bool(self._amounts or self._names or self._exact or self._bodies or self._unreadable)

    def found_in(self, line: str) -> Iterator[str]:
        """Yield what a line tells of a person, in words."""
        amounts = [each for each in dict.fromkeys(NUMBERS.findall(line)) if each.replace(",", "") in self._amounts]
        telling = [each for each in amounts if len(each) >= TELLING and not each.endswith("00")]
        if telling or len(amounts) > 1:
            yield f"the amount {(telling or amounts)[0]} of a report"
        for each in OTHERS.findall(line):
            kind = self._exact.get(each) or self._exact.get(each.replace("-", ""))
            if kind is not None:
                yield kind
        words = WORDS.findall(line)
        pairs = [f"{one} {other}" for one, other in pairwise(words)]
        if any(each in self._names for each in words) or any(each in self._exact for each in pairs):
            yield "a person's name"
        if self._has_body(line):
            yield "the body of an event"

    def _learn_body(self, hook: Hook) -> None:
        text = hook.raw.decode(errors="replace").strip()
        if len(text) < BODY_LENGTH:
            return
        forms = {text, json.dumps(text)[1:-1], repr(dict(hook.event)), json.dumps(dict(hook.event))}
        ident = hook.event.get("webhook_id")
        if not hook.event:
            self._unreadable.append(text)
        elif isinstance(ident, str) and ident:
            self._bodies[ident].extend(sorted(forms))

    def _has_body(self, line: str) -> bool:
        if len(line) < BODY_LENGTH:
            return False
        idents = re.findall(r"[0-9A-Za-z-]{16,}", line) if "webhook_id" in line else []
        known: Iterable[str] = (body for ident in idents for body in self._bodies.get(ident, ()))
        return any(body in line for body in known) or any(body in line for body in self._unreadable)


def _reports(history: History) -> Iterator[Any]:
    for order in history.orders:
        yield order.report
    last = {op.path: op.answer for op in history.sent if isinstance(op.answer, dict) and op.method == "GET"}
    yield from last.values()


def _fields(value: Any, *, money: bool, name: str = "") -> Iterator[tuple[str, str]]:
    """Yield (name, text) of every field; the lists of pay, which are most of a report, only for ``money``."""
    if isinstance(value, dict):
        for key, each in value.items():
            if money or key not in PAY:
                yield from _fields(each, money=money, name=key)
    elif isinstance(value, list):
        for each in value:
            yield from _fields(each, money=money, name=name)
    elif isinstance(value, str):
        yield name, value
