"""What a prefill shows, beside what the reports that it names really say."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any

from mock_truv.contract.clauses.common import prefill_orders

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from mock_truv.contract.history import History, OrderFacts, Part
    from mock_truv.contract.operations import Shown

MONEY = frozenset({
    "income", "pay_rate", "regular", "regular_ytd", "overtime", "overtime_ytd", "bonus", "bonus_ytd", "commission",
    "commission_ytd", "other_pay", "other_pay_ytd", "gross_pay", "gross_pay_ytd", "net_pay", "net_pay_ytd", "amount",
    "rate", "units", "hours",
})  # fmt: skip
"""Fields whose values are decimals (report pages: money values are decimal strings)."""
OWN = frozenset({"employer_id", "stale", "source"})
"""Fields of an item that are not Truv's."""


@dataclass(frozen=True)
class Item:
    """One employment of a prefill, and the employment of a named report that comes closest."""

    shown: Shown
    given: Mapping[str, Any]
    """The item, with Truv's field names."""
    true: Mapping[str, Any] | None
    """The employment; None: no named report has one for this employer."""
    is_stale: bool

    @property
    def employer(self) -> str:
        """The suborder of the first source order that it stands for."""
        return str(self.given.get("employer_id"))


def prefills(history: History, case_id: str) -> Iterator[Shown]:
    """Yield the showings in which a case's prefill is there and another than before."""
    before: Any = None
    for op in history.shown(case_id):
        if op.view.prefill is not None and op.view.prefill != before:
            yield op
        before = op.view.prefill


def items(history: History, shown: Shown) -> Iterator[Item]:
    """Yield the items of a prefill with the employments they should be."""
    prefill = shown.view.prefill or {}
    named = [order for ident in prefill_orders(shown.view) if (order := history.order(ident)) is not None]
    newer = _newer(history, named, shown.at_us)
    by_link = {part.link_id: part.key for order in named for part in order.parts}
    for given in prefill.get("items") or ():
        if not isinstance(given, dict):
            continue
        item = translated(given, history.manifest.field_map)
        stale = bool(item.get("stale") or prefill.get("stale"))
        true = _closest(item, list(_employments(named, item)))
        later = _closest(item, list(_employments(newer, item, by_link)))
        if true is not None and later is not None and not list(differences(item, later)):
            true = later
        yield Item(shown, item, true, stale)


def translated(given: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
    """Return an item in Truv's names, by the manifest's ``field_map``."""
    own = {name: target.rpartition(".")[2].removeprefix("items[]") for name, target in names.items()}
    return {own.get(name) or name: value for name, value in given.items()}


def differences(given: Any, true: Any, path: str = "") -> Iterator[tuple[str, Any, Any]]:
    """Yield (path, given, true) wherever Truv's fields that are shown differ from the report's.

    Fields that are not shown are no difference, except in lists: their entries are compared one by one.
    """
    if given == true and isinstance(given, (dict, list)):  # nearly always; no number of Truv's is binary
        return
    if isinstance(given, dict) and isinstance(true, dict):
        for name, value in given.items():
            if name in true and name not in OWN:
                yield from differences(value, true[name], f"{path}.{name}" if path else name)
    elif isinstance(given, (list, tuple)) and isinstance(true, list):
        if len(given) != len(true):
            yield path, f"{len(given)} entries", f"{len(true)} entries"
            return
        for number, (one, other) in enumerate(zip(given, true, strict=True)):
            yield from differences(one, other, f"{path}[{number}]")
    elif not is_same(path.rpartition(".")[2], given, true):
        yield path, given, true


def is_same(name: str, given: Any, true: Any) -> bool:
    """Return whether a value is shown as it is: money as exact decimals, everything else unchanged."""
    if given == true and type(given) is type(true):
        return True
    if name.partition("[")[0] in MONEY and isinstance(true, str) and isinstance(given, (str, int, Decimal)):
        try:
            return Decimal(given) == Decimal(true)
        except InvalidOperation:
            return False
    return False


def _employments(
    orders: list[OrderFacts], item: Mapping[str, Any], by_link: Mapping[str | None, str | None] | None = None
) -> Iterator[Mapping[str, Any]]:
    """Yield an item's employments in some orders; ``by_link``: the employer of each connection, for others' orders."""
    for order in orders:
        keys = {part.suborder_id: (by_link or {}).get(part.link_id, part.key) for part in order.parts}
        for employer in (order.report or {}).get("employers") or ():
            if keys.get(employer.get("id"), employer.get("id")) == item.get("employer_id"):
                yield from employer.get("employments") or ()


def _newer(history: History, named: list[OrderFacts], at_us: int) -> list[OrderFacts]:
    """Return other orders that had refreshed the same connections since: all share the connection's report."""
    known = {order.order_id for order in named}
    since_us = {part.link_id: part.ended_us for order in named for part in order.parts if part.ended_us is not None}

    def is_newer(part: Part) -> bool:
        ended_us = part.ended_us if part.ended_us is not None else at_us + 1
        return part.link_id in since_us and since_us[part.link_id] <= ended_us <= at_us

    return [
        order for order in history.orders if order.order_id not in known and any(is_newer(part) for part in order.parts)
    ]


def _closest(item: Mapping[str, Any], candidates: list[Mapping[str, Any]]) -> Mapping[str, Any] | None:
    """Return the candidate with the same id, newest order last; else the one with the fewest differences."""
    same = [each for each in candidates if item.get("id") is not None and each.get("id") == item["id"]]
    return min(same or candidates, key=lambda each: len(list(differences(item, each))), default=None)
