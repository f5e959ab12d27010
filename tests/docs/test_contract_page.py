"""The contract's manual: its tables are those of the registries, and its commands exist."""

from __future__ import annotations

from pathlib import Path

from mock_truv.contract.clauses import all_clauses
from mock_truv.manual import filled

PAGE = Path(__file__).parents[2] / "docs" / "contract.md"


def test_the_table_is_printed_from_the_registry() -> None:
    """Printing it again changes nothing, and every clause is in it."""
    text = PAGE.read_text(encoding="utf-8")
    assert filled(text) == text
    assert all(f"| {ident} |" in text for ident in all_clauses())


def test_every_option_it_names_exists() -> None:
    """No option of the page is unknown to the command."""
    import re

    import typer

    from mock_truv.cli import app

    command = typer.main.get_command(app).commands["verify"]  # type: ignore[attr-defined]
    known = {option for parameter in command.params for option in parameter.opts}
    named = set(re.findall(r"(--[a-z][a-z-]+)", PAGE.read_text(encoding="utf-8").split("## The clauses")[0])) - {
        "--port"
    }
    assert named <= known
