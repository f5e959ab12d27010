"""Shifts: days of work whose hours and pay add up to the statement of their period, whoever works and however."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from mock_truv.core.payroll import Job, count_shifts, load_people, shift_entries
from tests.core.payroll.drawn_jobs import SOME, gigs, id_of, jobs, lines, report, spans, total, variations

FOLDER = Path(__file__).parents[3] / "fixtures" / "people"
PEOPLE = load_people({path.name: path.read_bytes() for path in sorted(FOLDER.glob("*.json"))})


@SOME
@given(jobs() | gigs(), spans, variations)
def test_shifts_add_up_to_their_statements(job: Job, days: int, variation: int) -> None:
    """The shifts of a period show the hours and the pay of its statement, line by line; nobody else has shifts."""
    as_of = job.start_date + timedelta(days=days)
    shifts = shift_entries(job, job.start_date, as_of, variation, id_of)
    starts = [shift["start_date"] for shift in shifts]
    assert starts == sorted(set(starts), reverse=True)
    if job.basis_of_pay in {"S", "W"}:
        assert not shifts
        return
    by_trips = job.trips is not None
    timed = {"regular", "other_pay"} if by_trips else {"regular", "overtime"}
    for paper in report(job, as_of, variation=variation)["statements"]:
        held = [shift for shift in shifts if paper["period_start"] <= shift["start_date"] <= paper["period_end"]]
        paid = [line for line in paper["earnings"] if line["category"] in timed and Decimal(line["amount"])]
        assert lines(held, "earnings") == lines([{"earnings": paid}], "earnings")
        for line in paid:
            parts = [each for shift in held for each in shift["earnings"] if each["name"] == line["name"]]
            assert {each["rate"] for each in parts} == {line["rate"]}
            assert by_trips or total(each["units"] for each in parts) == Decimal(line["units"])
        worked = sum((clocked(shift) for shift in held), timedelta())
        assert by_trips or worked == timedelta(hours=1) * float(paper["hours"])


def clocked(shift: dict[str, Any]) -> timedelta:
    """Time between clocking in and clocking out; entries follow one another within the shift's days."""
    entries = [(datetime.fromisoformat(it["start"]), datetime.fromisoformat(it["end"])) for it in shift["time_entries"]]
    assert all(it["entry_date"] == it["start"][:10] for it in shift["time_entries"])
    assert shift["time_entries"][0]["start"].startswith(shift["start_date"])
    assert shift["time_entries"][-1]["end"].startswith(shift["end_date"])
    assert all(start < end for start, end in entries)
    assert all(before[1] < after[0] for before, after in pairwise(entries))
    return sum((end - start for start, end in entries), timedelta())


@SOME
@given(jobs() | gigs(), spans, st.integers(0, 60), variations)
def test_shifts_are_counted_as_they_are_listed(job: Job, days: int, later: int, variation: int) -> None:
    """Counting the shifts of any window gives as many as listing them, whatever the variation."""
    since = job.start_date + timedelta(days=days)
    as_of = since + timedelta(days=later)
    for first in (job.start_date, since):
        assert count_shifts(job, first, as_of) == len(shift_entries(job, first, as_of, variation, id_of))


@SOME
@given(jobs() | gigs(), spans, st.integers(0, 60), variations)
def test_later_look_only_adds_shifts(job: Job, days: int, later: int, variation: int) -> None:
    """Looking later gives the old shifts byte for byte, and before them those since; an earlier window is a part."""
    first = job.start_date + timedelta(days=days)
    old = shift_entries(job, job.start_date, first, variation, id_of)
    new = shift_entries(job, job.start_date, first + timedelta(days=later), variation, id_of)
    assert new[len(new) - len(old) :] == old
    assert (
        shift_entries(job, first + timedelta(days=1), first + timedelta(days=later), variation, id_of)
        == (new[: len(new) - len(old)])
    )


def test_shifts_are_days_of_work() -> None:
    """A daily job has a shift of a whole day's pay for each day worked; long days have a break, nights end tomorrow."""
    (job,) = PEOPLE["daily-labourer"].jobs
    shifts = shift_entries(job, date(2026, 3, 1), date(2026, 5, 31), 0, id_of)
    assert {(line["units"], line["amount"]) for it in shifts for line in it["earnings"]} == {("1.00", "160.00")}
    first = shifts[-1]
    assert [(it["start"][11:16], it["end"][11:16]) for it in first["time_entries"]] == [
        ("06:00", "10:15"),
        ("10:45", "15:00"),
    ]
    assert first["start_date"] == first["end_date"] == first["time_entries"][0]["entry_date"]
    (night,) = shift_entries(PEOPLE["suspicious"].jobs[0], date(2026, 5, 1), date(2026, 5, 1), 0, id_of)
    assert (night["start_date"], night["end_date"]) == ("2026-05-01", "2026-05-02")
    gig = shift_entries(PEOPLE["gig-worker"].jobs[1], date(2026, 5, 4), date(2026, 5, 4), 0, id_of)[0]
    assert (gig["type"], len(gig["time_entries"])) == ("delivery", 2)
    assert all((line["rate"], line["units"]) == (None, None) for line in gig["earnings"])
