"""What keeps a contract run from beginning."""

from __future__ import annotations


class TargetError(Exception):
    """The target cannot be found; the message says what is missing."""
