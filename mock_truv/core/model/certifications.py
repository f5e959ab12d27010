"""What a person says of the data of an order (self-certification guide)."""

from __future__ import annotations

from typing import Literal

from mock_truv.core.plain import Frozen, Plain

DecisionWord = Literal["representative", "not_representative"]
RejectionReason = Literal[
    "employment_no_longer_active", "incorrect_amount", "duplicate_entry", "outdated_information", "other"
]
"""Why something does not represent the person (self-certification guide)."""


class Decision(Frozen, frozen=True, kw_only=True):
    """What the person said of one employment or account."""

    id: str
    decision: DecisionWord
    rejection_reason: RejectionReason | None = None
    rejection_comment: str | None = None


class Certification(Plain, kw_only=True):
    """What the person submitted for an order."""

    order_id: str
    submitted_us: int
    decisions: list[Decision]
