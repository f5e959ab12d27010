"""The demo tells the truth: it ends well on a right engine, and with 1 on a wrong one."""

from __future__ import annotations

import subprocess
import sys

import pytest

RUN = "import sys; from mock_truv.cli import main; sys.argv = ['mock-truv', 'demo']; main()"

FAULTS = {
    "a refresh never fails": (
        "import mock_truv.core.progress as p; from mock_truv.core.model import TaskStatus as S\n"
        "p.judge_refresh = lambda *_: S.LOGIN"
    ),
    "an outage is told as a login error": (
        "import mock_truv.core.connections as c; import mock_truv.core.progress as p\n"
        "p.judge_refresh = lambda *a: c.S.LOGIN_ERROR if c.is_down(a[1], a[2]) else c.judge_refresh(*a)"
    ),
    "a login does not renew the session": "import mock_truv.core.bridge as b\nb.renew = lambda *_: None",
    "webhooks are signed with another secret": (
        "import mock_truv.delivery.forgery as f; sign = f.sign\nf.sign = lambda body, secret: sign(body, secret + 'x')"
    ),
    "the report stands still": (
        "import mock_truv.core.records as r; real = r.payroll.employment; from datetime import date\n"
        "r.payroll.employment = lambda *a, **k: real(*a, **k | {'as_of': date(2026, 1, 5)})"
    ),
    "no link-disconnected": "import mock_truv.core.notices as n\nn.link_changed = lambda *_: None",
    "done is never announced": (
        "import mock_truv.core.notices as n; real = n.task_changed\n"
        "n.task_changed = lambda w, t: None if t.status == 'done' else real(w, t)"
    ),
}


def run(before: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", f"{before}\n{RUN}"], capture_output=True, text=True, check=False, timeout=60
    )


def test_the_demo_tells_three_stories_and_exits_with_0() -> None:
    """Without arguments the demo shows fresh data, an expired session and an outage, and exits with 0."""
    done = run()
    assert done.returncode == 0, done.stdout + done.stderr
    for line in (
        "new pay statement of 2026-01-09",
        "= login_error",
        "the client logs in",
        "= unavailable",
        "4 hours later",
    ):
        assert line in done.stdout
    assert done.stderr == ""


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_in_the_engine_ends_the_demo_with_1(fault: str) -> None:
    """The demo notices the fault, says what it expected and what it got, and exits with 1."""
    done = run(FAULTS[fault])
    assert done.returncode == 1, done.stdout + done.stderr
    assert "Not as documented: " in done.stdout
    assert "Traceback" not in done.stderr
