"""The report as one page of HTML that needs nothing else: the table, and each failure as a sequence diagram."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

from mock_truv.contract.clause import Kind
from mock_truv.contract.reports.terminal import verdict_text
from mock_truv.contract.telling.moments import Moment, with_short_ids
from mock_truv.contract.telling.story import duration_text, story_of
from mock_truv.scenarios import scenario_text

if TYPE_CHECKING:
    from jinja2 import Template

    from mock_truv.contract.results import Failure, RunReport

LANES = ("integrator", "Truv", "person", "clock")
LANE_WIDTH = 250
LEFT = 170
ROW_HEIGHT = 34
TOP = 46


@dataclass(frozen=True)
class Arrow:
    """A moment of a story as it is drawn."""

    y: int
    time: str
    x1: int
    x2: int
    text: str
    is_evidence: bool

    @property
    def is_own(self) -> bool:
        """Whether it stays in its lane."""
        return self.x1 == self.x2

    @property
    def head(self) -> str:
        """The points of the arrow's head."""
        back = -8 if self.x2 > self.x1 else 8
        return f"{self.x2},{self.y} {self.x2 + back},{self.y - 4} {self.x2 + back},{self.y + 4}"


def html_report(report: RunReport) -> str:
    """Return the report as one HTML page."""
    drawn = [(failure, arrows_of(failure), scenario_text(failure.plan)) for failure in report.failures]
    counts = {str(kind): sum(result.kind is kind for result in report.results.values()) for kind in Kind}
    return _template().render(
        report=report,
        verdict=verdict_text(report),
        counts={kind: count for kind, count in counts.items() if count},
        failures=drawn,
        lanes=[(name, LEFT + number * LANE_WIDTH) for number, name in enumerate(LANES)],
        width=LEFT + LANE_WIDTH * len(LANES),
        top=TOP,
        row=ROW_HEIGHT,
    )


def arrows_of(failure: Failure) -> list[Arrow]:
    """Return the story of a failure as arrows between the lanes."""
    moments = story_of(failure.history, failure.breach)
    return [_arrow(moment, TOP + (number + 1) * ROW_HEIGHT) for number, moment in enumerate(moments)]


def _arrow(moment: Moment, y: int) -> Arrow:
    times = f" ({moment.times} times)" if moment.times > 1 else ""
    return Arrow(
        y=y,
        time="+" + duration_text(moment.at_us),
        x1=LEFT + LANES.index(moment.who) * LANE_WIDTH,
        x2=LEFT + LANES.index(moment.whom) * LANE_WIDTH,
        text=moment.text + times,
        is_evidence=moment.is_evidence,
    )


@cache
def _template() -> Template:
    from jinja2 import Environment, StrictUndefined  # noqa: PLC0415 -- only a report needs it

    text = (files("mock_truv.contract.reports") / "page.html.jinja").read_text(encoding="utf-8")
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    environment.filters["short_ids"] = with_short_ids
    return environment.from_string(text)
