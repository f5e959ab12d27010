"""The ways into a contract run: a class for pytest, the command line, saved stories, reports, known gaps."""

from __future__ import annotations

import json
import subprocess
import sys
import tomllib
import xml.etree.ElementTree as ET
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

import jsonschema
import pytest

from mock_truv.contract import adapter, check_scenario, verify
from mock_truv.contract.clause import Kind, Violation
from mock_truv.contract.clauses import all_clauses
from mock_truv.contract.reports.document import json_report, json_schema
from mock_truv.contract.reports.junit import junit_report
from mock_truv.contract.reports.page import html_report
from mock_truv.contract.reports.terminal import terminal_report
from mock_truv.contract.results import Result
from mock_truv.scenarios import load_scenario
from tests.contract.toys import Toy

if TYPE_CHECKING:
    from mock_truv.contract.results import RunReport

pytest_plugins = ["pytester"]
TOYS = Path(__file__).with_name("toys.py")
NEVER_POLLS = "RF-60"
"""The toy breaks this clause: it believes webhooks alone."""


def run(*arguments: str, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    """Run ``mock-truv verify`` in a process of its own."""
    command = [sys.executable, "-m", "mock_truv", "verify", *arguments]
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, timeout=120, check=False)


@pytest.fixture(scope="module")
def report() -> RunReport:
    """A run of the toy over the clause that it breaks, one that it keeps, and one that does not apply."""
    return verify(Toy, clauses={NEVER_POLLS, "RF-64", "RF-105"}, quick=True)


def test_the_verdicts_are_told_apart(report: RunReport) -> None:
    """A broken clause fails, one that needs a missing capability is N/A, and the run does not pass."""
    assert report.results[NEVER_POLLS].kind is Kind.FAIL
    assert report.results["RF-105"].kind is Kind.NOT_APPLICABLE
    assert "reauth" in report.results["RF-105"].reason
    assert not report.passed
    assert [failure.clause.id for failure in report.failures] == [NEVER_POLLS]


def test_the_terminal_report_says_what_happened_and_what_is_right(report: RunReport) -> None:
    """Clause, what was done, what is expected, the story with virtual times, and clauses not judged come first."""
    text = terminal_report(report)
    assert text.index("MUST clauses not judged") < text.index(f"FAIL  {NEVER_POLLS}") < text.index("clause  level")
    for part in ("happened:", "expected:", "advice:", "source:", "POST /v1/orders/", "+    00:00:08", "broken."):
        assert part in text


def test_many_clauses_left_out_for_one_reason_are_told_together(report: RunReport) -> None:
    """A reason that many clauses share stands there once, with all their ids, and takes no line of the table."""
    many = {
        clause.id: Result(clause, Kind.NOT_APPLICABLE, reason="needs an adapter")
        for clause in islice(all_clauses().values(), 20)
    }
    text = terminal_report(replace(report, results=many))
    assert text.count("needs an adapter") == 1
    assert all(ident in text for ident, result in many.items() if result.clause.level == "MUST")
    few = dict(islice(many.items(), 3))
    assert terminal_report(replace(report, results=few)).count("needs an adapter") >= 3


def test_the_junit_report_has_a_case_for_each_clause(report: RunReport) -> None:
    """Failures, skips and names are where CI systems look for them."""
    [suite] = ET.fromstring(junit_report(report).split("?>", 1)[1])
    cases = {case.get("name", "").split()[0]: case for case in suite}
    assert set(cases) == {NEVER_POLLS, "RF-64", "RF-105"}
    failure = cases[NEVER_POLLS].find("failure")
    assert failure is not None
    assert "expected:" in (failure.text or "")
    assert cases["RF-105"].find("skipped") is not None
    assert suite.get("failures") == "1"


def test_the_json_report_fits_its_schema(report: RunReport) -> None:
    """The document validates, and holds the story and the scenario file."""
    document = json.loads(json_report(report))
    jsonschema.validate(document, json_schema())
    [broken] = [it for it in document["results"] if it["id"] == NEVER_POLLS]
    assert broken["failure"]["story"]
    assert tomllib.loads(broken["failure"]["scenario"])["driver"]


def test_the_page_stands_alone_and_escapes_what_it_shows(report: RunReport) -> None:
    """One HTML page without anything from elsewhere; each failure has a diagram and its scenario file."""
    page = html_report(report)
    assert "http://" not in page.replace("http://127.0.0.1", "")
    assert "<script" not in page
    assert page.count("<svg") == 1
    assert "[[driver]]" in page


def test_a_saved_failure_fails_again_in_a_new_process_and_can_be_pinned(tmp_path: Path) -> None:
    """The file is a scenario: checked, replayed on the command line with the same clause, and raised by three lines."""
    first = run(f"{TOYS}:Toy", "--clauses", NEVER_POLLS, "--quick", "--save-failures", str(tmp_path))
    assert first.returncode == 1, first.stderr
    [file] = tmp_path.glob("*.toml")
    assert load_scenario(str(file)).clauses == (NEVER_POLLS,)
    again = run(f"{TOYS}:Toy", "--scenario", str(file))
    assert again.returncode == 1
    assert f"FAIL  {NEVER_POLLS}" in again.stdout
    with pytest.raises(Violation) as caught:
        check_scenario(file, Toy)
    assert caught.value.clause_id == NEVER_POLLS
    assert any("expected:" in note for note in caught.value.__notes__)


def test_known_gaps_are_strict(tmp_path: Path) -> None:
    """A declared gap that fails is let through; one that is closed fails the run, and nonsense is refused."""
    gaps = tmp_path / "gaps.toml"
    gaps.write_text(f'{NEVER_POLLS} = "we poll next quarter"\n')
    known = run(f"{TOYS}:Toy", "--clauses", NEVER_POLLS, "--quick", "--known-gaps", str(gaps))
    assert known.returncode == 0, known.stdout
    assert "we poll next quarter" in known.stdout
    gaps.write_text('RF-01 = "long ago"\n')
    closed = run(f"{TOYS}:Toy", "--clauses", "RF-01", "--quick", "--known-gaps", str(gaps))
    assert closed.returncode == 1
    assert "take it out" in closed.stdout
    gaps.write_text('RF-999 = "?"\n')
    wrong = run(f"{TOYS}:Toy", "--clauses", "RF-01", "--known-gaps", str(gaps))
    assert wrong.returncode == 2
    assert "RF-999" in wrong.stderr


def test_the_reports_are_written_where_asked(tmp_path: Path) -> None:
    """All three files are there after a run."""
    files = {name: tmp_path / f"report.{name}" for name in ("junit", "json", "html")}
    options = [part for name, path in files.items() for part in (f"--{name}", str(path))]
    assert run(f"{TOYS}:Toy", "--clauses", "RF-64", "--quick", *options).returncode in {0, 1}
    assert all(path.stat().st_size > 200 for path in files.values())


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "name a target"),
        (["nonsense"], "module:factory"),
        (["no.such.module:factory"], "cannot be imported"),
        (["nowhere.py:factory"], "there is no file"),
        (["http://example.org"], "no http address on this machine"),
        ([f"{TOYS}:Toy", "--clauses", "RF-00"], "there is no clause RF-00"),
        ([f"{TOYS}:Toy", "--scenario", "no-such-story"], "no scenario"),
        ([f"{TOYS}:Toy", "--junit", "/nowhere/at/all.xml"], "does not exist"),
        (["--observe"], "--put-case"),
        (["--scaffold", "cobol"], "python or http"),
    ],
)
def test_wrong_usage_is_one_sentence_and_exit_2(arguments: list[str], said: str) -> None:
    """What was wrong and what would be right, in one sentence."""
    done = run(*arguments)
    assert done.returncode == 2, done.stdout + done.stderr
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_an_adapter_that_fails_at_once_is_no_verdict(tmp_path: Path) -> None:
    """Exit 1, the call and its traceback, and no clause is named."""
    (tmp_path / "mine.py").write_text("from tests.contract.toys import toy\n\ndef start(it, env):\n    1 / 0\n\n")
    (tmp_path / "mine.py").write_text("class Mine:\n    def describe(self):\n        1 / 0\n" + "".join(
        f"    def {name}(self, *given):\n        pass\n"
        for name in ("start", "put_case", "request_refresh", "advance", "case", "stop")
    ))  # fmt: skip
    done = run("mine:Mine", "--quick", "--clauses", "RF-01", cwd=tmp_path)
    assert done.returncode == 1
    assert "describe: it raised ZeroDivisionError" in done.stderr
    assert "no verdict" in done.stderr


def test_the_scaffold_is_an_adapter_under_forty_lines_of_code(tmp_path: Path) -> None:
    """It runs as it is printed, and what it lacks is told by clauses."""
    text = run("--scaffold", "python").stdout
    code = [line for line in text.splitlines() if line.strip() and not line.strip().startswith(("#", '"""'))]
    assert len(code) < 40
    (tmp_path / "mine.py").write_text(text)
    done = run("mine.py:factory", "--quick", "--clauses", f"RF-03,{NEVER_POLLS}", cwd=tmp_path)
    assert done.returncode == 1, done.stderr
    assert f"FAIL  {NEVER_POLLS}" in done.stdout
    assert "FAIL  RF-03" not in done.stdout
    assert "/contract/v1/manifest" in run("--scaffold", "http").stdout


def test_an_adapter_made_of_functions_names_what_it_lacks() -> None:
    """Missing and unknown calls are named at once."""
    with pytest.raises(TypeError, match=r"it lacks start.*nothing calls webhok"):
        adapter(webhok=print)


def test_the_class_gives_each_clause_a_test_of_its_own(pytester: pytest.Pytester) -> None:
    """``-k`` picks clauses; a broken one fails with its story, one that does not apply is skipped with the reason."""
    pytester.makepyfile(
        "from mock_truv.contract import RefreshContract\n"
        "from tests.contract.toys import Toy\n"
        "class TestRefresh(RefreshContract):\n"
        "    quick = True\n"
        "    def integrator(self):\n"
        "        return Toy()\n"
        "TestSame = RefreshContract.of(Toy, quick=True)\n"
    )
    root = str(Path(__file__).parents[2])
    outcome = pytester.runpytest_subprocess(
        "-q", "-rs", "--import-mode=importlib", "-o", f"pythonpath={root}", "-k", f"{NEVER_POLLS} or RF-105"
    )
    outcome.assert_outcomes(failed=2, skipped=2)
    outcome.stdout.fnmatch_lines(["*expected:*", "*N/A: needs reauth*"])
