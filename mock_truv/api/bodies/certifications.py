"""What a person submits when they certify an order. There is no such request in Truv's API: it happens in Bridge."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta

from mock_truv.core.model.certifications import DecisionWord, RejectionReason


class GivenDecision(msgspec.Struct, forbid_unknown_fields=True):
    """What the person says of one employment or account, named by its id."""

    id: str
    decision: DecisionWord
    rejection_reason: RejectionReason | None = None
    rejection_comment: Annotated[str, Meta(min_length=1, max_length=2000)] | None = None


class Certify(msgspec.Struct, forbid_unknown_fields=True):
    """The decisions; without any the person confirms everything that the order shows."""

    decisions: Annotated[list[GivenDecision], Meta(min_length=1)] | None = None
