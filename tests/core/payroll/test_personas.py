"""The shipped people as an integrator meets them: chosen at Bridge by login name, read in a report, refreshed."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mock_truv.core.model import Company
from mock_truv.core.payroll import count_statements, jobs_known, load_people
from mock_truv.core.records import jobs_at

if TYPE_CHECKING:
    from tests.conftest import Api

FOLDER = Path(__file__).parents[3] / "fixtures" / "people"
PEOPLE = load_people({path.name: path.read_bytes() for path in sorted(FOLDER.glob("*.json"))})
START = date(2026, 1, 5)


def connected(api: Api, key: str, **user: Any) -> tuple[str, str]:
    """Connect the account of a person for a user of whom nothing is known; return link id and access token."""
    made = api.post("/users/", user)
    token = api.post(f"/users/{made['id']}/tokens/", {"product_type": "income"}, 200)
    login = {"username": PEOPLE[key].usernames[0], "password": "goodpassword"}
    ending = api.sandbox.complete_bridge(token["bridge_token"], **login)
    api.sandbox.settle()
    exchanged = api.post("/link-access-tokens/", {"public_token": ending["public_token"]}, 200)
    return exchanged["link_id"], exchanged["access_token"]


def report(api: Api, link_id: str) -> Any:
    return api.get(f"/links/{link_id}/income/report/")


def test_everybody_can_be_connected_and_refreshed(api: Api) -> None:
    """Every login name opens its person's jobs; two months later a refresh adds what was paid, and changes no paper."""
    links = {key: connected(api, key) for key in PEOPLE}
    first = {key: report(api, link_id) for key, (link_id, _) in links.items()}
    api.sandbox.clock.advance(days=60)
    for _, token in links.values():
        api.post("/refresh/tasks/", {"access_token": token, "product_type": "income"}, 200)
    api.sandbox.settle()
    today = date.fromisoformat(api.sandbox.clock.now.isoformat()[:10])
    for key, (link_id, _) in links.items():
        person, before, after = PEOPLE[key], first[key], report(api, link_id)
        assert (before["status"], after["status"]) == ("done", "done")
        assert before["is_suspicious"] == after["is_suspicious"] == person.is_suspicious
        profile = before["employments"][0]["profile"]
        assert (profile["first_name"], profile["last_name"]) == (person.first_name, person.last_name)
        assert [it["company"]["name"] for it in before["employments"]] == [
            job.employer.name for job in jobs_known(person, START)
        ]
        later = {it["id"]: it["statements"] for it in after["employments"]}
        for job, entry in zip(jobs_known(person, START), before["employments"], strict=True):
            papers = later[entry["id"]]
            assert papers[len(papers) - len(entry["statements"]) :] == entry["statements"]
            hidden = "statements" in job.missing_data_fields
            assert len(papers) == (0 if hidden else count_statements(job, date(2025, 1, 1), today))


def test_a_forged_paper_is_told_everywhere(api: Api) -> None:
    """``is_suspicious`` of the person stands in the link and in its report, though the SSN is the right one."""
    link_id, _ = connected(api, "suspicious", ssn=PEOPLE["suspicious"].ssn)
    assert api.get(f"/links/{link_id}/")["is_suspicious"]
    assert report(api, link_id)["is_suspicious"]


def test_hidden_statements_are_not_announced(api: Api) -> None:
    """No event counts the statements of a job whose provider delivers none."""
    connected(api, "volunteer")
    connected(api, "gig-worker")
    (link,) = [it for it in api.sandbox.runtime.journal.world.state.links.values() if it.person == "gig-worker"]
    assert link.statement_counts["deliveries"] == 0
    assert link.statement_counts["rides"] > 50


def test_all_periods_at_one_employer_go_together() -> None:
    """At an employer that an order named, every period of a re-hired person stands, not only the newest."""
    named = Company(name="Northern Lights Diner", domain="lights.example")
    for key in ("rehired", "seasonal"):
        jobs = jobs_at(PEOPLE[key].jobs, named)
        assert {job.employer.name for job in jobs} == {named.name}
        assert [job.key for job in jobs] == [job.key for job in PEOPLE[key].jobs]
        assert jobs_at(PEOPLE[key].jobs, named)[0] is jobs[0]  # what was worked out for it is found again
    first, second = jobs_at(PEOPLE["hourly-two-jobs"].jobs, named)
    assert (first.employer.name, second) == (named.name, PEOPLE["hourly-two-jobs"].jobs[1])


def test_somebody_earns_beyond_the_wage_base(api: Api) -> None:
    """The high earner's Social Security stops within the year, and additional Medicare begins."""
    api.sandbox.clock.advance(days=30)  # W-2s of the year before are out
    link_id, _ = connected(api, "high-earner")
    found = report(api, link_id)["employments"][0]
    december = next(paper for paper in found["statements"] if paper["pay_date"].startswith("2025-12"))
    taken = {line["name"]: Decimal(line["amount"]) for line in december["deductions"]}
    assert "Social Security" not in taken
    assert taken["Additional Medicare"] > 0
    form = found["w2s"][0]
    assert form["social_security_wages"] == "176100.00"
    assert Decimal(form["medicare_wages"]) > 200_000
