"""A journal as a file of JSON lines, kept across restarts of the process."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from pathlib import Path

    from mock_truv.journal.entries import Entry, Opening


class JournalFile:
    """Appends openings and entries to a file; each line reaches the operating system at once."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("ab", buffering=0)
        self._encoder = msgspec.json.Encoder()

    def write(self, item: Opening | Entry) -> None:
        """Append one line."""
        self._file.write(self._encoder.encode(item) + b"\n")

    def close(self) -> None:
        """Make sure everything is on the disk."""
        os.fsync(self._file.fileno())
        self._file.close()


def cut_torn_line(path: Path) -> bool:
    """Cut off a last line that a crash left without its end; return whether there was one."""
    size = path.stat().st_size
    with path.open("r+b") as file:
        keep = size
        while keep > 0:
            start = max(keep - 65536, 0)
            file.seek(start)
            block = file.read(keep - start)
            end = block.rfind(b"\n")
            if end >= 0:
                keep = start + end + 1
                break
            keep = start
        if keep < size:
            file.truncate(keep)
    return keep < size
