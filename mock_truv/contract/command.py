"""``mock-truv verify``: the contract run on the command line. Everything heavy is imported when it runs."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

if TYPE_CHECKING:
    from mock_truv.contract.results import RunReport
    from mock_truv.contract.search.explorer import Settings
    from mock_truv.contract.targets import Subject

BULK_BUDGET_S = 1800.0

EPILOG = """Examples:\n
\b
  mock-truv verify myapp.adapter:factory            judge an integrator in Python
  mock-truv verify http://127.0.0.1:8080            one in any language, by its test-only routes
  mock-truv verify http://127.0.0.1:8080 --start-command "node server.mjs"   started, killed and restarted
  mock-truv verify myapp.adapter:factory --quick    the plainest story of each clause
  mock-truv verify myapp.adapter:factory --clauses RF-12,RF-20
  mock-truv verify --scaffold python > adapter.py   a first adapter, with comments
"""


def verify(
    target: Annotated[
        str | None, typer.Argument(help="module:factory, file.py:factory, or http://127.0.0.1:PORT.")
    ] = None,
    clauses: Annotated[str | None, typer.Option(help="Only these clauses: RF-12,RF-20.")] = None,
    quick: Annotated[bool, typer.Option("--quick", help="The plainest story of each clause, none drawn.")] = False,
    seed: Annotated[int, typer.Option(min=0, help="Same seed, same stories, same verdicts.")] = 0,
    budget: Annotated[
        float | None,
        typer.Option(min=1, help="Longest time for the whole run, in seconds: 120; with --bulk full 1800."),
    ] = None,
    profile: Annotated[
        str, typer.Option(help="Knobs of every story: documented, strict, older-docs, harsh.")
    ] = "documented",
    jobs: Annotated[
        int | None, typer.Option(min=1, max=64, help="Processes for a target in Python; default: one a core.")
    ] = None,
    bulk: Annotated[
        str | None, typer.Option(help="full: stories of up to 10,000 cases, too (some 4 GB a process).")
    ] = None,
    scenario: Annotated[list[str] | None, typer.Option(help="Only this story: a scenario by name or file.")] = None,
    known_gaps: Annotated[Path | None, typer.Option(help='TOML file of known gaps: RF-12 = "why"; strict.')] = None,
    junit: Annotated[Path | None, typer.Option(help="Write the report as JUnit XML.")] = None,
    html: Annotated[Path | None, typer.Option(help="Write the report as one HTML page.")] = None,
    json: Annotated[Path | None, typer.Option(help="Write the report as JSON.")] = None,
    save_failures: Annotated[Path | None, typer.Option(help="Write each failure as a scenario file into DIR.")] = None,
    start_command: Annotated[
        str | None, typer.Option(help="Starts the program; the run kills and restarts it.")
    ] = None,
    observe: Annotated[
        bool, typer.Option("--observe", help="No adapter: judge what is seen from Truv's side.")
    ] = False,
    put_case: Annotated[
        str | None, typer.Option(help="With --observe: 'METHOD URL BODY' makes a case known; {case_id} and the like.")
    ] = None,
    trigger: Annotated[
        str | None, typer.Option(help="With --observe: 'METHOD URL BODY' asks for the refresh of {case_id}.")
    ] = None,
    webhook_url: Annotated[str | None, typer.Option(help="With --observe: where the program takes webhooks.")] = None,
    listen: Annotated[int, typer.Option(min=0, max=65535, help="With --observe: port of Truv; 0 any.")] = 8700,
    faketime: Annotated[
        bool, typer.Option("--faketime", help="With --observe: start the program on the run's time (libfaketime).")
    ] = False,
    scaffold: Annotated[str | None, typer.Option(help="Print a first adapter: python or http.")] = None,
) -> None:
    """Try an integrator on every failure path, and say which clauses of the refresh contract it breaks."""
    if scaffold is not None:
        _scaffold(scaffold)
        return
    if target is None and not observe:
        _wrong("name a target: module:factory, file.py:factory or http://127.0.0.1:PORT (or --scaffold python)")
    settings = _settings(clauses, scenario, known_gaps, bulk, profile, quick=quick, seed=seed, budget_s=budget)
    for path in (junit, html, json):
        if path is not None and not path.absolute().parent.is_dir():
            _wrong(f"the folder {path.absolute().parent} does not exist")
    if observe:
        subject = _observed(put_case, trigger, webhook_url, start_command, listen, faketime=faketime)
        settings = _narrowed(settings, faketime=faketime)
    else:
        subject = _subject(target or "", start_command)
    try:
        report = _run(subject, settings, jobs or os.cpu_count() or 1)
    finally:
        subject.close()
    _write(report, junit=junit, html=html, json=json, save_failures=save_failures)
    raise typer.Exit(0 if report.passed else 1)


def _subject(target: str, start_command: str | None) -> Subject:
    from mock_truv.contract.errors import TargetError  # noqa: PLC0415
    from mock_truv.contract.targets import subject_of  # noqa: PLC0415

    try:
        return subject_of(target, start_command=start_command)
    except TargetError as error:
        _wrong(str(error))


def _observed(put_case: str | None, trigger: str | None, webhook_url: str | None, start_command: str | None, port: int,
              *, faketime: bool) -> Subject:  # fmt: skip
    from mock_truv.contract.errors import TargetError  # noqa: PLC0415
    from mock_truv.contract.run.listener import Listener  # noqa: PLC0415
    from mock_truv.contract.run.observe import Observed, Template, faketime_library  # noqa: PLC0415
    from mock_truv.contract.targets import Subject  # noqa: PLC0415

    if put_case is None or trigger is None:
        _wrong("--observe needs --put-case 'METHOD URL BODY' and --trigger 'METHOD URL BODY'")
    if faketime and start_command is None:
        _wrong("--faketime needs --start-command: only a program that the run starts can be given its time")
    try:
        templates = Template.parse("--put-case", put_case), Template.parse("--trigger", trigger)
        if faketime:
            faketime_library()
        listener = Listener(port, plain=True)
    except TargetError as error:
        _wrong(str(error))
    except OSError as error:
        _wrong(f"--listen {port}: {error.strerror}; take another port, or 0 for any")
    observed = Observed(*templates, listener, webhook_url, start_command, faketime)
    typer.echo(f"Truv is at http://127.0.0.1:{listener.port} for the program", err=True)
    return Subject("observed program", observed.factory, listener, observed)


def _narrowed(settings: Settings, *, faketime: bool) -> Settings:
    from dataclasses import replace  # noqa: PLC0415

    from mock_truv.contract.clauses import all_clauses  # noqa: PLC0415
    from mock_truv.contract.run.observe import unseen  # noqa: PLC0415

    return replace(settings, unseen=unseen(all_clauses(), faketime=faketime), drawn=False)


def _run(subject: Subject, settings: Settings, jobs: int) -> RunReport:
    from mock_truv.contract.errors import BudgetError  # noqa: PLC0415
    from mock_truv.contract.run.program import AdapterError  # noqa: PLC0415
    from mock_truv.contract.search.suite import Suite  # noqa: PLC0415
    from mock_truv.scenarios import ScenarioError  # noqa: PLC0415

    def progress(title: str, done: int, of: int) -> None:
        if sys.stderr.isatty():
            sys.stderr.write(f"\r\x1b[K{done}/{of} {title[:70]}")
            sys.stderr.flush()

    try:
        report = Suite(
            subject.factory, settings, target=subject.name, listener=subject.listener, progress=progress, jobs=jobs
        ).run()
    except (ScenarioError, BudgetError) as error:
        _wrong(str(error))
    except AdapterError as error:
        typer.echo(f"ADAPTER  {error}\n{error.details}".rstrip(), err=True)
        typer.echo("No story could be carried out; this is no verdict on any clause.", err=True)
        raise typer.Exit(1) from None
    finally:
        if sys.stderr.isatty():
            sys.stderr.write("\r\x1b[K")
    return report


def _settings(clauses: str | None, scenario: list[str] | None, known_gaps: Path | None, bulk: str | None,
              profile: str, *, quick: bool, seed: int, budget_s: float | None) -> Settings:  # fmt: skip
    from mock_truv.contract.clauses import all_clauses  # noqa: PLC0415
    from mock_truv.contract.files import GapsError, load_plan, read_gaps  # noqa: PLC0415
    from mock_truv.contract.search.explorer import Settings  # noqa: PLC0415
    from mock_truv.core.profile import differences  # noqa: PLC0415
    from mock_truv.runtime.profiles import ProfileError, load_profile  # noqa: PLC0415
    from mock_truv.scenarios import ScenarioError  # noqa: PLC0415

    wanted = None if clauses is None else frozenset(part.strip().upper() for part in clauses.split(",") if part.strip())
    unknown = sorted((wanted or frozenset()) - set(all_clauses()))
    if unknown:
        _wrong(f"--clauses: there is no clause {', '.join(unknown)}; they are called {', '.join(all_clauses())}")
    if bulk not in {None, "full"}:
        _wrong(f"--bulk {bulk}: the only value is full")
    try:
        return Settings(
            clauses=wanted,
            quick=quick,
            seed=seed,
            budget_s=budget_s or (BULK_BUDGET_S if bulk else Settings.budget_s),
            bulk_full=bulk == "full",
            known_gaps={} if known_gaps is None else read_gaps(known_gaps),
            plans=None if not scenario else [load_plan(name) for name in scenario],
            profile=differences(load_profile(profile)),
        )
    except (GapsError, ScenarioError, ProfileError) as error:
        _wrong(str(error))


def _write(report: RunReport, *, junit: Path | None, html: Path | None, json: Path | None,
           save_failures: Path | None) -> None:  # fmt: skip
    from mock_truv.contract.files import save_failure  # noqa: PLC0415
    from mock_truv.contract.reports.document import json_report  # noqa: PLC0415
    from mock_truv.contract.reports.junit import junit_report  # noqa: PLC0415
    from mock_truv.contract.reports.page import html_report  # noqa: PLC0415
    from mock_truv.contract.reports.terminal import terminal_report  # noqa: PLC0415

    typer.echo(terminal_report(report), nl=False)
    for path, render in ((junit, junit_report), (html, html_report), (json, json_report)):
        if path is not None:
            path.write_text(render(report), encoding="utf-8")
            typer.echo(f"written: {path}")
    for failure in report.failures if save_failures is not None else ():
        assert save_failures is not None
        path = save_failure(failure, save_failures)
        typer.echo(f"saved: {path}  (mock-truv verify {report.target} --scenario {path})")


def _scaffold(form: str) -> None:
    from mock_truv.contract.scaffold import SCAFFOLDS  # noqa: PLC0415

    if form not in SCAFFOLDS:
        _wrong(f"--scaffold {form}: use {' or '.join(SCAFFOLDS)}")
    typer.echo(SCAFFOLDS[form](), nl=False)


def _wrong(text: str) -> NoReturn:
    """Say in one sentence what was wrong, and exit with 2."""
    sys.stderr.write(f"mock-truv verify: {text}.\n")
    raise typer.Exit(2)
