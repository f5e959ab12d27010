"""The ``mock-truv`` command. Exit codes: 0 good, 1 the thing checked failed, 2 wrong usage."""

from __future__ import annotations

import sys
from io import TextIOWrapper
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

import mock_truv
from mock_truv.contract import command as contract_command
from mock_truv.drift import command as drift_command
from mock_truv.openapi import command as openapi_command

if TYPE_CHECKING:
    from mock_truv.core.profile import Profile
    from mock_truv.core.scenario import Scenario

EPILOG_SERVE = """Examples:\n
\b
  mock-truv serve                                    a sandbox on port 8700, real time
  mock-truv serve --clock manual                     time moves only by POST /_mock/clock/advance
  mock-truv serve --clock rate:3600                  an hour every second
  mock-truv serve --webhook-url http://localhost:9000/hooks
  mock-truv serve --port 0 --ready-file ready.json   any free port, written to a file
"""
EPILOG_SCENARIOS = """Examples:\n
\b
  mock-truv scenarios list                     all failure stories by name
  mock-truv scenarios show session-expired     one of them, as TOML
  mock-truv scenarios check my-story.toml      is this file a scenario?
"""
EPILOG_REPLAY = """Examples:\n
\b
  mock-truv replay journal.jsonl                 rebuild, compare, print the state digest
  mock-truv replay journal.jsonl --until 120     only the first 120 entries
  mock-truv replay journal.jsonl --secret S      also print each webhook's signature
"""

EPILOG = """Examples:\n
\b
  mock-truv demo                              the whole story in a second
  mock-truv serve                             a sandbox on port 8700
  mock-truv serve --scenario session-expired  one in which sessions end
"""

app = typer.Typer(
    name="mock-truv",
    epilog=EPILOG,
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    help="A faithful, deterministic fake of Truv's order, refresh and report API. Unofficial.",
)


def main() -> None:
    """Run the command line."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="replace")  # a terminal without Unicode must not end a command
    app()


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"mock-truv {mock_truv.__version__}")
        raise typer.Exit


@app.callback()
def _root(
    _version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    pass


@app.command(epilog="Example:\n\n\b\n  mock-truv demo")
def demo() -> None:
    """Show the recertification story on real loopback HTTP: no arguments, no network, ends by itself."""
    from mock_truv.demo import run_demo  # noqa: PLC0415 -- each command loads only what it needs

    raise typer.Exit(0 if run_demo(typer.echo) else 1)


@app.command(epilog=EPILOG_SERVE)
def serve(
    host: Annotated[
        str, typer.Option(help="Address to listen on; another than loopback needs --control-token.")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port; 0 takes any free one.")] = 8700,
    clock: Annotated[str, typer.Option(help="wall, manual, or rate:N (N virtual seconds a real second).")] = "wall",
    seed: Annotated[int, typer.Option(min=0, help="Same seed and same requests give the same bytes.")] = 0,
    scenario: Annotated[str | None, typer.Option(help="A scenario by name, or a scenario file.")] = None,
    cases: Annotated[
        int | None, typer.Option(min=1, max=100_000, help="Scale the scenario's own cases to about N.")
    ] = None,
    profile: Annotated[
        str, typer.Option(help="Knobs: documented, strict, older-docs, harsh, or a TOML file of knobs.")
    ] = "documented",
    journal: Annotated[
        Path | None, typer.Option(help="Keep every command in FILE (JSON lines); read again at start.")
    ] = None,
    journal_limit: Annotated[
        int, typer.Option(min=2, help="Entries kept in memory before older ones are folded.")
    ] = 1_000_000,
    webhook_url: Annotated[str | None, typer.Option(help="Register this webhook from the start.")] = None,
    client_id: Annotated[str | None, typer.Option(help="Client id of the sandbox; default fixed and printed.")] = None,
    secret: Annotated[
        str | None,
        typer.Option(
            envvar="MOCK_TRUV_SECRET", show_envvar=True, help="Access secret, sandbox-…; default fixed and printed."
        ),
    ] = None,
    allow_host: Annotated[
        list[str] | None, typer.Option(help="Further name under which /_mock/ may be called.")
    ] = None,
    allow_webhook_host: Annotated[
        list[str] | None, typer.Option(help="Host outside this machine that may get webhooks.")
    ] = None,
    tls_cert: Annotated[Path | None, typer.Option(help="Certificate (PEM) to serve https.")] = None,
    tls_key: Annotated[Path | None, typer.Option(help="Its private key (PEM).")] = None,
    control_token: Annotated[
        str | None,
        typer.Option(
            envvar="MOCK_TRUV_CONTROL_TOKEN", show_envvar=True, help="/_mock/ then needs Authorization: Bearer TOKEN."
        ),
    ] = None,
    body_limit: Annotated[int, typer.Option(min=1024, help="Largest request body in bytes.")] = 8 * 1024 * 1024,
    ready_file: Annotated[
        Path | None, typer.Option(help="Write base_url, client_id, secret, pid (JSON) once it answers.")
    ] = None,
) -> None:
    """Run the sandbox until Ctrl-C or SIGTERM."""
    from mock_truv.core.errors import ApiError  # noqa: PLC0415
    from mock_truv.http.build import build_app  # noqa: PLC0415
    from mock_truv.http.serve import BindError, base_url, bind, write_ready_file  # noqa: PLC0415
    from mock_truv.http.serve import serve as run  # noqa: PLC0415
    from mock_truv.journal.entries import JournalError  # noqa: PLC0415
    from mock_truv.runtime.clock import rate_of  # noqa: PLC0415
    from mock_truv.runtime.hub import DEFAULT_CLIENT_ID, DEFAULT_SECRET, Hub, Options  # noqa: PLC0415

    try:
        rate_of(clock)
    except ValueError as error:
        _wrong(f"--clock: {error}.")
    _check_secret(secret)
    if host not in {"127.0.0.1", "::1", "localhost"} and control_token is None:
        _wrong(f"--host {host} opens the control API to others; set --control-token as well.")
    if cases is not None and scenario is None:
        _wrong("--cases scales the cases of a scenario; name one, such as --scenario bulk-renewals.")
    if (tls_cert is None) != (tls_key is None):
        _wrong("--tls-cert and --tls-key go together.")
    for name, file in (("--tls-cert", tls_cert), ("--tls-key", tls_key)):
        if file is not None and not file.is_file():
            _wrong(f"{name}: there is no file {file}.")
    if ready_file is not None and not ready_file.absolute().parent.is_dir():
        _wrong(f"--ready-file: the folder {ready_file.absolute().parent} does not exist.")
    options = Options(
        clock=clock,
        profile=_profile(profile),
        scenario=None if scenario is None else _scenario(scenario, cases),
        seed=seed,
        client_id=client_id or DEFAULT_CLIENT_ID,
        secret=secret or DEFAULT_SECRET,
        webhook_url=webhook_url,
        allow_webhook_hosts=tuple(allow_webhook_host or ()),
        journal=journal,
        journal_limit=journal_limit,
    )
    try:
        listener = bind(host, port)
        hub = Hub(options)
    except BindError as error:
        _wrong(str(error))
    except JournalError as error:
        _wrong(f"--journal {journal}: {error}.")
    except ApiError as error:
        _wrong(f"--scenario {scenario}: {error}: {(error.extra or {}).get('invalid-params')}.")
    except OSError as error:
        _wrong(f"--journal {journal}: {error.strerror}.")
    url = base_url(listener, tls=tls_cert is not None)

    def announce() -> None:
        if ready_file is not None:
            write_ready_file(ready_file.absolute(), url, options.client_id, options.secret)
        typer.echo(
            f"mock-truv {mock_truv.__version__} serves a Truv sandbox (unofficial, no real data)\n\n"
            f"  base URL    {url}/v1/\n"
            f"  client id   {options.client_id}\n"
            f"  secret      {options.secret}\n"
            f"  clock       {clock}, seed {seed}\n"
            f"  control     {url}/_mock/health\n\n"
            "Ctrl-C stops it."
        )

    application = build_app(
        hub, control_token=control_token, allowed_hosts=allow_host or (), body_limit_bytes=body_limit
    )
    tls = {"ssl_certfile": str(tls_cert), "ssl_keyfile": str(tls_key)} if tls_cert else {}
    run(application, hub, listener, announce, **tls)


@app.command(epilog=EPILOG_REPLAY)
def replay(
    file: Annotated[Path, typer.Argument(help="A journal written by serve --journal.")],
    until: Annotated[int | None, typer.Option(min=0, help="Stop after this entry.")] = None,
    sandbox: Annotated[str | None, typer.Option(help="Only this sandbox of the file.")] = None,
    secret: Annotated[
        str | None, typer.Option(help="Print every webhook with the signature it had under this secret.")
    ] = None,
) -> None:
    """Rebuild worlds from a journal; name the first entry whose outcome differs."""
    from mock_truv.delivery.signing import sign  # noqa: PLC0415
    from mock_truv.journal.entries import JournalError  # noqa: PLC0415
    from mock_truv.journal.replay import replay as run  # noqa: PLC0415
    from mock_truv.runtime.hub import load_catalog  # noqa: PLC0415

    try:
        with file.open("rb") as lines:
            result = run(lines, load_catalog(), until=until, sandbox=sandbox)
    except OSError as error:
        _wrong(f"{file}: {error.strerror}.")
    except JournalError as error:
        _wrong(f"{file}: {error}.")
    for sent in result.sent if secret else []:
        assert secret is not None
        typer.echo(f"{sent.webhook_id} attempt {sent.attempt} {sign(sent.body, secret)} {sent.body.decode()}")
    for name, journal in result.journals.items():
        typer.echo(f"{name}: {journal.seq} entries, {journal.world.state.steps} steps, digest {journal.world.digest()}")
    if result.torn:
        typer.echo("The last line was cut off and was left out.", err=True)
    if result.difference is not None:
        typer.echo(f"The replay differs at {result.difference}", err=True)
        raise typer.Exit(1)


app.command(epilog=contract_command.EPILOG)(contract_command.verify)
app.command(epilog=openapi_command.EPILOG)(openapi_command.openapi)
app.command(epilog=drift_command.EPILOG)(drift_command.drift)


scenarios_app = typer.Typer(no_args_is_help=True, rich_markup_mode=None, epilog=EPILOG_SCENARIOS)
app.add_typer(scenarios_app, name="scenarios", help="List, show and check failure stories.")


@scenarios_app.command("list", epilog="Example:\n\n\b\n  mock-truv scenarios list --json")
def list_scenarios(
    as_json: Annotated[bool, typer.Option("--json", help="Name, title, why, expect, clauses as JSON.")] = False,
) -> None:
    """List all shipped scenarios."""
    from mock_truv.scenarios import shipped  # noqa: PLC0415

    if as_json:
        import msgspec  # noqa: PLC0415

        typer.echo(msgspec.json.format(msgspec.json.encode(list(shipped().values())), indent=2).decode())
        return
    width = max(len(name) for name in shipped())
    for name, scenario in shipped().items():
        typer.echo(f"{name:<{width}}  {scenario.title}")


@scenarios_app.command("show", epilog="Example:\n\n\b\n  mock-truv scenarios show oauth-expiry-180d")
def show_scenario(name: Annotated[str, typer.Argument(help="A scenario's name, or a file.")]) -> None:
    """Print a scenario as TOML."""
    from mock_truv.scenarios import ScenarioError, load_scenario, scenario_text  # noqa: PLC0415

    try:
        typer.echo(scenario_text(load_scenario(name)), nl=False)
    except ScenarioError as error:
        _wrong(f"{error}.")


@scenarios_app.command("check", epilog="Example:\n\n\b\n  mock-truv scenarios check stories/*.toml")
def check_scenarios(files: Annotated[list[Path], typer.Argument(help="Scenario files.")]) -> None:
    """Check files; every problem is one line with file, line and key. Exit 1 if there is one."""
    from mock_truv.scenarios import ScenarioError, load_scenario  # noqa: PLC0415

    wrong = 0
    for file in files:
        if not file.is_file():
            _wrong(f"there is no file {file}.")
        try:
            load_scenario(str(file))
        except ScenarioError as error:
            wrong += 1
            typer.echo(str(error), err=True)
        else:
            typer.echo(f"{file}: right")
    raise typer.Exit(1 if wrong else 0)


@scenarios_app.command("figure", epilog="Example:\n\n\b\n  mock-truv scenarios figure bulk-renewals --cases 5000")
def figure(
    name: Annotated[str, typer.Argument(help="A scenario with cases of its own.")] = "bulk-renewals",
    cases: Annotated[int | None, typer.Option(min=1, max=100_000, help="Scale the population; its mix stays.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="The figures as JSON.")] = False,
) -> None:
    """Show refresh success against the age of the connection, over a scenario's population."""
    import msgspec  # noqa: PLC0415

    from mock_truv.figure import as_text, success_by_age  # noqa: PLC0415
    from mock_truv.runtime.hub import load_catalog  # noqa: PLC0415

    try:
        result = success_by_age(_scenario(name), load_catalog(), cases=cases)
    except ValueError as error:
        _wrong(f"{error}.")
    typer.echo(msgspec.json.format(msgspec.json.encode(result), indent=2).decode() if as_json else as_text(result))


def _profile(name: str) -> Profile:
    from mock_truv.runtime.profiles import ProfileError, load_profile  # noqa: PLC0415

    try:
        return load_profile(name)
    except ProfileError as error:
        _wrong(f"--profile: {error}.")


def _scenario(name: str, cases: int | None = None) -> Scenario:
    from mock_truv.scenarios import ScenarioError, load_scenario, scaled  # noqa: PLC0415

    try:
        return load_scenario(name) if cases is None else scaled(load_scenario(name), cases)
    except ScenarioError as error:
        _wrong(f"--scenario: {error}")


def _check_secret(secret: str | None) -> None:
    if secret is None:
        return
    if secret.startswith("prod-"):
        _wrong("--secret: that is a production secret; mock-truv never takes one. Use one that begins with sandbox-.")
    if not secret.startswith("sandbox-"):
        _wrong("--secret: a sandbox secret begins with sandbox- (its form tells the environment).")


def _wrong(text: str) -> NoReturn:
    """Say in one sentence what was wrong, and exit with 2."""
    sys.stderr.write(f"mock-truv: {text}\n")
    raise typer.Exit(2)
