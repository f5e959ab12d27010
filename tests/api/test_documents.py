"""The documents of a link: as they were uploaded, and as they were read."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

import msgspec

from mock_truv.api.shapes.documents import ParsedDocument, UploadedDocument

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.conftest import Api

UPLOADED = {
    "id": "id", "type": "text", "subtype": "text?", "file": "url?", "filename": "text", "mimetype": "text",
    "created_at": "time", "updated_at": "time",
}  # fmt: skip
PARSED = {
    "document_type": "text", "id": "id", "document_subtype": "text?", "file": "url?", "md5sum": "id",
    "parsed_data": "object",
}  # fmt: skip
NAMES = ("paystub.pdf", "w2.pdf", "1099-div.pdf", "1040.pdf", "volunteer.log.pdf", "volunteer.pdf", "passport.pdf")
TYPES = ("PAYSTUB", "W2", "F1099", "F1040", "VOLUNTEER_LETTER", "VOLUNTEER_LETTER")


def link_of(api: Api, *names: str) -> str:
    """Return the link that is made of files with these names."""
    user_id = api.post("/users/", {"first_name": "Ada", "last_name": "Quill"})["id"]
    documents = [
        {
            "filename": name,
            "mime_type": "application/pdf",
            "content": base64.b64encode(b"%PDF-1.4 " + name.encode() + b"0" * 1500 + b"%%EOF").decode(),
            "user_id": user_id,
        }
        for name in names
    ]
    path = f"/documents/collections/{api.post('/documents/collections/', {'documents': documents})['collection_id']}/"
    api.sandbox.settle()
    link_id: str = api.post(f"{path}finalize/", {}, 200)["users"][0]["links"][0]["link_id"]
    api.sandbox.settle()
    return link_id


def test_documents_are_listed_as_they_were_uploaded(api: Api, check_shape: Callable[..., None]) -> None:
    """The documents that a link was made of are a bare array with the documented keys, each readable by its id."""
    path = f"/links/{link_of(api, *NAMES)}/documents/"
    found: list[Any] = api.get(path)
    for each in found:
        check_shape(each, UPLOADED)
        assert api.get(f"{path}{each['id']}/") == each
    msgspec.convert(found, list[UploadedDocument])
    assert tuple(each["type"] for each in found) == TYPES
    assert tuple(each["filename"] for each in found) == NAMES[:-1]
    assert [each["subtype"] for each in found] == [None, None, "F1099_DIV", None, None, None]
    api.get(f"{path}{'0' * 32}/", 404)


def test_letters_about_voluntary_work_are_read(api: Api, check_shape: Callable[..., None]) -> None:
    """Of a volunteer letter hours and days are read, and the hours add up; of other documents nothing is parsed."""
    link_id = link_of(api, *NAMES)
    path = f"/links/{link_id}/parsed-documents/"
    found: list[Any] = api.get(path)
    msgspec.convert(found, list[ParsedDocument])
    assert [each["document_subtype"] for each in found] == ["VOL_HOURS_LOG", None]
    for each in found:
        check_shape(each, PARSED)
        assert api.get(f"{path}{each['id']}/") == each
        entries = each["parsed_data"]["time_entries"]
        assert sum(entry["hours"] for entry in entries) == each["parsed_data"]["total_hours"]
        assert all(entry["date"] < "2026-01-05" and entry["hours"] > 0 for entry in entries)
    paystub = api.get(f"/links/{link_id}/documents/")[0]["id"]
    api.get(f"{path}{paystub}/", 404)


def test_what_forms_say_is_among_the_tax_documents(api: Api) -> None:
    """W-2, 1099 and 1040 are tax documents of the link, with the hashes of the files that were uploaded."""
    link_id = link_of(api, *NAMES)
    found = {each["document_type"]: each for each in api.get(f"/links/{link_id}/tax/")}
    assert set(found) == {"W2", "F1099", "F1040"}
    (w2,) = api.get(f"/links/{link_id}/income/report/")["employments"][0]["w2s"]
    assert found["W2"]["fields"] | {"year": found["W2"]["year"]} == {
        key: value for key, value in w2.items() if key not in {"file", "md5sum"}
    }
    assert found["W2"]["md5sum"] == w2["md5sum"]
    assert found["F1040"]["fields"]["total_income"] == w2["wages"]
    assert (found["F1099"]["document_subtype"], found["F1099"]["fields"]) == ("F1099_DIV", {})


def test_a_letter_alone_is_voluntary_work(api: Api) -> None:
    """A link of nothing but a volunteer letter shows work of type ``V`` without pay."""
    link_id = link_of(api, "volunteer.pdf")
    (work,) = api.get(f"/links/{link_id}/employments/")
    assert (work["job_type"], work["income"], work["company"]["ein"]) == ("V", None, None)
    assert api.get(f"/links/{link_id}/statements/")["count"] == 0


def test_other_links_have_no_documents(api: Api) -> None:
    """A payroll connection has none, and a deleted link's are gone."""
    link_id, _ = api.link_of()
    assert api.get(f"/links/{link_id}/documents/") == api.get(f"/links/{link_id}/parsed-documents/") == []
    link_id = link_of(api, "volunteer.pdf")
    ident = api.get(f"/links/{link_id}/documents/")[0]["id"]
    other_id = link_of(api, "volunteer.pdf")
    api.get(f"/links/{other_id}/documents/{ident}/", 404)
    api.delete(f"/links/{link_id}/")
    for name in ("documents", "parsed-documents", f"documents/{ident}", f"parsed-documents/{ident}"):
        api.get(f"/links/{link_id}/{name}/", 404)


def test_documents_have_addresses_where_they_are_asked_for(api: Api) -> None:
    """With the knob ``file_urls = own`` both forms of a document show one address of this mock."""
    link_id = link_of(api, "volunteer.pdf")
    assert api.get(f"/links/{link_id}/documents/")[0]["file"] is None
    api.sandbox.change_profile(file_urls="own")
    (uploaded,) = api.get(f"/links/{link_id}/documents/")
    (parsed,) = api.get(f"/links/{link_id}/parsed-documents/")
    assert uploaded["file"] == parsed["file"]
    assert uploaded["file"] == f"{api.sandbox.base_url}/files/{link_id}/document/{uploaded['id']}.pdf"
