"""Operations on the documents of a link: as they were uploaded, and as they were read.

Only links that were made of a document collection have any. Uploaded content is not kept, so that an address of a
``document`` (knob ``file_urls``) gives a sheet about the file and not the file.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mock_truv.api.call import Operation
from mock_truv.api.files import file_of
from mock_truv.api.shapes.documents import ParsedData, ParsedDocument, UploadedDocument, VolunteerTime
from mock_truv.core import collections
from mock_truv.core.document_data import volunteer_time
from mock_truv.core.errors import NotFound
from mock_truv.core.instants import text_z

if TYPE_CHECKING:
    from mock_truv.api.call import Call, Finder
    from mock_truv.core.base import WorldBase
    from mock_truv.core.document_data import Paper
    from mock_truv.core.model import Link

VOLUNTEER_LETTER = "VOLUNTEER_LETTER"


def list_uploaded(call: Call) -> list[UploadedDocument]:
    """Return the documents that a link was made of."""
    return [_uploaded(call, paper) for paper in _readable(call)]


def read_uploaded(call: Call) -> UploadedDocument:
    """Return one of the documents that a link was made of."""
    return _uploaded(call, call.second)


def list_parsed(call: Call) -> list[ParsedDocument]:
    """Return the volunteer letters of a link."""
    return [_parsed(call, paper) for paper in _readable(call) if paper[1].document_type == VOLUNTEER_LETTER]


def read_parsed(call: Call) -> ParsedDocument:
    """Return one volunteer letter."""
    return _parsed(call, call.second)


def _readable(call: Call) -> list[Paper]:
    if call.target.deleted_us is not None:
        raise NotFound
    return collections.documents_of(call.world, call.target)


def _uploaded(call: Call, paper: Paper) -> UploadedDocument:
    file, document = paper
    subtype: Any = document.document_subtype if document.document_type != VOLUNTEER_LETTER else None
    kind: Any = document.document_type
    return UploadedDocument(
        id=document.id,
        type=kind,
        subtype=subtype,
        file=file_of(call.world, call.target.id)("document", document.id),
        filename=file.filename,
        mimetype=file.mime_type,
        created_at=text_z(file.created_us),
        updated_at=text_z(file.updated_us),
    )


def _parsed(call: Call, paper: Paper) -> ParsedDocument:
    file, document = paper
    given = volunteer_time(file)
    entries = [VolunteerTime(**each) for each in given["time_entries"]]
    subtype: Any = document.document_subtype
    return ParsedDocument(
        document_type="VOLUNTEER_LETTER",
        id=document.id,
        document_subtype=subtype,
        file=file_of(call.world, call.target.id)("document", document.id),
        md5sum=file.facts.md5sum,
        parsed_data=ParsedData(total_hours=given["total_hours"], time_entries=entries),
    )


def _find_uploaded(world: WorldBase, ident: str, link: Link) -> Paper | None:
    found = collections.documents_of(world, link) if link.deleted_us is None else []
    return next((paper for paper in found if paper[1].id == ident), None)


def _find_parsed(world: WorldBase, ident: str, link: Link) -> Paper | None:
    paper = _find_uploaded(world, ident, link)
    return paper if paper is not None and paper[1].document_type == VOLUNTEER_LETTER else None


OPERATIONS = (
    Operation("GET", "/links/{link}/documents/", list_uploaded, "list-documents", answer=list[UploadedDocument]),
    Operation(
        "GET", "/links/{link}/documents/{uploaded_document}/", read_uploaded, "retrieve-document",
        answer=UploadedDocument,
    ),
    Operation(
        "GET", "/links/{link}/parsed-documents/", list_parsed, "inferred from retrieve-parsed-document",
        basis="inferred", answer=list[ParsedDocument],
    ),
    Operation(
        "GET", "/links/{link}/parsed-documents/{parsed_document}/", read_parsed, "retrieve-parsed-document",
        answer=ParsedDocument,
    ),
)  # fmt: skip
FINDERS: dict[str, Finder] = {"uploaded_document": _find_uploaded, "parsed_document": _find_parsed}
