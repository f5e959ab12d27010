"""What the caseworker gets: employments as reported, with where and when they are from. Policy ``hold``.

Truv's fields stay as they are: nothing is converted, nothing that is missing is filled in.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

from mock_truv.contract.reference.store import unpacked

if TYPE_CHECKING:
    from mock_truv.contract.reference.store import Row


def prefill(slots: list[Row], cycle: str) -> dict[str, Any] | None:
    """Return the prefill of a case: this cycle's parts; parts of earlier cycles are marked stale."""
    known = [(slot, _data(slot["data"])) for slot in slots if slot["data"]]
    if not known:
        return None
    fresh = [data for slot, data in known if is_fresh(slot, cycle)]
    newest = max(fresh or [data for _, data in known], key=lambda data: str(data["as_of"]))
    items = [
        {**employment, "employer_id": slot["employer_id"], **({} if is_fresh(slot, cycle) else {"stale": True})}
        for slot, data in known
        for employment in data["items"]
    ]
    return {
        "order_id": newest["order_id"],
        "report_id": newest["report_id"],
        "as_of": newest["as_of"],
        "orders": list(dict.fromkeys(data["order_id"] for _, data in known)),
        "reports": list(dict.fromkeys(data["report_id"] for _, data in known)),
        "stale": not fresh,
        "items": items,
    }


def is_fresh(slot: Row, cycle: str) -> bool:
    """Return whether an employer's data are of this cycle."""
    return bool(slot["state"] == "READY" and slot["data_cycle"] == cycle)


@lru_cache(maxsize=256)
def _data(text: str) -> Any:
    """Return an employer's stored data. Not to be changed: cases are looked at often, so it is shared."""
    return unpacked(text)
