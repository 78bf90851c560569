"""Open Graph metadata (ogp.me): the title, description and picture of link previews."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

from entrypoints.web import words
from entrypoints.web.charts.png import can_draw

_MOST_CHARACTERS = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Sharing:
    """
    The metadata of a page.

    Attributes:
        url, image: absolute addresses; no image where PNG cannot be drawn.

    """

    title: str
    description: str
    url: str
    image: str | None

    @classmethod
    def of(cls, title: str, description: str, url: str) -> Self:
        """Describe a view whose picture is at its own address with ``format=png``."""
        image = f"{url}{'&' if '?' in url else '?'}format=png" if can_draw() else None
        return cls(title=title, description=words.shortened(description, _MOST_CHARACTERS), url=url, image=image)
