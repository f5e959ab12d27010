"""The command ``mock-truv drift``. Everything heavy is imported when it runs."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

if TYPE_CHECKING:
    from mock_truv.drift.descriptions import Description
    from mock_truv.drift.ignoring import Entry
    from mock_truv.drift.probes import Group
    from mock_truv.drift.report import Report

EPILOG = """Examples:\n
\b
  mock-truv drift --openapi truv.json                      against a description
  mock-truv drift --openapi truv.json --ignore drift.toml  known differences, each with its reason
  mock-truv drift --live https://prod.truv.com/v1/         against your own sandbox; asks before it writes

Keys for --live come from the environment: TRUV_CLIENT_ID and TRUV_SECRET, of a sandbox.
Exit 0: nothing differs; 1: something does, or the run ended early; 2: wrong usage.
"""
WARNING = (
    "drift reads, and can also make a user, an order, a webhook, a template and a test login in the sandbox of these "
    "keys at {url}, and take them back at the end (the order stays, canceled)."
)


def drift(
    openapi: Annotated[Path | None, typer.Option(help="An OpenAPI 3.0 or 3.1 description, JSON.")] = None,
    live: Annotated[str | None, typer.Option(help="Address of a running service, as https://host/v1/.")] = None,
    ignore: Annotated[Path | None, typer.Option(help="TOML file of known differences, with reasons.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="The report as JSON.")] = False,
    output: Annotated[Path | None, typer.Option(help="Write to this file instead of the standard output.")] = None,
    yes: Annotated[bool, typer.Option("--yes", help="With --live: write without asking.")] = False,
    with_refresh: Annotated[
        bool, typer.Option("--with-refresh", help="With --live: also refresh an order that is completed.")
    ] = False,
) -> None:
    """Say what mock-truv and a description of Truv's API, or a running service, do differently."""
    from mock_truv.drift.report import as_json as in_json  # noqa: PLC0415
    from mock_truv.drift.report import as_text  # noqa: PLC0415

    if (openapi is None) == (live is None):
        _wrong("give one of --openapi FILE and --live URL")
    if live is None and (yes or with_refresh):
        _wrong("--yes and --with-refresh go with --live")
    if output is not None and not output.absolute().parent.is_dir():
        _wrong(f"the folder {output.absolute().parent} does not exist")
    entries = _entries(ignore)
    if openapi is not None:
        report = _against_file(openapi, entries)
    else:
        report = _against_service(live or "", entries, yes=yes, with_refresh=with_refresh)
    text = in_json(report) if as_json else as_text(report)
    if output is None:
        typer.echo(text, nl=False)
    else:
        try:
            output.write_text(text, encoding="utf-8")
        except OSError as error:
            _wrong(f"--output {output}: {error.strerror}")
    raise typer.Exit(0 if report.clean else 1)


def _entries(path: Path | None) -> list[Entry]:
    from mock_truv.drift.ignoring import IgnoreError, read_ignored  # noqa: PLC0415

    try:
        return [] if path is None else read_ignored(path)
    except IgnoreError as error:
        _wrong(f"--ignore {path}: {error}")


def _ours() -> Description:
    import msgspec  # noqa: PLC0415

    from mock_truv.drift.descriptions import Description  # noqa: PLC0415
    from mock_truv.openapi.document import document_bytes  # noqa: PLC0415

    return Description(msgspec.json.decode(document_bytes()))


def _against_file(path: Path, entries: list[Entry]) -> Report:
    from mock_truv.drift.comparing import compare  # noqa: PLC0415
    from mock_truv.drift.descriptions import read_description  # noqa: PLC0415
    from mock_truv.drift.ignoring import sift  # noqa: PLC0415
    from mock_truv.drift.report import Report  # noqa: PLC0415
    from mock_truv.drift.schemas import DescriptionError  # noqa: PLC0415

    ours = _ours()
    try:
        theirs = read_description(path)
        found = compare(ours, theirs)
    except DescriptionError as error:
        _wrong(f"--openapi {path}: {error}")
    except RecursionError:
        _wrong(f"--openapi {path}: it is nested too deeply")
    shared = len(ours.operations.keys() & theirs.operations.keys())
    return Report(str(path), shared, sift(found, entries))


def _against_service(url: str, entries: list[Entry], *, yes: bool, with_refresh: bool) -> Report:
    from mock_truv.drift.client import Client, UrlError, checked_url  # noqa: PLC0415
    from mock_truv.drift.ignoring import sift  # noqa: PLC0415
    from mock_truv.drift.live import KeysRefusedError, UnreachableError, probe  # noqa: PLC0415
    from mock_truv.drift.report import Report  # noqa: PLC0415

    try:
        address = checked_url(url)
    except UrlError as error:
        _wrong(f"--live: {error}")
    client_id, secret = _keys()
    groups: list[Group] = ["read"]
    if _may_write(address, yes=yes):
        groups += ["write", "refresh"] if with_refresh else ["write"]
    try:
        with Client(address, client_id, secret) as client:
            probed = probe(_ours(), client, groups)
    except KeysRefusedError:
        _wrong("the service refuses these keys; look at TRUV_CLIENT_ID and TRUV_SECRET")
    except UnreachableError as error:
        _wrong(f"--live {address}: {error}")
    probed = probed.redacted(lambda text: text.replace(secret, "[secret]"))
    sifted = sift(probed.differences, entries, tried=probed.looked_at)
    return Report(address, len(probed.looked_at), sifted, probed.stopped, tuple(probed.notes))


def _keys() -> tuple[str, str]:
    """Return the keys of the environment; a production secret is refused."""
    client_id, secret = (os.environ.get(name, "").strip() for name in ("TRUV_CLIENT_ID", "TRUV_SECRET"))
    if not client_id or not secret:
        _wrong("--live needs the keys of your sandbox: set TRUV_CLIENT_ID and TRUV_SECRET")
    if secret.startswith("prod-"):
        _wrong("TRUV_SECRET is a production secret; mock-truv never takes one. Use one that begins with sandbox-")
    if not secret.startswith("sandbox-"):
        _wrong("TRUV_SECRET is no sandbox secret: one begins with sandbox-")
    if not (client_id + secret).isascii() or not (client_id + secret).isprintable():
        _wrong("TRUV_CLIENT_ID and TRUV_SECRET have plain characters only")
    return client_id, secret


def _may_write(url: str, *, yes: bool) -> bool:
    if yes:
        return True
    if not sys.stdin.isatty():
        typer.echo("There is no terminal to ask at, so nothing is written, only read (--yes to write).", err=True)
        return False
    typer.echo(WARNING.format(url=url), err=True)
    return typer.confirm("Shall it write?", default=False, err=True)


def _wrong(text: str) -> NoReturn:
    """Say in one sentence what was wrong, and exit with 2."""
    sys.stderr.write(f"mock-truv drift: {text}.\n")
    raise typer.Exit(2)
