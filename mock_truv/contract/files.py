"""Files of a contract run: failures saved as scenarios, scenarios run again, and the known gaps."""

from __future__ import annotations

import re
import tomllib
from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from mock_truv.contract.clause import Violation, judge
from mock_truv.contract.clauses import all_clauses
from mock_truv.contract.judging import run_story
from mock_truv.contract.plan import request
from mock_truv.core.scenario import PersonRule
from mock_truv.scenarios import load_scenario, scenario_text

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from mock_truv.contract.results import Failure
    from mock_truv.core.scenario import Scenario


class GapsError(Exception):
    """The file of known gaps is wrong; the message names what."""


def save_failure(failure: Failure, folder: Path) -> Path:
    """Write a failure's plan as a scenario file and return its path."""
    clause = failure.clause
    name = re.sub(r"[^a-z0-9]+", "-", f"{clause.id} {clause.name}".lower()).strip("-")[:60].strip("-")
    scenario = replace(
        failure.plan,
        name=name,
        title=f"{clause.id}: {clause.name}"[:200],
        why=f"Found by a contract run: {failure.breach.what}",
        expect=failure.breach.expected or clause.statement,
        clauses=(clause.id,),
    )
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}.toml"
    path.write_text(scenario_text(scenario), encoding="utf-8")
    return path


def load_plan(name: str) -> Scenario:
    """Return the plan of a scenario, by name or file; one without cases, or requests, is given what it lacks.

    Raises:
        ScenarioError: There is no such scenario, or its file is wrong.
    """
    scenario = load_scenario(name)
    if not scenario.person:
        scenario = replace(scenario, person=(PersonRule(),))
    if not any(rule.do in {"request", "run-due"} for rule in scenario.driver):
        cases = sum(rule.count for rule in scenario.person)
        scenario = replace(scenario, driver=(request(cases=cases), *scenario.driver))
    return scenario


def check_scenario(file: Path | str, factory: Callable[[], Any]) -> None:
    """Carry out a scenario with an integrator; to pin a failure as a test.

    Raises:
        Violation: A clause is broken: one of those that the file names, or any where it names none.
    """
    from mock_truv.contract.reports.terminal import failure_text  # noqa: PLC0415
    from mock_truv.contract.results import Failure  # noqa: PLC0415

    plan = load_plan(str(file))
    history = run_story(plan, factory)
    for clause in all_clauses().values():
        if (plan.clauses and clause.id not in plan.clauses) or not history.manifest.has(*clause.needs):
            continue
        for breach in judge(clause, history).breaches:
            violation: Violation = clause.violation(breach)
            violation.add_note(failure_text(Failure(clause, breach, plan, history, found_in=plan.title)))
            raise violation


def read_gaps(path: Path) -> dict[str, str]:
    """Return the known gaps of a TOML file: clause id -> reason.

    Raises:
        GapsError: It is not TOML, names an unknown clause, or gives no reason.
    """
    try:
        value = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise GapsError(f"{path}: {error}") from None
    for ident, reason in value.items():
        if ident not in all_clauses():
            raise GapsError(f'{path}: there is no clause {ident!r}; a line reads RF-12 = "why it is broken"')
        if not isinstance(reason, str) or not reason.strip():
            raise GapsError(f"{path}: {ident} needs a reason as text")
    return value
