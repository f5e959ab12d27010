"""Dollars as ``Decimal`` with exactly two decimals; halves of a cent are rounded away from zero."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Context, Decimal, localcontext
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

CENT = Decimal("0.01")
ZERO = Decimal("0.00")
_CONTEXT = Context(prec=28, rounding=ROUND_HALF_UP)


def exact() -> AbstractContextManager[Context]:
    """Return a block in which the caller's own decimal settings cannot change a figure."""
    return localcontext(_CONTEXT)


def cents(amount: Decimal) -> Decimal:
    """Round to the cent."""
    return amount.quantize(CENT, ROUND_HALF_UP)


def scaled(amount: Decimal, variation: int) -> Decimal:
    """Return ``amount`` made larger or smaller by ``variation`` per mille, to the cent."""
    if variation <= -1000:
        raise ValueError(f"variation must be more than -1000 per mille, not {variation}")
    return cents(amount * (1000 + variation) / 1000)
