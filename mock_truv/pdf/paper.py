"""Pages of a document: headings, facts beside their names, and tables. Knows nothing of reports."""

from __future__ import annotations

import logging
from datetime import UTC, datetime
from importlib.resources import as_file, files
from typing import TYPE_CHECKING

from fpdf import FPDF

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

NOTE = "Synthetic data made by mock-truv. This is not a report of Truv's."
MARGIN_MM, LINE_MM = 14.0, 4.4
SIZES_PT = {0: 17.0, 1: 13.0, 2: 10.5, 3: 9.0}
TEXT_PT, SMALL_PT = 8.0, 6.8
INK, GREY, RULE = (20, 24, 32), (105, 112, 124), (214, 218, 224)
FACTS_IN_A_ROW = 3
CREATED = datetime(2026, 1, 5, tzinfo=UTC)
"""Written into every document: the same answer gives the same bytes on any day."""

# A font that lacks a sign of some script says so in the log, although the fallback font has it.
logging.getLogger("fpdf").setLevel(logging.ERROR)
logging.getLogger("fontTools").setLevel(logging.ERROR)


class Paper:
    """A document in the making; A4 or Letter does not matter to anybody here: Letter."""

    def __init__(self, title: str) -> None:
        self._pdf = pdf = _Pages(format="letter", unit="mm")
        pdf.set_creation_date(CREATED)
        pdf.set_title(title)
        pdf.set_producer("mock-truv")
        pdf.set_margin(MARGIN_MM)
        pdf.set_auto_page_break(auto=True, margin=MARGIN_MM + LINE_MM)
        with as_file(files("mock_truv.pdf") / "fonts") as fonts:
            pdf.add_font("sans", fname=fonts / "DejaVuSans.ttf")
            pdf.add_font("more", fname=fonts / "DroidSansFallback.ttf")
        pdf.set_fallback_fonts(["more"], exact_match=False)
        pdf.set_font("sans", size=TEXT_PT)
        pdf.add_page()
        self.heading(title, 0)

    def heading(self, text: str, level: int) -> None:
        """Write a heading: 0 is the title, 3 the smallest. It is not left alone at the foot of a page."""
        pdf = self._pdf
        size_pt = SIZES_PT[min(level, 3)]
        if pdf.will_page_break(size_pt + 4 * LINE_MM):
            pdf.add_page()
        pdf.ln(size_pt / 6)
        self._write(text, size_pt, INK)
        pdf.set_draw_color(*RULE)
        pdf.line(MARGIN_MM, pdf.get_y() + 0.6, pdf.w - MARGIN_MM, pdf.get_y() + 0.6)
        pdf.ln(1.6)

    def facts(self, facts: Mapping[str, str]) -> None:
        """Write each fact under its name, three beside each other; a long one has a line of its own."""
        pdf = self._pdf
        width = pdf.epw / FACTS_IN_A_ROW
        row: list[tuple[str, str]] = []
        for name, value in facts.items():
            pdf.set_font_size(TEXT_PT)
            long = pdf.get_string_width(value) > width - 3
            if long or len(row) == FACTS_IN_A_ROW:
                self._row_of_facts(row, width)
                row = []
            if long:
                self._write(name, SMALL_PT, GREY)
                self._write(value, TEXT_PT, INK)
            else:
                row.append((name, value))
        self._row_of_facts(row, width)

    def table(self, names: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
        """Write a table; its columns are as wide as their widest entries, or share the page where that is too much."""
        pdf = self._pdf
        pdf.set_font_size(TEXT_PT)
        widths = [max(pdf.get_string_width(text) for text in column) + 3 for column in zip(names, *rows, strict=True)]
        scale = min(1.0, pdf.epw / sum(widths))
        size_pt = max(TEXT_PT * scale, 4.5)
        self._cells(names, widths, scale, size_pt, GREY)
        for row in rows:
            if pdf.will_page_break(LINE_MM):
                pdf.add_page()
                self._cells(names, widths, scale, size_pt, GREY)
            self._cells(row, widths, scale, size_pt, INK)
        pdf.ln(1.4)

    def finish(self) -> bytes:
        """Return the document."""
        return bytes(self._pdf.output())

    def _row_of_facts(self, row: list[tuple[str, str]], width: float) -> None:
        if not row:
            return
        pdf = self._pdf
        if pdf.will_page_break(2 * LINE_MM):
            pdf.add_page()
        for texts, size_pt, colour in (([n for n, _ in row], SMALL_PT, GREY), ([v for _, v in row], TEXT_PT, INK)):
            pdf.set_text_color(*colour)
            for text in texts:
                self._cell(width, LINE_MM * 0.85, text, size_pt)
            pdf.ln(LINE_MM * 0.85)
        pdf.ln(0.8)

    def _cells(
        self, texts: Sequence[str], widths: Sequence[float], scale: float, size_pt: float, colour: tuple[int, int, int]
    ) -> None:
        pdf = self._pdf
        pdf.set_text_color(*colour)
        for text, width in zip(texts, widths, strict=True):
            self._cell(width * scale, LINE_MM, text, size_pt)
        pdf.ln(LINE_MM)

    def _cell(self, width: float, height: float, text: str, size_pt: float) -> None:
        self._pdf.set_font("sans", size=size_pt)  # after a text that needed the fallback font, the size is not kept
        self._pdf.cell(width, height, text)

    def _write(self, text: str, size_pt: float, colour: tuple[int, int, int]) -> None:
        pdf = self._pdf
        pdf.set_font("sans", size=size_pt)
        pdf.set_text_color(*colour)
        pdf.multi_cell(0, size_pt * 0.45, text, new_x="LMARGIN", new_y="NEXT")


class _Pages(FPDF):
    """Pages with a foot: what this is not, and the number."""

    def footer(self) -> None:
        """Write the foot of a page (called by the library)."""
        self.set_y(-MARGIN_MM)
        self.set_font_size(SMALL_PT)
        self.set_text_color(*GREY)
        self.cell(self.epw - 15, LINE_MM, NOTE)
        self.cell(15, LINE_MM, str(self.page_no()), align="R")
        self.set_font_size(TEXT_PT)
