"""A program in any language, reached over HTTP: as in-process, killed and restarted, observed, and failing."""

from __future__ import annotations

import socket
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from mock_truv.contract.clause import Kind
from mock_truv.contract.errors import TargetError
from mock_truv.contract.judging import run_story
from mock_truv.contract.operations import Sent, Shown
from mock_truv.contract.plan import ORDER_POST, crash, plan
from mock_truv.contract.reference import integrator
from mock_truv.contract.run.black_box import Target
from mock_truv.contract.run.listener import Listener
from mock_truv.contract.run.observe import Observed, Template
from mock_truv.contract.run.program import AdapterError
from mock_truv.contract.search.explorer import Settings
from mock_truv.contract.search.suite import Suite
from mock_truv.contract.targets import subject_of
from mock_truv.core import faults
from mock_truv.core.scenario import DriverRule
from tests.contract.toys import Toy

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mock_truv.contract.history import History

PROGRAM = Path(__file__).with_name("toy_program.py")
SERVED = Path(__file__).with_name("served.py")
OBSERVED = Path(__file__).with_name("observed_program.py")


def free_port() -> int:
    """Return a port that nobody uses now."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


@pytest.fixture(scope="module")
def target() -> Iterator[Target]:
    """A toy program that the run starts."""
    port = free_port()
    it = Target(f"http://127.0.0.1:{port}", start_command=f"{sys.executable} {PROGRAM} {port}")
    yield it
    it.kill()


@pytest.fixture(scope="module")
def listener() -> Iterator[Listener]:
    """Truv on a socket."""
    it = Listener()
    yield it
    it.close()


def told(history: History) -> list[tuple[object, ...]]:
    """Return what was sent and shown, without addresses."""
    return [
        (op.at_us, op.method, op.path, op.status, op.error) if isinstance(op, Sent)
        else (op.at_us, op.view.state, op.view.active_order_id)
        for op in history.ops if isinstance(op, (Sent, Shown))
    ]  # fmt: skip


def test_the_same_story_over_http_and_in_process(target: Target, listener: Listener) -> None:
    """The program sends and shows the same at the same instants as the same integrator in this process."""
    story = plan("two", lasts="2h")
    assert told(run_story(story, target.factory, listener)) == told(run_story(story, Toy))


@pytest.mark.parametrize(
    "fault",
    [
        faults.Timeout(commit=True, **ORDER_POST),
        faults.Reset(commit=True, **ORDER_POST),
        faults.Truncated(share=0.5, **ORDER_POST),
        faults.Html(status=200, **ORDER_POST),
        faults.Status(status=503, **ORDER_POST),
    ],
)
def test_faults_are_performed_on_the_socket(target: Target, listener: Listener, fault: faults.Fault) -> None:
    """A request that a fault meets fails in the program's own HTTP client."""
    history = run_story(plan("faulty", fault=fault, lasts="1h"), target.factory, listener)
    view = history.view("case-1")
    assert view is not None
    assert view.state == "MANUAL"
    assert view.reason in {
        "RemoteDisconnected",
        "IncompleteRead",
        "JSONDecodeError",
        "HTTPError",
        "ConnectionResetError",
    }


@pytest.mark.parametrize("point", ["sending", "committed", "answered"])
def test_the_program_is_killed_at_the_point_and_started_again(target: Target, listener: Listener, point: str) -> None:
    """The process dies while its request is open; the next one finds the store and goes on."""
    story = plan("crash", driver=crash(point, lasting="1m", **ORDER_POST), lasts="1h")
    history = run_story(story, target.factory, listener)
    assert len(history.deaths) == 1
    assert {op.start for op in history.sent} == {1, 2}
    assert history.sent[0].error == "crash"


def test_a_program_that_was_not_started_by_the_run_is_never_killed(listener: Listener) -> None:
    """Without a start command there is no crash, and clauses that need one do not apply."""
    port = free_port()
    owner = Target(f"http://127.0.0.1:{port}", start_command=f"{sys.executable} {PROGRAM} {port}")
    stranger = Target(f"http://127.0.0.1:{port}")
    try:
        owner.factory()
        story = plan("crash", driver=[DriverRule(do="crash", after="1m")], lasts="1h")
        history = run_story(story, stranger.factory, listener)
    finally:
        stranger.kill()
        owner.kill()
    assert not history.deaths
    assert not history.manifest.has("persist")


def test_a_stranger_on_the_port_is_not_judged_instead() -> None:
    """A program left over from an earlier run is reported; it is neither asked nor killed."""
    with socket.create_server(("127.0.0.1", 0)) as stranger:
        port = stranger.getsockname()[1]
        with pytest.raises(AdapterError, match=r"something answers .* stop it"):
            Target(f"http://127.0.0.1:{port}", start_command=f"{sys.executable} {PROGRAM} {port}").factory()


def test_a_program_that_does_not_answer_is_named() -> None:
    """Nobody at the address, a command that ends at once, an address elsewhere: each says what is wrong."""
    with pytest.raises(AdapterError, match="nothing answers at"):
        Target(f"http://127.0.0.1:{free_port()}").factory()
    with pytest.raises(AdapterError, match="ended with 3"):
        Target(f"http://127.0.0.1:{free_port()}", start_command=f"{sys.executable} -c 'exit(3)'").factory()
    with pytest.raises(TargetError, match="no http address on this machine"):
        subject_of("http://example.org:80")
    with pytest.raises(TargetError, match="is no target"):
        subject_of("nonsense")
    with pytest.raises(TargetError, match="cannot be imported"):
        subject_of("no_such_module:factory")
    with pytest.raises(TargetError, match="has no callable"):
        subject_of("tests.contract.toys:nothing")


def test_a_program_without_an_adapter_is_observed_from_truvs_side() -> None:
    """Two requests of one's own make it work; its requests to Truv and its answers to webhooks are seen."""
    port = free_port()
    listener = Listener(plain=True)
    base = f"http://127.0.0.1:{port}/contract/v1"
    observed = Observed(
        Template.parse("--put-case", f'PUT {base}/cases/{{case_id}} {{"source_order_id": "{{source_order_id}}"}}'),
        Template.parse("--trigger", f'POST {base}/run-observed {{"case_id": "{{case_id}}"}}'),
        listener, webhook_url=f"http://127.0.0.1:{port}/hook", quiet_s=0.05,
        start_command=f"{sys.executable} {OBSERVED} {port} {{api_base}} {{client_id}} {{access_secret}}",
    )  # fmt: skip
    try:
        history = run_story(plan("observed", lasts="1h"), observed.factory, listener)
    finally:
        observed.kill()
        listener.close()
    assert [op.is_refresh for op in history.sent] == [True]
    assert history.hooks
    assert {hook.status for hook in history.hooks} == {204}


def test_a_template_must_be_a_request() -> None:
    """Anything but METHOD URL BODY is refused, with an example of what is right."""
    with pytest.raises(TargetError, match="METHOD URL BODY"):
        Template.parse("--trigger", "refresh please")


SAME = (
    "RF-01", "RF-02", "RF-03", "RF-05", "RF-06", "RF-10", "RF-11", "RF-12", "RF-14", "RF-15", "RF-25", "RF-40", "RF-41",
    "RF-51", "RF-54", "RF-60", "RF-61", "RF-64", "RF-70", "RF-71", "RF-73", "RF-88", "RF-105", "RF-107", "RF-115",
    "RF-121",
)  # fmt: skip


def test_the_same_integrator_gets_the_same_verdicts_over_http_and_twice(listener: Listener) -> None:
    """The reference comes out alike in this process, behind HTTP routes, and once more with the same seed."""
    port = free_port()
    served = Target(f"http://127.0.0.1:{port}", start_command=f"{sys.executable} {SERVED} {port}")
    settings = Settings(clauses=frozenset(SAME), quick=True, budget_s=300)
    try:
        there = Suite(served.factory, settings, listener=listener).run()
    finally:
        served.kill()
    here, again = (Suite(integrator, settings).run() for _ in range(2))
    kinds = [{ident: result.kind for ident, result in report.results.items()} for report in (here, again, there)]
    assert kinds[0] == kinds[1]
    assert kinds[0] == kinds[2]
    assert set(kinds[0].values()) == {Kind.PASS}
