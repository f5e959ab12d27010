"""Whether anybody in this process is at work, as far as the system tells: processor time and runnable threads."""

from __future__ import annotations

import threading
import time
from pathlib import Path

TASKS = Path("/proc/self/task")
"""One folder for each thread; Linux has it."""
SPENT_S = 0.005
"""So much processor time is spent by looking, and by threads that only tick."""


def is_at_work(spent_s: float) -> bool:
    """Return whether time was spent since ``time.process_time()`` was ``spent_s``, or another thread is about to.

    A thread that the system does not let run, although it could, has spent nothing: it is no sleeper all the same.
    """
    return time.process_time() - spent_s > SPENT_S or _is_one_runnable()


def _is_one_runnable() -> bool:
    own = str(threading.get_native_id())
    try:
        return any(_state(each) == "R" for each in TASKS.iterdir() if each.name != own)
    except OSError:  # another system
        return False


def _state(task: Path) -> str:
    try:
        return (task / "stat").read_text().rpartition(")")[2].split()[0]
    except (OSError, IndexError):  # it has just ended
        return ""
