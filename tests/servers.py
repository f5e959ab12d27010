"""``mock-truv serve`` in a process of its own, for tests that meet it as its users do."""

from __future__ import annotations

import contextlib
import http.client
import json
import signal
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SECONDS = 30
STOP_SECONDS = 5


class Serving:
    """A running ``mock-truv serve``."""

    def __init__(self, process: subprocess.Popen[str], ready: dict[str, Any]) -> None:
        self.process = process
        self.ready = ready
        self.address = ready["base_url"].removeprefix("http://")

    def call(self, method: str, path: str, body: Any = None, status: int = 200) -> Any:
        """Send one request and return the value that is answered."""
        connection = http.client.HTTPConnection(self.address, timeout=SECONDS)
        headers = {
            "X-Access-Client-Id": self.ready["client_id"], "X-Access-Secret": self.ready["secret"],
            "Content-Type": "application/json",
        }  # fmt: skip
        connection.request(method, path, json.dumps({} if body is None else body), headers)
        answer = connection.getresponse()
        content = answer.read()
        connection.close()
        assert answer.status == status, content
        return json.loads(content) if content else None

    def stop(self, number: int = signal.SIGTERM) -> int:
        """Send a signal and return the exit code."""
        self.process.send_signal(number)
        return self.process.wait(STOP_SECONDS)


@contextlib.contextmanager
def serving(folder: Path, *arguments: str) -> Iterator[Serving]:
    """Start the server on a free port; it is stopped at the end, one way or another."""
    ready_file = folder / "ready.json"
    ready_file.unlink(missing_ok=True)
    with subprocess.Popen(
        [sys.executable, "-m", "mock_truv", "serve", "--port", "0", "--ready-file", str(ready_file), *arguments],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    ) as process:  # fmt: skip
        try:
            assert process.stdout is not None
            assert process.stderr is not None
            for line in process.stdout:
                if "Ctrl-C" in line:
                    break
            else:
                pytest.fail(f"it ended before it was ready: {process.stderr.read()}")
            yield Serving(process, json.loads(ready_file.read_text()))
        finally:
            if process.poll() is None:
                process.kill()
