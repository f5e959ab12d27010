"""Answers about access keys. No page shows them: keys and values are assumed."""

from __future__ import annotations

from typing import Annotated, Literal

from mock_truv.api.shapes.base import Id, Moment, Shape, assumed


class AccessKey(Shape):
    """An access key as it is after it was deactivated."""

    SOURCE = "dashboard page: environment, created, masked secret; names assumed"
    BASIS = "assumed"

    id: Id
    env_type: Literal["sandbox"]
    secret: Annotated[str, assumed("dashboard page: masked but for the last four; whole only when the key is made")]
    is_active: bool
    created_at: Moment
    deactivated_at: Moment | None
