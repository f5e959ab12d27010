"""The report as JSON, with its schema: for programs that read verdicts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

import mock_truv
from mock_truv.contract.telling.story import story_of
from mock_truv.scenarios import scenario_text

if TYPE_CHECKING:
    from mock_truv.contract.results import Failure, Result, RunReport

FORMAT = 1


class Line(msgspec.Struct, kw_only=True):
    """A moment of a story."""

    at_us: int
    who: str
    whom: str
    text: str
    times: int
    is_evidence: bool


class FailureDocument(msgspec.Struct, kw_only=True):
    """How a clause was broken."""

    happened: str
    expected: str
    shrunk: bool
    found_in: str
    story: list[Line]
    scenario: str
    """The scenario file, as TOML."""


class ResultDocument(msgspec.Struct, kw_only=True):
    """The verdict on a clause."""

    id: str
    level: str
    name: str
    section: str
    statement: str
    source: str
    since: str
    verdict: str
    exercised: int
    triggered: int
    reason: str
    known_gap: str | None
    failure: FailureDocument | None


class TroubleDocument(msgspec.Struct, kw_only=True):
    """What went wrong in the adapter."""

    call: str
    problem: str
    details: str
    story: str
    count: int


class ReportDocument(msgspec.Struct, kw_only=True):
    """A whole contract run."""

    format: int
    mock_truv: str
    target: str
    integrator: str
    version: str
    capabilities: list[str]
    seed: int
    mode: str
    passed: bool
    stories: int
    seconds: float
    notes: list[str]
    not_judged: list[str]
    results: list[ResultDocument]
    troubles: list[TroubleDocument]


def json_report(report: RunReport) -> str:
    """Return the report as JSON text."""
    return msgspec.json.format(msgspec.json.encode(document_of(report)), indent=2).decode() + "\n"


def json_schema() -> dict[str, Any]:
    """Return the JSON Schema of the report."""
    return msgspec.json.schema(ReportDocument)


def document_of(report: RunReport) -> ReportDocument:
    """Return the report as plain values."""
    return ReportDocument(
        format=FORMAT,
        mock_truv=mock_truv.__version__,
        target=report.target,
        integrator=report.manifest.name,
        version=report.manifest.version,
        capabilities=sorted(report.manifest.capabilities),
        seed=report.seed,
        mode=report.mode,
        passed=report.passed,
        stories=report.stories,
        seconds=round(report.seconds, 3),
        notes=list(report.notes),
        not_judged=[result.clause.id for result in report.unjudged],
        results=[_result(result) for result in report.results.values()],
        troubles=[
            TroubleDocument(call=it.call, problem=it.problem, details=it.details, story=it.plan.title, count=it.count)
            for it in report.troubles
        ],
    )


def _result(result: Result) -> ResultDocument:
    clause = result.clause
    return ResultDocument(
        id=clause.id,
        level=clause.level,
        name=clause.name,
        section=clause.section,
        statement=clause.statement,
        source=clause.source,
        since=clause.since,
        verdict=str(result.kind),
        exercised=result.exercised,
        triggered=result.triggered,
        reason=result.reason,
        known_gap=result.known_gap,
        failure=None if result.failure is None else _failure(result.failure),
    )


def _failure(failure: Failure) -> FailureDocument:
    return FailureDocument(
        happened=failure.breach.what,
        expected=failure.breach.expected or failure.clause.statement,
        shrunk=failure.shrunk,
        found_in=failure.found_in,
        story=[
            Line(at_us=it.at_us, who=it.who, whom=it.whom, text=it.text, times=it.times, is_evidence=it.is_evidence)
            for it in story_of(failure.history, failure.breach)
        ],
        scenario=scenario_text(failure.plan),
    )
