"""The marker of tests that fetch packages."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "index: installs packages from the package index")


@pytest.fixture(scope="session")
def package_index() -> None:
    """Skip where pip reaches no package index, unless MOCK_TRUV_REQUIRE says that there must be one."""
    probe = [sys.executable, "-m", "pip", "install", "--dry-run", "--ignore-installed", "--no-deps", "-q", "iniconfig"]
    done = subprocess.run(probe, check=False, capture_output=True, text=True, timeout=60)
    if done.returncode and "index" in os.environ.get("MOCK_TRUV_REQUIRE", "").replace(",", " ").split():
        pytest.fail(f"pip reaches no package index: {done.stderr}")
    if done.returncode:
        pytest.skip("pip reaches no package index")
