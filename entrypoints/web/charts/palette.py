"""
Twelve colours for the curves of several series, each with a pattern of dashes, so that colour is never the only sign.

In steps of lightness and hue that stay apart for eyes without one kind of cones, and with a contrast of at least 3 to 1 to the page; the
style sheet has those of dark pages. Both begin with the colours of *now* and *then*.
"""

from __future__ import annotations

_LIGHT = (
    *("#1f5fbf", "#d9730d", "#a50f00", "#a578ff", "#3c96a5", "#690f78"),
    *("#005a4b", "#a52d87", "#ff2d87", "#7800ff", "#96694b", "#1e0fc3"),
)
_PATTERNS = (None, "7 4", "2 4")
#: How many series a chart tells apart.
MOST = len(_LIGHT)
#: Role of a curve → its colour in a file.
SERIES_COLOURS = {f"c{number}": colour for number, colour in enumerate(_LIGHT, 1)}
#: Role of a curve → its dashes, None for a solid line; four curves have the same.
DASHES = {f"c{number}": _PATTERNS[(number - 1) // 4] for number in range(1, MOST + 1)}
#: The dashes of a curve that is another state of a solid one.
DASHED = "2 5"
