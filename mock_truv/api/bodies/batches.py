"""The request body of a batch of orders."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from msgspec import Meta

from mock_truv.core.batches import ENTRIES_LIMIT

Entry = Annotated[
    dict[str, Any],
    Meta(
        description="the body of one order, as for POST /v1/orders/",
        extra_json_schema={"anyOf": [{"$ref": "#/components/schemas/CreateOrder"}, {"type": "object"}]},
    ),
]
"""Any object is taken: an entry that is no good order fails by itself, when its turn comes."""


class CreateBatch(msgspec.Struct):
    """``POST /v1/orders/batch/``."""

    orders: Annotated[list[Entry], Meta(min_length=1, max_length=ENTRIES_LIMIT)]
