"""The command ``mock-truv openapi``."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

EPILOG = """Examples:\n
\b
  mock-truv openapi                            print the document
  mock-truv openapi --output openapi.json      write it to a file
"""


def openapi(
    output: Annotated[Path | None, typer.Option(help="Write to this file instead of the standard output.")] = None,
) -> None:
    """Print the OpenAPI 3.1 document of everything that serve answers below /v1/."""
    from mock_truv.openapi.document import document_bytes  # noqa: PLC0415

    if output is None:
        typer.echo(document_bytes().decode(), nl=False)
        return
    try:
        output.write_bytes(document_bytes())
    except OSError as error:
        sys.stderr.write(f"mock-truv: --output: {output}: {error.strerror}.\n")
        raise typer.Exit(2) from None
