"""First adapters, with comments: for an integrator in Python, and for one in any language behind HTTP routes."""

from __future__ import annotations

from importlib.resources import files


def python_scaffold() -> str:
    """Return a Python adapter of the smallest useful size."""
    return _text("adapter_python.txt")


def http_scaffold() -> str:
    """Return a description of the test-only routes, with requests to try them."""
    return _text("adapter_http.txt")


SCAFFOLDS = {"python": python_scaffold, "http": http_scaffold}


def _text(name: str) -> str:
    return (files("mock_truv.contract") / "scaffolds" / name).read_text(encoding="utf-8")
