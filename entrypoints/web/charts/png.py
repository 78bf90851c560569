"""Pictures as PNG, drawn by resvg, which the extra ``png`` installs."""

from __future__ import annotations

from http import HTTPStatus
from importlib import resources
from importlib.util import find_spec

import entrypoints.web
from entrypoints.rest.http.errors import Problem

#: Pixels for each unit of a picture.
ZOOM = 2


def can_draw() -> bool:
    """Return whether the extra is installed."""
    return find_spec("resvg_py") is not None


def check_can_draw() -> None:
    """Raise Problem (501) if the extra is not installed."""
    if not can_draw():
        hint = (
            "Install the extra png (pip install 'lanner[png]', or resvg-py beside lanner) and start lanner again; format=svg needs nothing."
        )
        raise Problem(HTTPStatus.NOT_IMPLEMENTED, "png_not_installed", "This installation cannot draw PNG.", hint=hint)


def png_of(svg: str) -> bytes:
    """Return an SVG document as PNG, with ``ZOOM`` pixels a unit and text in the font that is shipped, on every machine alike."""
    check_can_draw()
    import resvg_py

    with resources.as_file(resources.files(entrypoints.web) / "fonts" / "DejaVuSans.ttf") as font:
        # Without the system's fonts the same picture is the same file everywhere; resvg drops text for which it has no font.
        return resvg_py.svg_to_bytes(
            svg_string=svg,
            zoom=ZOOM,
            font_files=[str(font)],
            skip_system_fonts=True,
            font_family="DejaVu Sans",
            sans_serif_family="DejaVu Sans",
        )
