"""A chart as a picture that stands alone: with its title, its legend and its source around it, in the colours of paper."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from markupsafe import Markup

from entrypoints.web import words
from entrypoints.web.charts.drawing import WIDE
from entrypoints.web.charts.marks import FAN
from entrypoints.web.charts.markup import COLOURS, FONT, element
from entrypoints.web.charts.palette import DASHED, DASHES

WIDTH = 800
CHART_WIDTH, CHART_HEIGHT = WIDE
_MARGIN, _TITLE_LINE, _LEGEND_ROW, _SOURCE_LINE = 20, 24, 22, 15
_TITLE_GLYPH, _GLYPH, _SMALL_GLYPH = 11.0, 7.0, 6.2
_SAMPLE, _GAP = 24, 18
_MOST_LINES = 2
#: Role → the width of its sample.
_WIDTHS = {"band": "10", FAN: "1"}
_PLAIN = {"font_size": "12.5", "fill": COLOURS["dim"]}
_SMALL = {"font_size": "11", "fill": COLOURS["dim"]}
_BOLD = {"font_size": "19", "font_weight": "600", "fill": COLOURS["ink"]}
#: What XML 1.0 has no place for.
_NO_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """An entry of the legend: the role of a curve or of a shading, and its name."""

    role: str
    label: str
    dashed: bool = False

    @property
    def dashes(self) -> str | None:
        """The pattern of the curve's line."""
        return DASHED if self.dashed else DASHES.get(self.role)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """
    What stands around a chart.

    Attributes:
        subtitle: the units.
        source: where the values come from, and their state.

    """

    title: str
    subtitle: str
    legend: Sequence[Key]
    source: str


def sheet_svg(sheet: Sheet, chart: Markup) -> str:
    """Return the picture as an SVG document; the chart must be ``CHART_WIDTH`` wide and ``CHART_HEIGHT`` high."""
    title, source = _lines(sheet.title, _TITLE_GLYPH), _lines(sheet.source, _SMALL_GLYPH)
    rows = list(_rows(sheet.legend))
    below_title = 14 + _TITLE_LINE * len(title) + 24
    top = below_title + _LEGEND_ROW * len(rows)
    bottom = top + CHART_HEIGHT + 4
    height = bottom + _SOURCE_LINE * len(source) + 12
    # The chart is an SVG element of its own, whose size here is that of its coordinates.
    place = Markup('<svg x="{}" y="{}" width="{}" height="{}"').format(_MARGIN, top, CHART_WIDTH, CHART_HEIGHT)
    parts = [
        element("rect", width=str(WIDTH), height=str(height), fill=COLOURS["paper"]),
        *(_text(line, _MARGIN, 32 + _TITLE_LINE * n, _BOLD) for n, line in enumerate(title)),
        _text(words.shortened(sheet.subtitle, int(CHART_WIDTH / _GLYPH)), _MARGIN, below_title - 10),
        *(part for n, row in enumerate(rows) for part in _legend_row(row, below_title + 14 + _LEGEND_ROW * n)),
        place + chart.removeprefix("<svg"),
        *(_text(line, _MARGIN, bottom + 14 + _SOURCE_LINE * n, _SMALL) for n, line in enumerate(source)),
    ]
    document = element(
        "svg",
        parts,
        xmlns="http://www.w3.org/2000/svg",
        viewBox=f"0 0 {WIDTH} {height}",
        width=str(WIDTH),
        height=str(height),
        font_family=FONT,
    )
    return _NO_XML.sub("\N{REPLACEMENT CHARACTER}", f'<?xml version="1.0" encoding="UTF-8"?>\n{document}\n')


def _lines(text: str, glyph: float) -> list[str]:
    return textwrap.wrap(text, int(CHART_WIDTH / glyph), max_lines=_MOST_LINES, placeholder=" …")


def _rows(legend: Sequence[Key]) -> Iterator[list[tuple[float, Key]]]:
    """Yield the rows of the legend, each entry with its position."""
    row: list[tuple[float, Key]] = []
    x = float(_MARGIN)
    for key in legend:
        label = words.shortened(key.label, int((CHART_WIDTH - _SAMPLE - 8) / _GLYPH))
        width = _SAMPLE + 8 + _GLYPH * len(label)
        if row and x + width > WIDTH - _MARGIN:
            yield row
            row, x = [], float(_MARGIN)
        row.append((x, replace(key, label=label)))
        x += width + _GAP
    if row:
        yield row


def _legend_row(row: Sequence[tuple[float, Key]], y: int) -> Iterator[Markup]:
    for x, key in row:
        stroke = {"stroke": COLOURS[key.role], "stroke_width": _WIDTHS.get(key.role, "3"), "stroke_dasharray": key.dashes}
        yield element("path", d=f"M{x:.1f} {y - 4}h{_SAMPLE}", fill="none", **stroke)
        yield _text(key.label, x + _SAMPLE + 8, y)


def _text(text: str, x: float, y: float, style: Mapping[str, str] = _PLAIN) -> Markup:
    return element("text", text, x=float(x), y=float(y), **style)
