"""Pages of a list: ``count``, ``next``, ``previous``, ``results`` (conventions; page sizes are assumed knobs)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from mock_truv.api.call import own_url
from mock_truv.core.errors import DetailError, WrongInput

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from mock_truv.api.call import Call


def page(call: Call, items: Sequence[Any], render: Callable[[Any], Any]) -> dict[str, Any]:
    """Return the page of ``items`` that the query asks for by ``page`` and ``page_size``.

    Raises:
        WrongInput: A parameter is not a positive whole number.
        DetailError: 404, there is no such page (assumed).
    """
    profile = call.world.state.profile
    number = positive(call, "page", 1)
    size = min(positive(call, "page_size", profile.page_size), profile.page_size_max)
    start = (number - 1) * size
    if number > 1 and start >= len(items):
        raise DetailError(404, "Invalid page.")
    return {
        "count": len(items),
        "next": _link(call, number + 1) if start + size < len(items) else None,
        "previous": _link(call, number - 1) if number > 1 else None,
        "results": [render(item) for item in items[start : start + size]],
    }


def positive(call: Call, name: str, default: int) -> int:
    """Return a query parameter that is a positive whole number.

    Raises:
        WrongInput: It is something else.
    """
    text = call.query.get(name, "")
    if not text:
        return default
    if not (text.isascii() and text.isdigit() and int(text[:10]) > 0 and len(text) < 10):
        raise WrongInput((name, f"Must be a positive whole number, got {text!r}"))
    return int(text)


def _link(call: Call, number: int) -> Any:
    query = call.query | {"page": str(number)}
    return own_url(f"{call.request.path}?{urlencode(query)}")
