"""The report for a terminal: what was not judged, what failed and why, then every clause."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

from mock_truv.contract.clause import Kind
from mock_truv.contract.telling.moments import with_short_ids
from mock_truv.contract.telling.story import story_lines, story_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mock_truv.contract.results import Failure, Result, RunReport, Trouble

WIDTH = 110
NAME_WIDTH = 52
ALONE = 8
"""More clauses than this that are not judged for the same reason are told in one line."""


def terminal_report(report: RunReport) -> str:
    """Return the whole report as text."""
    lines: list[str] = []
    for part in (_unjudged, _troubles, _failures, _table, _summary):
        found = list(part(report))
        if found:
            lines += [*found, ""]
    return "\n".join(lines).rstrip() + "\n"


def failure_text(failure: Failure) -> str:
    """Return one failure as text: what happened, what is right, the story, and how to see it again."""
    return "\n".join(_failure(failure))


def _unjudged(report: RunReport) -> Iterator[str]:
    if not report.unjudged:
        return
    yield f"MUST clauses not judged: {len(report.unjudged)} (never counted as kept)"
    alike = _alike(report)
    for result in report.unjudged:
        if _key(result) not in alike:
            yield f"  {result.clause.id:<7} {result.kind:<12} {result.clause.name}: {result.reason}"
    for (kind, reason), results in alike.items():
        idents = " ".join(it.clause.id for it in results if it.clause.level == "MUST")
        yield f"  {kind}, {reason}:"
        yield from textwrap.wrap(idents, WIDTH, initial_indent="    ", subsequent_indent="    ")


def _troubles(report: RunReport) -> Iterator[str]:
    for trouble in report.troubles:
        yield from _trouble(trouble)


def _trouble(trouble: Trouble) -> Iterator[str]:
    times = f" (in {trouble.count} stories)" if trouble.count > 1 else ""
    yield f"ADAPTER  {trouble.call}(): {trouble.problem}{times}"
    yield f"  in the story: {trouble.plan.title}"
    yield "  This is a fault of the adapter or the program, not a verdict on a clause."
    yield from (f"  | {line}" for line in trouble.details.rstrip().splitlines()[-14:])


def _failures(report: RunReport) -> Iterator[str]:
    for failure in report.failures:
        yield from _failure(failure)
        yield ""


def _failure(failure: Failure) -> Iterator[str]:
    clause, breach = failure.clause, failure.breach
    yield f"{'=' * WIDTH}"
    yield f"FAIL  {clause.id}  {clause.level}  {clause.name}"
    yield from _wrapped("happened: ", with_short_ids(breach.what))
    yield from _wrapped("expected: ", with_short_ids(breach.expected or clause.statement))
    if clause.advice:
        yield from _wrapped("advice:   ", clause.advice)
    yield from _wrapped("clause:   ", clause.statement)
    yield from _wrapped("source:   ", clause.source)
    yield "  story (virtual time since its beginning; ▸ marks the evidence):"
    moments = story_of(failure.history, breach)
    yield from (f"  {line}" for line in story_lines(moments))
    if not failure.shrunk:
        yield "  (not fully shrunk: time was over)"
    yield f"  seen first in: {failure.found_in} (before shrinking)"


def _wrapped(label: str, text: str) -> Iterator[str]:
    yield from textwrap.wrap(
        text, WIDTH, initial_indent=f"  {label}", subsequent_indent=" " * (len(label) + 2), break_on_hyphens=False
    )


def _table(report: RunReport) -> Iterator[str]:
    yield f"{'clause':<8}{'level':<8}{'verdict':<14}{'exercised':>9}  name"
    alike = _alike(report)
    for result in report.results.values():
        if _key(result) not in alike:
            yield _row(result)


def _alike(report: RunReport) -> dict[tuple[str, str], list[Result]]:
    """Return the many clauses that are not judged for one and the same reason; they are told together."""
    found: dict[tuple[str, str], list[Result]] = {}
    for result in report.results.values():
        if result.kind in {Kind.NOT_APPLICABLE, Kind.INCONCLUSIVE} and result.known_gap is None:
            found.setdefault(_key(result), []).append(result)
    return {key: results for key, results in found.items() if len(results) > ALONE}


def _key(result: Result) -> tuple[str, str]:
    return (str(result.kind), result.reason)


def _row(result: Result) -> str:
    clause = result.clause
    name = textwrap.shorten(clause.name, NAME_WIDTH, placeholder="…")
    gap = f" [known gap: {result.known_gap}]" if result.known_gap is not None else ""
    if result.known_gap is not None and result.kind is not Kind.FAIL:
        gap += " — the gap is closed; take it out of the file"
    why = f" ({result.reason})" if result.reason else ""
    return f"{clause.id:<8}{clause.level:<8}{result.kind:<14}{result.exercised:>9}  {name}{why}{gap}"


def _summary(report: RunReport) -> Iterator[str]:
    counts = {kind: sum(result.kind is kind for result in report.results.values()) for kind in Kind}
    yield "  ".join(f"{count} {kind}" for kind, count in counts.items() if count)
    manifest = report.manifest
    yield (
        f"{report.target or manifest.name} ({manifest.name} {manifest.version}): {report.stories} stories in "
        f"{report.seconds:.1f} s, {report.mode} run, seed {report.seed}"
    )
    yield from report.notes
    yield verdict_text(report)


def verdict_text(report: RunReport) -> str:
    """Return the run's verdict in one sentence."""
    if report.troubles:
        return "The run was not sound: the adapter went wrong."
    if not report.passed:
        return "The contract is broken."
    missing = len(report.unjudged)
    if missing:
        return f"No clause is broken; {missing} MUST clause{'s were' if missing > 1 else ' was'} not judged."
    return "The contract is kept."
