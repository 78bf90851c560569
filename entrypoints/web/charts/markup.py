"""SVG elements as escaped text."""

from __future__ import annotations

from collections.abc import Iterable

from markupsafe import Markup, escape

from entrypoints.web.charts.palette import SERIES_COLOURS

#: Colours as attributes, so that a saved file has them too; on a page the style sheet replaces them by those of its theme.
COLOURS = {
    "now": "#1f5fbf",
    "then": "#d9730d",
    "fan": "#d9730d",
    "ink": "#171a20",
    "dim": "#5b6472",
    "line": "#dfe3e8",
    "shade": "#f1f3f6",
    "paper": "#ffffff",
    "band": "#e6e9ee",
    "volume": "#c9d0d9",
    **SERIES_COLOURS,
}
FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Liberation Sans', 'DejaVu Sans', sans-serif"


def element(tag: str, content: str | Iterable[Markup] = "", /, **attributes: object) -> Markup:
    """Return an element; an underscore in an attribute's name is a hyphen, ``cls`` is its class, and None leaves it out."""
    given = {_NAMES.get(name) or name.replace("_", "-"): value for name, value in attributes.items() if value is not None}
    written = "".join(f' {name}="{escape(_number(value))}"' for name, value in given.items())
    inner = escape(content) if isinstance(content, str) else Markup("").join(content)
    return Markup(f"<{tag}{written}>{inner}</{tag}>" if inner else f"<{tag}{written}/>")  # noqa: S704 - all values are escaped


def picture(parts: Iterable[Markup], *, title: str, description: str, size: tuple[int, int], cls: str) -> Markup:
    """Return an SVG element of this width and height, which a screen reader reads as its description."""
    return element(
        "svg",
        [element("title", title), element("desc", description), *parts],
        xmlns="http://www.w3.org/2000/svg",
        cls=f"chart {cls}".strip(),
        viewBox=f"0 0 {size[0]} {size[1]}",
        role="img",
        font_family=FONT,
    )


def frame(size: tuple[int, int], cls: str) -> Markup:
    """Return an empty SVG element that takes the place of a picture of this size."""
    return element("svg", cls=f"frame {cls}", viewBox=f"0 0 {size[0]} {size[1]}", aria_hidden="true")


def tick_text(text: str, x: float, y: float, anchor: str | None = None) -> Markup:
    """Return a label of an axis, whose baseline is at ``y``."""
    return element("text", text, cls="tick", x=x, y=y, text_anchor=anchor, font_size="12", fill=COLOURS["dim"])


_NAMES = {"cls": "class", "viewBox": "viewBox"}


def _number(value: object) -> object:
    return f"{value:.1f}".removesuffix(".0") if isinstance(value, float) else value
