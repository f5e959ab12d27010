"""Files of a store: replaced as a whole, or only ever added to."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path


def replace(path: Path, value: Any) -> None:
    """Write a value as JSON; whoever reads sees the old file or the new one, never a part."""
    new = path.with_name(f"{path.name}.new")
    new.write_text(json.dumps(value), encoding="utf-8")
    new.replace(path)


def read(path: Path, default: Any) -> Any:
    """Return the value in a JSON file, or a default where there is no file yet."""
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else default


def append(path: Path, line: str) -> None:
    """Add a line."""
    with path.open("a", encoding="utf-8") as file:
        file.write(f"{line}\n")


def lines(path: Path) -> list[str]:
    """Return all lines."""
    return path.read_text(encoding="utf-8").splitlines() if path.exists() else []
