"""Stories in which a correct program was once blamed: the program is judged by every clause, and nothing is broken."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from mock_truv.contract.judging import judge_history, run_story
from mock_truv.contract.targets import subject_of
from mock_truv.scenarios import load_scenario

if TYPE_CHECKING:
    from mock_truv.contract.clause import Judgement

ROOT = Path(__file__).parents[2]
STORIES = Path(__file__).parent / "excused"
PROGRAMS = {
    "budget-leaves-an-employer": "mock_truv.contract.reference:thrifty",
    "page-ends-by-its-own-clock": "mock_truv.contract.reference:update_mode",
    "page-ends-by-its-own-clock-events-doubled": "mock_truv.contract.reference:update_mode",
    "two-cases-share-a-report": "examples.integrators.nightly_batch:factory",
    "equal-amounts": "mock_truv.contract.reference:update_mode",
    "killed-at-work-before-the-next-cycle": "examples.integrators.polling_only:factory",
    "asked-for-after-the-run": "examples.integrators.nightly_batch:factory",
    "no-date-says-nothing": "examples.integrators.nightly_batch:factory",
    "killed-in-its-last-run": "examples.integrators.nightly_batch:factory",
    "asked-for-while-down": "examples.integrators.nightly_batch:factory",
    "counts-what-may-have-been-made": "examples.integrators.nightly_batch:factory",
    "closed-while-down": "mock_truv.contract.reference:integrator",
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_what_was_right_is_not_blamed(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A correct program breaks no clause in the story, and some clauses are put to the test by it."""
    monkeypatch.syspath_prepend(str(ROOT))
    subject = subject_of(PROGRAMS[name])
    story = load_scenario(str(STORIES / f"{name}.toml"))
    found: dict[str, Judgement] = judge_history(run_story(story, subject.factory))
    assert [each.what for it in found.values() for each in it.breaches] == []
    assert any(it.triggers for it in found.values())


def test_every_story_has_its_program() -> None:
    """No file lies unused."""
    assert {file.stem for file in STORIES.glob("*.toml")} == set(PROGRAMS)
