"""Files behind addresses, and reports on paper: the figures are those of the JSON."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import httpx
import pypdf
import pytest

from mock_truv import Sandbox

if TYPE_CHECKING:
    from collections.abc import Iterator

KINDS = ("statement", "w2", "tax-document", "income-report")


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(profile={"file_urls": "own"}) as opened:
        yield opened


@pytest.fixture
def client(sandbox: Sandbox) -> Iterator[httpx.Client]:
    keys = {"X-Access-Client-Id": sandbox.client_id, "X-Access-Secret": sandbox.secret}
    with httpx.Client(base_url=sandbox.base_url, headers=keys, timeout=30) as opened:
        yield opened


def completed(sandbox: Sandbox, client: httpx.Client) -> dict[str, Any]:
    """Return an order whose person has logged in, and its refresh."""
    sandbox.clock.advance(days=45)  # W-2 forms come at the end of January
    body = {"products": ["income"], "first_name": "Ada", "last_name": "Ångström", "employers": [{}]}
    order = client.post("/v1/orders/", json=body).json()
    sandbox.complete_bridge(order["bridge_token"])
    sandbox.settle()
    refresh = client.post(f"/v1/orders/{order['id']}/", json={"products": ["income"]}).json()
    sandbox.settle()
    return {name: client.get(f"/v1/orders/{it['id']}/").json() for name, it in (("first", order), ("fresh", refresh))}


def text_of(document: bytes) -> str:
    return "".join("".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(document)).pages).split())


def texts(value: Any) -> Iterator[str]:
    """Yield every text of a JSON value."""
    if isinstance(value, dict):
        for each in value.values():
            yield from texts(each)
    elif isinstance(value, list):
        for each in value:
            yield from texts(each)
    elif isinstance(value, str):
        yield value


def test_a_report_on_paper_has_every_figure_of_its_json(sandbox: Sandbox, client: httpx.Client) -> None:
    """What ``fmt=json`` says, ``fmt=pdf`` says, with ``Accept: application/pdf`` and without."""
    order = completed(sandbox, client)["first"]
    path = f"/v1/users/{order['user_id']}/reports/{order['voie_report_id']}/"
    report = client.get(path).json()
    answers = [client.get(f"{path}?fmt=pdf", headers={"accept": each}) for each in ("*/*", "application/pdf")]
    assert [each.headers["content-type"] for each in answers] == ["application/pdf"] * 2
    assert answers[0].content == answers[1].content
    assert answers[0].content.startswith(b"%PDF-")
    on_paper = text_of(answers[0].content)
    missing = [each for each in texts(report) if "".join(each.split()) not in on_paper]
    assert not missing
    assert len(list(texts(report))) > 300


def test_every_address_gives_its_file_without_keys(sandbox: Sandbox, client: httpx.Client) -> None:
    """Statements, tax forms and reports name an address; whoever has it reads a PDF with the figures of the object."""
    orders = completed(sandbox, client)
    link = orders["first"]["employers"][0]["link_id"]
    report = client.get(f"/v1/links/{link}/income/report/").json()
    employment = report["employments"][0]
    things = [employment["statements"][0], employment["w2s"][0], client.get(f"/v1/links/{link}/tax/").json()[0]]
    with httpx.Client(timeout=30) as stranger:
        for thing in things:
            answer = stranger.get(thing["file"])
            assert (answer.status_code, answer.headers["content-type"]) == (200, "application/pdf")
            on_paper = text_of(answer.content)
            figures = {name: each for name, each in thing.items() if name != "file"}
            assert not [each for each in texts(figures) if "".join(each.split()) not in on_paper]
        whole = stranger.get(report["pdf_report"])
        assert employment["statements"][-1]["net_pay"] in text_of(whole.content)


def test_a_refresh_order_has_its_report_as_a_file(sandbox: Sandbox, client: httpx.Client) -> None:
    """First orders have no address; a completed refresh order has one, and it leads to its own report."""
    orders = completed(sandbox, client)
    assert orders["first"]["employers"][0]["pdf_report"] is None
    answer = httpx.get(orders["fresh"]["employers"][0]["pdf_report"], timeout=30)
    assert answer.status_code == 200
    assert orders["fresh"]["voie_report_id"] in text_of(answer.content)


@pytest.mark.parametrize(
    "path",
    [
        "/files/", "/files/x", f"/files/{'0' * 32}/statement/{'0' * 32}.pdf",
        "/files/{link}/statement/00000000000000000000000000000000.pdf", "/files/{link}/other/{statement}.pdf",
        "/files/{link}/statement/{statement}", "/files/{link}/statement/../{statement}.pdf",
    ],
)  # fmt: skip
def test_other_addresses_are_unknown(sandbox: Sandbox, client: httpx.Client, path: str) -> None:
    """What was never given as an address is 404, with keys and without."""
    order = completed(sandbox, client)["first"]
    link = order["employers"][0]["link_id"]
    statement = order["employers"][0]["employments"][0]["statements"][0]["id"]
    wanted = path.format(link=link, statement=statement)
    assert client.get(wanted).status_code == 404
    assert httpx.get(sandbox.base_url + wanted).status_code == 404


def test_files_end_with_their_link(sandbox: Sandbox, client: httpx.Client) -> None:
    """A deleted link's files are gone, a file cannot be written, and reading one changes nothing in the world."""
    order = completed(sandbox, client)["first"]
    employer = order["employers"][0]
    address = employer["employments"][0]["statements"][0]["file"]
    assert client.post(address).status_code == 405
    assert client.head(address).status_code == 200
    client.delete(f"/v1/links/{employer['link_id']}/")
    assert client.get(address).status_code == 404


def test_no_addresses_unless_they_are_asked_for() -> None:
    """With the usual profile no statement names a file."""
    with Sandbox() as sandbox:
        keys = {"X-Access-Client-Id": sandbox.client_id, "X-Access-Secret": sandbox.secret}
        with httpx.Client(base_url=sandbox.base_url, headers=keys) as client:
            order = completed(sandbox, client)["first"]
            assert order["employers"][0]["employments"][0]["statements"][0]["file"] is None
