"""The pytest plugin and the Python objects, as a stranger's project uses them."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from typing import TYPE_CHECKING

import httpx
import pytest

import mock_truv

if TYPE_CHECKING:
    from pathlib import Path

    from mock_truv import Sandbox

ORDER = {"products": ["income"], "first_name": "Ada", "last_name": "Quill", "employers": [{"company_name": "Larkspur"}]}
IN_A_PROJECT = """
import asyncio
import httpx
import pytest

ORDER = {"products": ["income"], "first_name": "Ada", "last_name": "Quill", "employers": [{"company_name": "L"}]}
seen = []


def create(sandbox):
    answer = httpx.post(f"{sandbox.base_url}/v1/orders/", headers=sandbox.headers, json=ORDER)
    assert answer.status_code == 201
    return answer.json()


@pytest.mark.parametrize("number", [1, 2, 3])
def test_each_test_has_its_own_world(mock_truv, number):
    listed = httpx.get(f"{mock_truv.base_url}/v1/orders/", headers=mock_truv.headers).json()
    assert listed["count"] == 0
    order = create(mock_truv)
    mock_truv.complete_bridge(order["bridge_token"])
    mock_truv.clock.advance(days=number)
    seen.append((mock_truv.base_url, mock_truv.client_id, mock_truv.secret, order["id"]))


def test_worlds_were_different():
    assert len({each[0] for each in seen}) == 1
    assert all(len({each[at] for each in seen}) == len(seen) for at in (1, 2, 3))


def test_sync_calls_are_refused_in_a_loop(mock_truv):
    async def main():
        for call in (lambda: mock_truv.clock.advance(days=1), mock_truv.settle):
            with pytest.raises(RuntimeError, match="advance_async"):
                call()
        with pytest.raises(RuntimeError, match="settle_async"):
            mock_truv.settle()
        await mock_truv.clock.advance_async(days=1)
        return await mock_truv.settle_async()

    asyncio.run(main())


def test_receiver_in_the_same_loop(mock_truv):
    async def main():
        bodies = []

        async def receive(reader, writer):
            head = (await reader.readuntil(b"\\r\\n\\r\\n")).lower()
            length = int(head.split(b"content-length: ")[1].split(b"\\r\\n")[0])
            bodies.append(await reader.readexactly(length))
            writer.write(b"HTTP/1.1 200 OK\\r\\ncontent-length: 0\\r\\nconnection: close\\r\\n\\r\\n")
            await writer.drain()
            writer.close()

        server = await asyncio.start_server(receive, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        async with server, httpx.AsyncClient(base_url=mock_truv.base_url, headers=mock_truv.headers) as client:
            hook = {"name": "n", "webhook_url": f"http://127.0.0.1:{port}/", "env_type": "sandbox"}
            assert (await client.post("/v1/webhooks/", json=hook)).status_code == 201
            order = (await client.post("/v1/orders/", json=ORDER)).json()
            await asyncio.to_thread(mock_truv.complete_bridge, order["bridge_token"])
            await mock_truv.clock.advance_async(minutes=1)
            assert (await client.get(f"/v1/orders/{order['id']}/")).json()["status"] == "completed"
        return bodies

    assert len(asyncio.run(main())) == 12
"""


def run_pytest(folder: Path, *arguments: str, alone: bool = True) -> subprocess.CompletedProcess[str]:
    """Run pytest in a stranger's project; ``alone``: with no installed plugin but ours."""
    environment = {key: value for key, value in os.environ.items() if not key.startswith("PYTEST")}
    if alone:
        environment["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
        arguments = ("-p", "mock_truv.pytest_plugin", *arguments)
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *arguments],
        cwd=folder, capture_output=True, text=True, timeout=60, check=False, env=environment,
    )  # fmt: skip


def test_fixtures_work_in_a_strangers_project(tmp_path: Path) -> None:
    """A project with folders of the same names as ours takes our fixtures, isolated per test, warnings as errors."""
    for name in ("fixtures", "scenarios", "contract_tests"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "__init__.py").write_text("raise ImportError('not yours')\n")
    (tmp_path / "pytest.ini").write_text("[pytest]\nfilterwarnings = error\naddopts = --strict-markers\n")
    (tmp_path / "test_theirs.py").write_text(IN_A_PROJECT)
    ended = run_pytest(tmp_path, alone=False)
    assert ended.returncode == 0, ended.stdout
    assert "6 passed" in ended.stdout


def test_plugin_loads_nothing_until_it_is_used(tmp_path: Path) -> None:
    """A project that does not use the fixtures pays for nothing: no server, no HTTP library, no output."""
    (tmp_path / "test_theirs.py").write_text(
        "import sys\n\ndef test_it():\n"
        "    heavy = {'httpx', 'starlette', 'uvicorn', 'faker', 'msgspec', 'mock_truv.sandbox'}\n"
        "    assert not heavy & set(sys.modules)\n"
    )
    ended = run_pytest(tmp_path)
    assert ended.returncode == 0, ended.stdout
    assert "mock" not in ended.stdout


def test_same_test_has_the_same_ids_in_every_run(tmp_path: Path) -> None:
    """Ids depend on the test's own name, not on the run, on other tests or on their order."""
    (tmp_path / "test_theirs.py").write_text(
        "def test_a(mock_truv):\n    print('A', mock_truv.client_id)\n\n"
        "def test_b(mock_truv):\n    print('B', mock_truv.client_id)\n"
    )

    def ids(*arguments: str) -> set[str]:
        shown = run_pytest(tmp_path, "-s", *arguments).stdout.replace(".", "").splitlines()
        return {line for line in shown if line.startswith(("A ", "B "))}

    both = ids()
    assert len(both) == 2
    assert ids("test_theirs.py::test_b") == {each for each in both if each.startswith("B ")}


def test_sandbox_works_without_pytest() -> None:
    """``mock_truv.Sandbox`` is a context manager with its own server; outside it says how to use it."""
    sandbox = mock_truv.Sandbox(seed=3)
    with pytest.raises(RuntimeError, match="with mock_truv"):
        _ = sandbox.base_url
    with sandbox:
        with httpx.Client(base_url=sandbox.base_url, headers=sandbox.headers, trust_env=False) as client:
            order = client.post("/v1/orders/", json=ORDER).json()
            sandbox.complete_bridge(order["bridge_token"])
            moved = sandbox.clock.advance(minutes=1)
            assert client.get(f"/v1/orders/{order['id']}/").json()["status"] == "completed"
        assert (moved.finished, moved.count > 3) == (True, True)
        assert [each["status"] for each in sandbox.journal][:2] == [201, 200]
        url = sandbox.base_url
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"{url}/_mock/health", trust_env=False)


def test_same_seed_is_the_same_world() -> None:
    """Two sandboxes of one seed and name give the same ids and keys; another seed gives others."""
    seen = []
    for seed in (1, 1, 2):
        with (
            mock_truv.Sandbox(seed=seed) as sandbox,
            httpx.Client(
                transport=sandbox.httpx_transport(), base_url="http://mock", headers=sandbox.headers
            ) as client,
        ):
            seen.append((sandbox.client_id, sandbox.secret, client.post("/v1/orders/", json=ORDER).content))
    assert seen[0] == seen[1]
    assert seen[0][2] != seen[2][2]


def test_transport_for_sync_clients(mock_truv: Sandbox) -> None:
    """The transport answers a synchronous httpx client as the socket does, with the client's own host in URLs."""
    with httpx.Client(
        transport=mock_truv.httpx_transport(), base_url="http://truv.example.test", headers=mock_truv.headers
    ) as client:
        order = client.post("/v1/orders", json=ORDER)
        assert order.status_code == 201
        assert order.json()["share_url"].startswith("http://truv.example.test/")
        over_socket = httpx.get(
            f"{mock_truv.base_url}/v1/orders/{order.json()['id']}/", trust_env=False,
            headers={**mock_truv.headers, "Host": "truv.example.test"},
        )  # fmt: skip
        assert over_socket.content == order.content
        assert client.get("/v1/nothing/").status_code == 404
        assert client.get("/_mock/clock", headers={"Host": "localhost"}).json()["mode"] == "manual"


def test_transport_for_async_clients(mock_truv: Sandbox) -> None:
    """The same transport serves an asynchronous client in any event loop, also many requests at once."""

    async def main() -> list[int]:
        async with httpx.AsyncClient(
            transport=mock_truv.httpx_transport(),  # type: ignore[arg-type]
            base_url="http://truv.example.test", headers=mock_truv.headers,
        ) as client:  # fmt: skip
            answers = await asyncio.gather(*(client.post("/v1/orders/", json=ORDER) for _ in range(20)))
            return [each.status_code for each in answers]

    assert asyncio.run(main()) == [201] * 20


def test_wrong_use_is_explained(mock_truv: Sandbox) -> None:
    """Unknown tokens, wrong fields and unclear advances raise with a sentence that names the mistake."""
    with pytest.raises(mock_truv_error(), match="404"):
        mock_truv.complete_bridge("f" * 32)
    with pytest.raises(mock_truv_error(), match="did you mean down"):
        mock_truv.provider().change(donw=True)
    for wrong in ({}, {"days": 1, "events": 1}):
        with pytest.raises(ValueError, match="exactly one"):
            mock_truv.clock.advance(**wrong)  # type: ignore[arg-type]
    with pytest.raises(Exception, match="never goes back"):
        mock_truv.clock.advance(to="2020-01-01T00:00:00Z")


def mock_truv_error() -> type[Exception]:
    """Return what the sandbox object raises."""
    from mock_truv.sandbox import SandboxError

    return SandboxError
