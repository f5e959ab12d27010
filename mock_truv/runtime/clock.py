"""How a sandbox's time follows real time: not at all, as it is, or faster."""

from __future__ import annotations

import re
import time

from mock_truv.core.instants import SECOND_US, START_US

MODES = "manual, wall or rate:N"


class Clock:
    """Virtual time as a base and a rate; ``manual`` stands still. Time never goes back."""

    def __init__(self, mode: str) -> None:
        self.mode = mode
        self.rate = rate_of(mode)
        self._base_us = START_US if self.rate == 0 or mode.startswith("rate") else time.time_ns() // 1000
        self._base_real = time.monotonic()

    @property
    def is_manual(self) -> bool:
        """Whether time moves only when told to."""
        return self.rate == 0

    def now_us(self) -> int:
        """Return the present instant in microseconds; of a manual clock, where it was set last."""
        return self._base_us + int((time.monotonic() - self._base_real) * SECOND_US * self.rate)

    def jump(self, to_us: int) -> None:
        """Set the clock forward; it goes on from there at its rate."""
        self._base_us = max(to_us, self.now_us())
        self._base_real = time.monotonic()

    def real_seconds_until(self, instant_us: int) -> float:
        """Return after how many real seconds an instant comes, 0 if it is past."""
        return max(instant_us - self.now_us(), 0) / SECOND_US / self.rate


def rate_of(mode: str) -> float:
    """Return virtual seconds a real second.

    Raises:
        ValueError: The mode is none of ``manual``, ``wall``, ``rate:N``.
    """
    if mode == "manual":
        return 0
    if mode == "wall":
        return 1
    match = re.fullmatch(r"rate:(\d{1,9}(?:\.\d{1,6})?)", mode, re.ASCII)
    if match is None or float(match[1]) == 0:
        raise ValueError(f"{mode!r} is not a clock; use {MODES}, such as rate:60 for a minute a second")
    return float(match[1])
