"""The bases of all plain data of a world.

It holds no cycles: reference counts free it, and the garbage collector need not walk it (with a hundred thousand
orders that walk took pauses of half a second).
"""

from __future__ import annotations

import msgspec


class Plain(msgspec.Struct, gc=False):
    """Data that changes as the world does."""


class Frozen(msgspec.Struct, frozen=True, gc=False):
    """Data that never changes."""
