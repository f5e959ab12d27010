"""Document collections: what becomes of files, whose they are, the links made of them, and what is kept of them."""

from __future__ import annotations

import base64
import zlib
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mock_truv.api import uploading
from mock_truv.api.shapes.collections import DocumentCollection, Finalization
from mock_truv.core import uploads
from mock_truv.core.collections import STAYS_US
from mock_truv.core.model import FileStatus
from mock_truv.http.app import BODY_LIMIT_BYTES, App
from mock_truv.journal.file import JournalFile
from mock_truv.journal.replay import replay
from mock_truv.runtime.hub import load_catalog
from mock_truv.world import World

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from tests.conftest import Api, Receiver

PATH = "/documents/collections/"
PDF, PNG, JPEG = "application/pdf", "image/png", "image/jpeg"
FILE = {
    "file_id": "id", "filename": "text", "mime_type": "text", "status": "text", "validations": "object",
    "user_id": "text?", "external_user_id": "text?",
}  # fmt: skip
LISTED = {
    "collection_id": "id", "created_at": "time", "updated_at": "time", "files_count": "whole",
    "documents_count": "whole", "users_count": "whole",
}  # fmt: skip
FLAGS = ("is_viable_size", "is_supported_type", "is_accessible", "is_valid", "is_readable", "is_unique")


def pdf(text: str = "", size: int = 2000, *, packed: bool = False, more: bytes = b"", end: bytes = b"%%EOF\n") -> bytes:
    """Return something that begins and ends as a PDF does, with a text in it."""
    shown = b"BT (" + text.encode() + b") Tj ET"
    body = b"stream\n" + (zlib.compress(shown) if packed else shown) + b"\nendstream\n"
    return b"%PDF-1.7\n" + body + more + b"0" * size + b"\n" + end


def document(filename: str, content: bytes | None = None, mime_type: str = PDF, **owner: str) -> dict[str, Any]:
    """Return an entry of ``documents``; without content, one that no other name has."""
    raw = pdf(filename) if content is None else content
    return {"filename": filename, "mime_type": mime_type, "content": base64.b64encode(raw).decode(), **owner}


def collected(api: Api, *documents: dict[str, Any], **fields: Any) -> Any:
    """Make a collection and return it when all its files are done."""
    made = api.post(PATH, {"documents": list(documents), **fields})
    api.sandbox.settle()
    return api.get(f"{PATH}{made['collection_id']}/")


def finalized(api: Api, collection: Any, **body: Any) -> Any:
    """Finalize a collection and return the result when all is done."""
    path = f"{PATH}{collection['collection_id']}/finalize/"
    api.post(path, body, 200)
    api.sandbox.settle()
    return api.get(path)


def user_of(api: Api, **fields: Any) -> str:
    """Create a user and return the id."""
    ident: str = api.post("/users/", {"first_name": "Ada", "last_name": "Quill", **fields})["id"]
    return ident


@pytest.mark.parametrize(
    ("filename", "mime_type", "content", "status", "failed"),
    [
        ("paystub.pdf", PDF, pdf(), "successful", ()),
        ("scan.pdf", PDF, pdf("Wage and Tax Statement"), "successful", ()),
        ("scan.pdf", PDF, pdf("Earnings Statement", packed=True), "successful", ()),
        ("w2.png", PNG, b"\x89PNG\r\n\x1a\n" + b"0" * 2000 + b"IEND\xaeB`\x82", "successful", ()),
        ("w2.jpg", JPEG, b"\xff\xd8\xff" + b"0" * 2000 + b"\xff\xd9", "successful", ()),
        ("paystub.pdf", PDF, pdf(size=10), "invalid", ("is_viable_size",)),
        ("paystub.pdf", PDF, pdf(size=10 * 1024 * 1024), "invalid", ("is_viable_size",)),
        ("paystub.pdf", PNG, pdf(), "invalid", ("is_supported_type",)),
        ("paystub.pdf", PDF, b"0" * 2000, "invalid", ("is_supported_type",)),
        ("paystub.pdf", PDF, pdf(more=b"/Encrypt 5 0 R"), "invalid", ("is_accessible",)),
        ("holiday.pdf", PDF, pdf("a beach"), "invalid", ("is_valid",)),
        ("paystub.pdf", PDF, pdf(end=b"", size=5000), "invalid", ("is_readable",)),
        ("w2.png", PNG, b"\x89PNG\r\n\x1a\n" + b"0" * 2000, "invalid", ("is_readable",)),
        ("paystub.pdf", PDF, pdf(more=b"/Producer (iLovePDF)"), "failed", ()),
    ],
)  # fmt: skip
def test_a_file_ends_by_its_own_causes(
    api: Api, filename: str, mime_type: str, content: bytes, status: str, failed: Sequence[str]
) -> None:
    """A file ends as its content and name deserve, and ``validations`` say which check it failed."""
    (file,) = collected(api, document(filename, content, mime_type))["uploaded_files"]
    assert tuple(file["validations"]) == FLAGS
    assert tuple(name for name, passed in file["validations"].items() if not passed) == failed
    assert file["status"] == status


def test_the_same_content_is_a_duplicate_whatever_its_name(api: Api) -> None:
    """The second file of one content is a duplicate, also when it comes later; in another collection it is not."""
    same = pdf("pay stub")
    collection = collected(api, document("a.paystub.pdf", same), document("b.paystub.pdf", same))
    path = f"{PATH}{collection['collection_id']}/"
    api.post(f"{path}upload/", {"documents": [document("c.pdf", same), document("d.paystub.pdf")]})
    api.sandbox.settle()
    files = api.get(path)["uploaded_files"]
    assert [it["status"] for it in files] == ["successful", "duplicate", "duplicate", "successful"]
    assert [it["validations"]["is_unique"] for it in files] == [True, False, False, True]
    assert len(api.get(path)["documents"]) == 2
    assert collected(api, document("a.paystub.pdf", same))["uploaded_files"][0]["status"] == "successful"


def test_every_status_is_passed_in_its_time(api: Api, check_shape: Callable[..., None]) -> None:
    """A file is pending, validating, validated, processing, successful, one after the other on the clock."""
    made = api.post(PATH, {"documents": [document("paystub.pdf")]})
    path = f"{PATH}{made['collection_id']}/"
    seen, moments = [], [made["updated_at"]]
    for stay_us in (0, *STAYS_US.values()):
        api.sandbox.clock.advance(seconds=stay_us / 1e6) if stay_us else None
        found = api.get(path)
        seen.append(found["uploaded_files"][0]["status"])
        moments.append(found["updated_at"])
        assert (found["uploaded_files"][0]["validations"] is None) == (seen[-1] in {"pending", "validating"})
        assert bool(found["documents"]) == (seen[-1] == "successful")
    assert seen == ["pending", "validating", "validated", "processing", "successful"]
    assert all(earlier < later for earlier, later in pairwise(moments[1:]))
    check_shape(found["uploaded_files"][0], FILE)
    digest = api.world_digest()
    listed = api.get(PATH)
    check_shape(listed["results"][0], LISTED)
    assert (listed["count"], listed["results"][0]["files_count"], listed["results"][0]["documents_count"]) == (1, 1, 1)
    api.sandbox.clock.advance(seconds=0.000001)
    assert api.get(path) == found
    assert digest != api.world_digest()  # the clock has moved; reading alone has not:
    digest = api.world_digest()
    api.get(path)
    assert api.world_digest() == digest


@pytest.mark.parametrize(
    ("filename", "expected"),
    [
        ("most.recent.paystub.pdf", [("PAYSTUB", None)]),
        ("W-2 2024.pdf", [("W2", None)]),
        ("1099-NEC.pdf", [("F1099", "F1099_NEC")]),
        ("1099.pdf", [("F1099", None)]),
        ("ssa_1099.pdf", [("F1099", "F_SSA1099")]),
        ("1040.pdf", [("F1040", None)]),
        ("bank_statement.pdf", [("BANK_STATEMENT", None)]),
        ("passport.pdf", [("PASSPORT", None)]),
        ("green card.pdf", [("GREEN_CARD", None)]),
        ("drivers-license.pdf", [("DRIVER_LICENSE", None)]),
        ("volunteer.hours.log.pdf", [("VOLUNTEER_LETTER", "VOL_HOURS_LOG")]),
        ("volunteer transcript.pdf", [("VOLUNTEER_LETTER", "VOL_TRANSCRIPT")]),
        ("paystub and w2.pdf", [("W2", None), ("PAYSTUB", None)]),
        ("cw2000.pdf", []),
        ("910405.pdf", []),
    ],
)
def test_a_name_tells_the_types_of_document(filename: str, expected: list[tuple[str, str | None]]) -> None:
    """Each documented type is known by the words people write on such files, and not by accident."""
    assert uploads.types_told(filename) == expected


def test_the_name_goes_before_the_text(api: Api) -> None:
    """Where name and text tell different documents the name wins; with the knob ``names`` nothing else is looked at."""
    api_documents = [document("w2.pdf", pdf("pay stub")), document("scan.pdf", pdf("form 1040"))]
    assert [it["document_type"] for it in collected(api, *api_documents)["documents"]] == ["W2", "F1040"]
    api.sandbox.change_profile(document_checks="names")
    files = [document("w2.pdf", b"x"), document("paystub.pdf", b"x", PNG), document("scan.pdf", pdf("form 1040"))]
    collection = collected(api, *files)
    assert [it["status"] for it in collection["uploaded_files"]] == ["successful", "successful", "invalid"]
    assert [it["document_type"] for it in collection["documents"]] == ["W2", "PAYSTUB"]


@given(st.binary(max_size=300).map(lambda tail: pdf("w2", 5) + tail) | st.binary(max_size=300))
def test_facts_are_the_same_reduced_or_not(raw: bytes) -> None:
    """What the border keeps of a file is all that processing ever asks of it, and it holds nothing of the content."""
    content = base64.b64encode(raw).decode()
    facts = uploads.facts_of(raw)
    assert uploads.given_facts(content) == uploads.given_facts(uploads.reduced(content)) == facts
    assert facts.size_bytes == len(raw)
    assert len(uploads.reduced(content)) < 400


@given(st.text(max_size=80) | st.just(uploads.MARK + '{"size_bytes":5000,"md5sum":""}'))
def test_nobody_can_pretend_to_be_reduced(text: str) -> None:
    """A client's content that is not base64 becomes what is refused, even if it looks like facts."""
    body = msgspec.json.encode({"documents": [{"content": text}]}).decode()
    (kept,) = msgspec.json.decode(uploading.reduced(body))["documents"]
    if text and uploads.given_facts(kept["content"]) is not None:
        assert uploads.facts_of(base64.b64decode(text, validate=True)) == uploads.given_facts(kept["content"])


def test_files_belong_to_people(api: Api) -> None:
    """A file belongs to the user it came with, else to the one whose names it bears, else to the only one there is."""
    ada, eve = user_of(api, external_user_id="ada"), user_of(api, first_name="Eve", last_name="Moor")
    users = [{"id": ada}, {"id": eve}, {"external_user_id": "new", "full_name": "Mary Ann Lee", "ssn": "222334444"}]
    collection = collected(
        api,
        document("1.paystub.pdf", user_id=ada),
        document("2.paystub.pdf", external_user_id="ada"),
        document("3.paystub.pdf", external_user_id="new"),
        document("paystub_eve-moor.pdf"),
        document("paystub.Lee.Mary Ann.pdf"),
        document("4.paystub.pdf"),
        users=users,
    )
    new = api.get("/users/", external_user_id="new")["results"][0]
    assert (new["first_name"], new["last_name"], new["ssn"]) == ("Mary Ann", "Lee", "222334444")
    owners = [it["user_id"] for it in collection["uploaded_files"]]
    assert owners == [ada, ada, new["id"], eve, new["id"], None]
    assert [it["user_id"] for it in collection["documents"]] == owners
    assert [it["external_user_id"] for it in collection["documents"]] == ["ada", "ada", "new", None, "new", None]
    assert collection["users"] == [
        {"id": ada, "external_user_id": "ada", "full_name": "Ada Quill"},
        {"id": eve, "external_user_id": None, "full_name": "Eve Moor"},
        {"id": new["id"], "external_user_id": "new", "full_name": "Mary Ann Lee"},
    ]
    alone = collected(api, document("5.paystub.pdf"), document("6.paystub.pdf", user_id=ada))
    assert [it["user_id"] for it in alone["uploaded_files"]] == [ada, ada]
    nobody = collected(api, document("7.paystub.pdf"))
    assert nobody["uploaded_files"][0]["user_id"] is None
    assert nobody["users"] == []


def test_wrong_requests_name_every_field_and_change_nothing(api: Api) -> None:
    """What is wrong with files or users is told field by field, and nothing of the request is kept."""
    good = document("paystub.pdf")
    made = api.post(PATH, {"documents": [good]})
    api.sandbox.settle()
    mine, digest = f"{PATH}{made['collection_id']}/", api.world_digest()
    cases: list[tuple[str, dict[str, Any], set[str]]] = [
        (PATH, {}, {"documents"}),
        (PATH, {"documents": []}, {"documents"}),
        (PATH, {"documents": [good] * 11}, {"documents"}),
        (PATH, {"documents": [{}]},
         {"documents[0].filename", "documents[0].mime_type", "documents[0].content"}),
        (PATH, {"documents": [good, good | {"content": "not base64!"}, good | {"user_id": "x"}]},
         {"documents[1].content", "documents[2].user_id"}),
        (PATH, {"documents": [good | {"content": 5, "mime_type": "text/plain", "filename": "x" * 256}]},
         {"documents[0].content", "documents[0].mime_type", "documents[0].filename"}),
        (PATH, {"documents": [good | {"user_id": "x", "external_user_id": "y"}]}, {"documents[0].external_user_id"}),
        (PATH, {"documents": [good], "users": [{"full_name": "New Person"}, {"id": "x"}, {}]},
         {"users[1].id", "users[2].id"}),
        (PATH, {"documents": [good | {"external_user_id": "?"}], "users": [{"full_name": "New Person"}]},
         {"documents[0].external_user_id"}),
        (f"{mine}upload/", {"documents": [good | {"content": "%"}]}, {"documents[0].content"}),
        (f"{mine}finalize/", {"document_ids": ["x"], "product_type": "income"}, {"document_ids[0]"}),
        (f"{mine}finalize/", {"product_type": "assets"}, {"product_type"}),
        (f"{mine}finalize/", {}, {"document_ids"}),
    ]  # fmt: skip
    for path, body, fields in cases:
        assert set(api.refused("POST", path, body)) == fields
    assert api.world_digest() == digest
    for path in (f"{PATH}{'0' * 32}/", f"{PATH}{'0' * 32}/finalize/"):
        api.get(path, 404)


def test_finalizing_makes_a_link_with_a_readable_report(api: Api, receiver: Receiver) -> None:
    """A link of ``docs`` is made, its task runs to done, and its report shows what the papers hold."""
    user_id = user_of(api, external_user_id="case-1", ssn="222334444")
    names = ("most.recent.paystub.pdf", "next.recent.paystub.pdf", "w2.pdf", "passport.pdf")
    collection = collected(api, *(document(name, user_id=user_id) for name in names))
    path = f"{PATH}{collection['collection_id']}/finalize/"
    assert api.get(path) == {"status": None, "users": []}
    api.subscribe(receiver.url)
    begun = api.post(path, {"product_type": "income"}, 200)
    assert begun["status"] == begun["users"][0]["links"][0]["status"] == "new"
    api.sandbox.settle()
    done = api.get(path)
    assert done["status"] == "done"
    msgspec.convert(done, Finalization)
    msgspec.convert(collection, DocumentCollection)
    (user,) = done["users"]
    link_id = user["links"][0]["link_id"]
    assert [it["link_id"] for it in user["documents"]] == [link_id] * 3 + [None]
    link, report = api.get(f"/links/{link_id}/"), api.get(f"/links/{link_id}/income/report/")
    assert (link["data_source"], link["status"], link["user_external_id"]) == ("docs", "done", "case-1")
    assert (report["status"], report["data_source"], report["is_suspicious"]) == ("done", "docs", False)
    (employment,) = report["employments"]
    assert (len(employment["statements"]), len(employment["w2s"])) == (2, 1)
    assert employment["profile"]["full_name"] == "Ada Quill"
    assert employment["dates_from_statements"] is True
    assert employment["start_date"] == employment["statements"][-1]["period_start"]
    assert "bank_accounts" in employment["missing_data_fields"]
    assert link["company_mapping"]["name"] == employment["company"]["name"]
    assert api.get(f"/users/{user_id}/")["voie_report_id"] is None
    assert api.post(path, {}, 200) == done


def test_events_of_a_collection_have_no_user_in_their_tasks(api: Api, receiver: Receiver) -> None:
    """``task-status-updated`` comes without ``user_id``; ``link-connected`` before it names user and link."""
    user_id = user_of(api)
    collection = collected(api, document("paystub.pdf", user_id=user_id))
    api.subscribe(receiver.url)
    link_id = finalized(api, collection)["users"][0]["links"][0]["link_id"]
    tasks = [each for each in receiver.events if each["event_type"] == "task-status-updated"]
    assert [each["status"] for each in tasks] == ["new", "login", "parse", "full_parse", "done"]
    assert all("user_id" not in each and (each["link_id"], each["data_source"]) == (link_id, "docs") for each in tasks)
    others = [each for each in receiver.events if each not in tasks]
    assert {each["user_id"] for each in others} == {user_id}
    kinds = [each["event_type"] for each in receiver.events]
    assert kinds.index("link-connected") < receiver.events.index(tasks[-1])
    api.connected()
    tasks = [each for each in receiver.events if each.get("data_source") == "payroll" and "task_id" in each]
    assert tasks
    assert all("user_id" in each for each in tasks)


def test_papers_agree_with_the_payroll_connection_to_the_cent(api: Api) -> None:
    """What a user's papers show is the same in figures as what a payroll connection of the same user shows."""
    for username in ("goodlogin", "hourly.part-time"):
        user_id = user_of(api)
        token = api.post(f"/users/{user_id}/tokens/", {"product_type": "income"}, 200)["bridge_token"]
        connected = api.sandbox.complete_bridge(token, username=username)["link_id"]
        api.sandbox.settle()
        names = [f"{word}.{username}.paystub.pdf" for word in ("most.recent", "first", "next.recent", "a")]
        collection = collected(api, *(document(name, user_id=user_id) for name in names))
        link_id = finalized(api, collection)["users"][0]["links"][0]["link_id"]
        (theirs,), (mine,) = (
            api.get(f"/links/{each}/income/report/")["employments"] for each in (connected, link_id)
        )  # fmt: skip
        own = {"id", "md5sum", "missing_data_fields"}
        papers = [{key: value for key, value in it.items() if key not in own} for it in mine["statements"]]
        known = [{key: value for key, value in it.items() if key not in own} for it in theirs["statements"]]
        assert papers == [*known[:3], known[-1]]
        assert mine["income"] == theirs["income"]
        newest = mine["annual_income_summary"][0]
        assert (newest["gross_pay"], newest["net_pay"]) == (papers[0]["gross_pay_ytd"], papers[0]["net_pay_ytd"])


def test_more_documents_bring_the_same_link_up_to_date(api: Api) -> None:
    """Finalizing again adds new documents to the link there is; only picked ones go in; a deleted link is made anew."""
    user_id = user_of(api)
    collection = collected(api, *(document(f"{number}.paystub.pdf", user_id=user_id) for number in range(3)))
    first, *others = [it["document_id"] for it in collection["documents"]]
    (link,) = finalized(api, collection, document_ids=[first])["users"][0]["links"]
    path = f"/links/{link['link_id']}"
    assert api.get(f"{path}/statements/")["count"] == 1
    before = api.get(f"{path}/statements/")["results"][0]
    (again,) = finalized(api, collection, document_ids=others)["users"][0]["links"]
    assert (again["link_id"], again["task_id"] != link["task_id"]) == (link["link_id"], True)
    assert api.get(f"{path}/statements/")["count"] == 3
    assert before in api.get(f"{path}/statements/")["results"]
    assert [it["id"] for it in api.get(f"{path}/documents/")] == [first, *others]
    api.delete(f"{path}/")
    (new,) = finalized(api, collection)["users"][0]["links"]
    assert new["link_id"] != link["link_id"]
    assert api.get(f"/links/{new['link_id']}/statements/")["count"] == 3
    api.get(f"{path}/documents/", 404)


def test_each_person_gets_a_link(api: Api) -> None:
    """Documents of two people make two links; one whose documents say nothing of work, or that is gone, gets none."""
    ada, eve, tom = (user_of(api, first_name=name) for name in ("Ada", "Eve", "Tom"))
    collection = collected(
        api, document("1.paystub.pdf", user_id=ada), document("2.fulltime.paystub.pdf", user_id=eve),
        document("passport.pdf", user_id=tom),
    )  # fmt: skip
    users = finalized(api, collection, product_type="employment")["users"]
    assert [(it["id"], len(it["links"])) for it in users] == [(ada, 1), (eve, 1), (tom, 0)]
    links = [it["links"][0]["link_id"] for it in users[:2]]
    jobs = [api.get(f"/links/{link_id}/employments/")[0] for link_id in links]
    assert jobs[0]["company"] != jobs[1]["company"]
    assert [(it["income"], it["pay_rate"]) for it in jobs] == [(None, None)] * 2
    api.delete(f"/users/{ada}/")
    api.delete(f"/users/{eve}/")
    assert set(api.refused("POST", f"{PATH}{collection['collection_id']}/finalize/", {})) == {"document_ids"}
    assert [it["id"] for it in api.get(f"{PATH}{collection['collection_id']}/")["users"]] == [tom]


@pytest.mark.parametrize(
    ("filename", "more", "expected"),
    [
        ("paystub.pdf", b"", False),
        ("suspicious.paystub.pdf", b"", True),
        ("paystub.pdf", b"/Creator (CamScanner)", True),
    ],
)
def test_suspicious_papers_are_marked(api: Api, filename: str, more: bytes, *, expected: bool) -> None:
    """A file named ``suspicious.…``, or made by editing software, makes link, task and report suspicious."""
    collection = collected(api, document(filename, pdf(more=more), user_id=user_of(api)))
    (link,) = finalized(api, collection)["users"][0]["links"]
    assert api.get(f"/links/{link['link_id']}/")["is_suspicious"] is expected
    assert api.get(f"/tasks/{link['task_id']}/")["is_suspicious"] is expected
    assert api.get(f"/links/{link['link_id']}/income/report/")["is_suspicious"] is expected


def test_a_link_of_documents_cannot_be_refreshed(api: Api) -> None:
    """There is nobody to log in again as: a refresh ends in ``not_supported``, and the data stay."""
    collection = collected(api, document("paystub.pdf", user_id=user_of(api)))
    (link,) = finalized(api, collection)["users"][0]["links"]
    report = api.get(f"/links/{link['link_id']}/income/report/")
    task = api.post("/refresh/tasks/", {"access_token": report["access_token"]}, 200)["task_id"]
    api.sandbox.settle()
    assert api.get(f"/tasks/{task}/")["status"] == "not_supported"
    assert api.get(f"/links/{link['link_id']}/income/report/")["employments"] == report["employments"]


def test_no_content_is_kept_and_a_replay_is_the_same(api: Api, tmp_path: Path) -> None:
    """Neither journal nor state holds a file's content, whatever was wrong with the request; it replays the same."""
    hush = pdf("hush-1 pay stub", more=b"hush-2")
    user_id = user_of(api)
    collection = collected(api, document("paystub.pdf", hush, user_id=user_id))
    finalized(api, collection)
    coded = base64.b64encode(b"hush-3" * 2000).decode()
    for path in (PATH, PATH.removesuffix("/"), f"{PATH}{collection['collection_id']}/upload", f"{PATH}x/upload/"):
        for body in (
            {"documents": [document("x.pdf", hush) | {"data": coded, "content": [coded]}]},
            {"documents": [document("x.pdf", hush), coded, {"content": {"a": coded}}, {"content": coded + "%"}]},
            {"documents": [document("x" * 300, hush)]},
        ):
            assert api.send("POST", path, json=body).status_code in {400, 404}
        torn = msgspec.json.encode({"documents": [document("x.pdf", hush), {"content": coded}]})[:-9]
        torn_answer = api.send("POST", path, content=torn, headers={"Content-Type": "application/json"})
        assert torn_answer.status_code in {400, 404}
    journal = api.sandbox.runtime.journal
    file = JournalFile(tmp_path / "journal")
    file.write(journal.opening)
    for record in journal.records:
        file.write(record.entry)
    file.close()
    written = (tmp_path / "journal").read_bytes()
    for secret in (base64.b64encode(hush)[:40], coded[:40].encode(), b"hush", b"JVBERi0"):
        assert secret not in written
        assert secret not in journal.world.snapshot()
    replayed = replay(written.splitlines(keepends=True), load_catalog())
    assert replayed.difference is None, str(replayed.difference)
    assert replayed.journals[journal.opening.sandbox].world.digest() == journal.world.digest()
    restored = World.restore(journal.world.snapshot(), journal.world.catalog)
    assert restored.digest() == journal.world.digest()


def test_collections_take_larger_bodies_than_other_paths(api: Api) -> None:
    """Files of ten megabytes come through on collections alone; what is no file has the usual limit there, too."""
    largest = pdf(size=uploads.LARGEST_BYTES - 100)
    collection = collected(api, document("paystub.pdf", largest))
    assert collection["uploaded_files"][0]["status"] == "successful"
    too_much = "x" * BODY_LIMIT_BYTES
    assert api.send("POST", "/users/", json={"first_name": too_much}).status_code == 413
    assert api.send("POST", PATH, json={"documents": [document("paystub.pdf")], "users": [too_much]}).status_code == 413
    app = App(api.sandbox.server.hub, None)  # type: ignore[arg-type]
    for path in (PATH, f"{PATH}x/upload/", PATH.removesuffix("/")):
        assert app._limit(f"/v1{path}") == 160 * 1024 * 1024
    assert app._limit("/v1/links/x/documents/") == app._limit("/v1/users/") == BODY_LIMIT_BYTES


def test_every_status_has_its_place() -> None:
    """A file status is either left after some time or the last one."""
    last = {FileStatus.INVALID, FileStatus.DUPLICATE, FileStatus.SUCCESSFUL, FileStatus.FAILED}
    assert set(STAYS_US) | last == set(FileStatus)
    assert not set(STAYS_US) & last
