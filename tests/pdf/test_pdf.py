"""PDF documents, read back with another library."""

from __future__ import annotations

import io
from typing import Any

import msgspec
import pypdf
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mock_truv.api.call import ORIGIN, Answer, Printed
from mock_truv.api.dispatch import JSON, PDF
from mock_truv.pdf import pdf_of, printed
from mock_truv.pdf.outline import label

OWN = b"http://127.0.0.1:8700"


def text_in(document: bytes) -> str:
    """Return the text of a PDF, lines joined."""
    pages = pypdf.PdfReader(io.BytesIO(document)).pages
    return "\n".join(page.extract_text() for page in pages)


def made(value: Any, title: str = "A report") -> bytes:
    return pdf_of(msgspec.json.encode(Printed(title, value)))


def squeezed(text: str) -> str:
    return "".join(text.split())


figures = st.decimals(min_value=0, max_value=10**7, places=2).map(str)
names = st.sampled_from(["José Ñandú", "Łukasz", "Ελένη", "Дмитрий", "山田太郎", "김민수", "O'Neil-Smith", "Ærø"])
rows = st.lists(st.fixed_dictionaries({"name": names, "amount": figures}), min_size=1, max_size=40)


jobs = st.fixed_dictionaries({"job_title": names, "earnings": rows, "note": st.text("abc ", max_size=300)})
reports = st.fixed_dictionaries({"full_name": names, "income": figures, "employments": st.lists(jobs, max_size=3)})


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(reports)
def test_every_figure_and_name_is_read_back(report: dict[str, Any]) -> None:
    """Whatever a report says is in its PDF, in every script, however many pages it takes."""
    text = squeezed(text_in(made(report)))
    assert squeezed(report["full_name"]) in text
    assert report["income"] in text
    for each in report["employments"]:
        assert squeezed(each["note"]) in text
        for row in each["earnings"]:
            assert row["amount"] in text
            assert squeezed(row["name"]) in text


def test_the_same_answer_gives_the_same_bytes() -> None:
    """No clock and no chance gets into a document."""
    report = {"full_name": "山田 José", "rows": [{"a": "1.00"}]}
    assert made(report) == made(report)


def test_a_long_table_repeats_its_names() -> None:
    """A table that goes over several pages has its head on each."""
    document = made({"rows": [{"first": str(number), "second": "x"} for number in range(200)]})
    pages = pypdf.PdfReader(io.BytesIO(document)).pages
    assert len(pages) > 2
    assert all("First" in page.extract_text() for page in pages)


def test_every_page_says_that_it_is_synthetic() -> None:
    """Nobody takes a page for a real report."""
    document = made({"rows": [{"first": str(number)} for number in range(200)]})
    assert all("Synthetic data" in page.extract_text() for page in pypdf.PdfReader(io.BytesIO(document)).pages)


def test_other_answers_stay_as_they_are() -> None:
    """JSON passes, and so does an answer whose body a fault took away."""
    for answer in (Answer(200, b"{}", JSON), Answer(200, b"", PDF)):
        assert printed(answer, OWN) is answer


def test_our_own_address_is_in_the_document() -> None:
    """A URL of this server stands there whole."""
    body = b'{"title":"A report","document":{"file":"' + ORIGIN + b'/v1/x/"}}'
    answer = printed(Answer(200, body, PDF), OWN)
    assert OWN.decode() + "/v1/x/" in text_in(answer.body)


def test_a_cut_answer_is_cut_in_the_same_place() -> None:
    """A fault that cuts an answer after a share of it cuts the PDF after that share."""
    body = msgspec.json.encode(Printed("A report", {"a": "1"}))
    answer = printed(Answer(200, body, PDF, ending="cut", cut_bytes=len(body) // 2), OWN)
    assert abs(answer.cut_bytes - len(answer.body) / 2) < len(answer.body) / 20


@pytest.mark.parametrize(
    ("key", "text"), [("gross_pay_ytd", "Gross pay YTD"), ("id", "ID"), ("w2s", "W-2 forms"), ("is_voe", "Is voe")]
)
def test_keys_are_written_as_words(key: str, text: str) -> None:
    """A key is shown as a person would write it."""
    assert label(key) == text
