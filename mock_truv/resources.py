"""Where the shipped data is: scenarios, fixtures and contract tests.

In a wheel the three folders lie in ``mock_truv/_data/``; in a checkout they lie beside the package. Nobody else builds
such paths.
"""

from __future__ import annotations

from importlib.resources import files
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable

FOLDERS = ("scenarios", "fixtures", "contract_tests")


def folder(name: str) -> Traversable:
    """Return the data folder ``name`` (one of ``FOLDERS``).

    Raises:
        FileNotFoundError: The installation is incomplete; the message names the folder and both places.
    """
    package = files("mock_truv")
    shipped = package / "_data" / name
    if shipped.is_dir():
        return shipped
    from pathlib import Path  # noqa: PLC0415 -- only a checkout needs real paths

    beside = Path(str(package)).parent / name
    if name in FOLDERS and beside.is_dir():
        return beside
    raise FileNotFoundError(
        f"mock-truv's data folder {name!r} was found neither at {shipped} nor at {beside}; reinstall mock-truv",
    )


def read_files(name: str, suffix: str) -> dict[str, bytes]:
    """Return {file stem: bytes} of all files in data folder ``name`` whose name ends in ``suffix``, sorted by name.

    ``name`` may go one level down, as in ``"fixtures/people"``.
    """
    top, _, rest = name.partition("/")
    place = folder(top) / rest if rest else folder(top)
    found = sorted(place.iterdir(), key=lambda entry: entry.name)
    return {entry.name[: -len(suffix)]: entry.read_bytes() for entry in found if entry.name.endswith(suffix)}
