"""PDF documents of what the API shows as JSON: the same figures, readable by people and by programs.

The world answers with the JSON of a ``Printed``; the border of the server makes the document of it. So no world,
journal or digest ever holds a PDF, and the library that makes them is loaded only when somebody asks for one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mock_truv.api.call import Answer

MEDIA_TYPE = "application/pdf"


def printed(answer: Answer, own_address: bytes) -> Answer:
    """Return an answer with its PDF in place of the JSON of a ``Printed``, and any other answer as it is.

    ``own_address`` is the address of this server, for URLs in the document.
    """
    if answer.headers.get("content-type") != MEDIA_TYPE or not answer.body:
        return answer
    import msgspec  # noqa: PLC0415 -- importing this package loads nothing

    from mock_truv.api.call import ORIGIN  # noqa: PLC0415

    body = pdf_of(answer.body.replace(ORIGIN, own_address))
    cut_bytes = answer.cut_bytes * len(body) // len(answer.body)
    return msgspec.structs.replace(answer, body=body, cut_bytes=cut_bytes)


def pdf_of(printed: bytes) -> bytes:
    """Return the PDF of an answer that is the JSON of a ``Printed``; the same bytes for the same answer.

    Raises:
        msgspec.DecodeError: It is something else.
    """
    import msgspec  # noqa: PLC0415

    from mock_truv.api.call import Printed  # noqa: PLC0415
    from mock_truv.pdf.outline import write  # noqa: PLC0415 -- fpdf2 takes a fifth of a second to load
    from mock_truv.pdf.paper import Paper  # noqa: PLC0415

    it = msgspec.json.decode(printed, type=Printed)
    paper = Paper(it.title)
    write(paper, it.document)
    return paper.finish()
