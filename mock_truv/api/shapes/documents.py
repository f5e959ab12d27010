"""What the documents of a link look like: as they were uploaded, and as they were read."""

from __future__ import annotations

from typing import Annotated, Literal

from mock_truv.api.shapes.base import Day, Id, Moment, Shape, inferred
from mock_truv.api.shapes.payroll import File, TaxDocumentSubtype

UploadedType = Literal[
    "PAYSTUB", "W2", "F1099", "F1040", "VOLUNTEER_LETTER", "INSURANCE_HOME_POLICY", "INSURANCE_AUTO_POLICY", "OTHER",
]  # fmt: skip


class UploadedDocument(Shape):
    """A document that somebody uploaded."""

    SOURCE = "uploaded-documents/object"

    id: Id
    type: UploadedType
    subtype: TaxDocumentSubtype | None
    file: File
    filename: str
    mimetype: str
    created_at: Moment
    updated_at: Moment


class VolunteerTime(Shape):
    """Time that somebody gave."""

    SOURCE = "parsed-documents/retrieve-parsed-document"

    date: Day
    hours: float
    description: Annotated[str | None, inferred("that it may be null")]


class ParsedData(Shape):
    """What was read out of a volunteer letter."""

    SOURCE = "parsed-documents/retrieve-parsed-document"

    total_hours: float
    time_entries: list[VolunteerTime]


class ParsedDocument(Shape):
    """A document that was read: a letter about voluntary work."""

    SOURCE = "parsed-documents/retrieve-parsed-document"

    document_type: Literal["VOLUNTEER_LETTER"]
    id: Id
    document_subtype: Literal["VOL_TRANSCRIPT", "VOL_HOURS_LOG"] | None
    file: File
    md5sum: str
    parsed_data: ParsedData
