"""The formats of the Quandl-compatible API, chosen by a suffix of the path or else by Accept."""

from __future__ import annotations

from enum import StrEnum

import falcon

_HTML = "text/html"


class QuandlFormat(StrEnum):
    """A format of Quandl's documents; its value is the suffix."""

    JSON = "json"
    CSV = "csv"
    XML = "xml"

    @property
    def media_type(self) -> str:
        """The media type, letter by letter that of Quandl's server: some clients compare the whole header."""
        return _MEDIA_TYPES[self]

    @property
    def is_columnar(self) -> bool:
        return False


_MEDIA_TYPES = {QuandlFormat.JSON: "application/json", QuandlFormat.CSV: "text/csv", QuandlFormat.XML: "application/xml"}
_BY_MEDIA_TYPE = {media_type: kind for kind, media_type in _MEDIA_TYPES.items()}
SUFFIXES = ("", *(f".{kind}" for kind in QuandlFormat))


def split_format(req: falcon.Request, resp: falcon.Response, name: str) -> tuple[str, QuandlFormat]:
    """Return a name without its suffix, and the format by that or by Accept; other suffixes are parts of codes with dots."""
    bare, kind = split_suffix(name)
    if kind:
        return bare, kind
    resp.append_header("Vary", "Accept")
    # Browsers accept XML too, before all else but HTML; what they show best is JSON.
    preferred = None if _HTML in req.accept else req.client_prefers([*_BY_MEDIA_TYPE])
    return name, _BY_MEDIA_TYPE.get(preferred or "", QuandlFormat.JSON)


def split_suffix(name: str) -> tuple[str, QuandlFormat | None]:
    """Return a name without its suffix and the format of that; the whole name and None where it has no such suffix."""
    bare, dot, suffix = name.rpartition(".")
    return (bare, QuandlFormat(suffix.lower())) if dot and suffix.lower() in list(QuandlFormat) else (name, None)
