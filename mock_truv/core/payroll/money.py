"""Dollars as ``Decimal`` with exactly two decimals; halves of a cent are rounded away from zero."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Context, Decimal, localcontext
from itertools import accumulate, pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
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
    return cents(_varied(amount, variation))


def scaled_rate(rate: Decimal, variation: int) -> Decimal:
    """Return ``rate`` made larger or smaller by ``variation`` per mille, as fine as it is written, at least cents."""
    return _varied(rate, variation).quantize(min(CENT, rate, key=_exponent), ROUND_HALF_UP)


def parts(total: Decimal, weights: Sequence[Decimal]) -> list[Decimal]:
    """Return ``total`` cut in proportion to the ``weights``, each part to the cent, their sum exactly the total."""
    whole = sum(weights, ZERO)
    if not whole:
        return [ZERO for _ in weights]
    bounds = [cents(total * weight / whole) for weight in accumulate(weights, initial=ZERO)]
    return [later - earlier for earlier, later in pairwise(bounds)]


def _varied(amount: Decimal, variation: int) -> Decimal:
    if variation <= -1000:
        raise ValueError(f"variation must be more than -1000 per mille, not {variation}")
    return amount * (1000 + variation) / 1000


def _exponent(number: Decimal) -> int:
    exponent = number.as_tuple().exponent
    assert isinstance(exponent, int), "a rate is a plain number"
    return exponent
