"""Schemathesis, all checks, on what the server answers and by the description it gives of itself.

A short run; CONTRIBUTING.md has the long one. What is excepted from a check stands in ``schemathesis.toml``.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from mock_truv.api.dispatch import OPERATIONS
from mock_truv.openapi.paths import operation_id, path_of
from tests.servers import serving

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
CONFIGURATION = ROOT / "schemathesis.toml"
ENVIRONMENT = os.environ | {"NO_PROXY": "*", "PYTHONPATH": str(ROOT)}


@pytest.fixture
def served(tmp_path: Path) -> Iterator[str]:
    """Serve with the standard keys on a free port, time standing still; give the base URL."""
    with serving(tmp_path, "--clock", "manual") as server:
        yield server.ready["base_url"]


def run(base_url: str, count: Path, *options: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "schemathesis.cli", "--config-file", str(CONFIGURATION), "run",
               f"{base_url}/_mock/openapi.json", "--seed", "1", "--no-color", *options]  # fmt: skip
    environment = ENVIRONMENT | {"MOCK_TRUV_FUZZ_COUNT": str(count)}
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)


def test_nothing_breaks_and_most_valid_requests_succeed(served: str, tmp_path: Path) -> None:
    """No check of any phase fails, nothing is answered with 5xx, every operation is reached, and good requests do well.

    At least 60 % of the valid requests are answered with 2xx.
    """
    count = tmp_path / "count.json"
    done = run(served, count, "--phases", "fuzzing,stateful", "--max-examples", "3")
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
    counted = json.loads(count.read_text())
    assert not [status for status in counted["statuses"] if status >= "500"]
    valid: dict[str, dict[str, int]] = counted["valid"]
    assert set(valid) == {f"{it.method} {path_of(it)}" for it in OPERATIONS}
    good = sum(n for statuses in valid.values() for status, n in statuses.items() if status.startswith("2"))
    assert good >= 0.6 * sum(sum(statuses.values()) for statuses in valid.values())


def exceptions() -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = tomllib.loads(CONFIGURATION.read_text())["operations"]
    return found


def test_exceptions_name_operations_and_reasons() -> None:
    """Each exception is for operations that there are, relaxes one check by a status, and has its reason above it."""
    names = {operation_id(it) for it in OPERATIONS}
    for each in exceptions():
        listed = each["include-operation-id"]
        assert set([listed] if isinstance(listed, str) else listed) <= names
        assert set(each["checks"]) == {"positive_data_acceptance"}
        assert "400" in each["checks"]["positive_data_acceptance"]["expected-statuses"]
    lines = CONFIGURATION.read_text().splitlines()
    for number, line in enumerate(lines):
        if line == "[[operations]]":
            assert lines[number - 1].startswith("# "), f"line {number + 1} has no reason"


def test_checks_are_all_on() -> None:
    """The configuration switches no check and no phase off."""
    text = CONFIGURATION.read_text()
    assert tomllib.loads(text)["checks"] == {"enabled": True}
    assert "enabled = false" not in text
    assert "exclude" not in text
