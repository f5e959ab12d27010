"""Pages of a list: ``count``, ``next``, ``previous``, ``results`` (conventions; page sizes are assumed knobs)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urlencode

from mock_truv.api.call import own_url
from mock_truv.api.shapes.base import Page, Paged
from mock_truv.core.errors import DetailError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from mock_truv.api.call import Call

T = TypeVar("T")
Shown = TypeVar("Shown")


def page(call: Call, items: Sequence[T], render: Callable[[T], Shown]) -> Page[Shown]:
    """Return the page of ``items`` that the query asks for; the operation's ``query`` is a ``Paged``.

    Raises:
        DetailError: 404, there is no such page (assumed).
    """
    wanted: Paged = call.params
    number = wanted.page or 1
    size = page_size(call)
    start = (number - 1) * size
    if number > 1 and start >= len(items):
        raise DetailError(404, "Invalid page.")
    return Page(
        count=len(items),
        next=_link(call, number + 1) if start + size < len(items) else None,
        previous=_link(call, number - 1) if number > 1 else None,
        results=[render(item) for item in items[start : start + size]],
    )


def page_size(call: Call) -> int:
    """Return how many entries the query asks for, within the limits of the profile."""
    profile = call.world.state.profile
    return min(call.params.page_size or profile.page_size, profile.page_size_max)


def _link(call: Call, number: int) -> Any:
    query = call.query | {"page": str(number)}
    return own_url(f"{call.request.path}?{urlencode(query)}")
