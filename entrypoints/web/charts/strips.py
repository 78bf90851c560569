"""Small drawings: the strip of a series' vintages, and sparklines."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import numpy as np
from markupsafe import Markup

from entrypoints.web.charts import marks, time_axis
from entrypoints.web.charts.markup import COLOURS, FONT, element
from entrypoints.web.charts.scales import Floats, Scale

_MOST_TICKS = 500


def strip(moments: Sequence[datetime], chosen: int, role: str, *, width: int = 736, cls: str = "") -> Markup:
    """Return a strip with a tick for each moment and a handle at the one with this index; ticks that would overlap are one."""
    seconds = np.array([moment.timestamp() for moment in moments])
    first, last = float(seconds[0]), float(seconds[-1])
    scale = Scale(first, last if last > first else first + 1, 6, width - 6)
    places = np.unique(np.round(scale(seconds) * _MOST_TICKS / width) * width / _MOST_TICKS)
    handle = scale.at(float(seconds[chosen]))
    labels = [
        element("text", label, cls="tick", x=scale.at(moment), y="42", text_anchor="middle", font_size="11", fill=COLOURS["dim"])
        for moment, label in time_axis.ticks(first, last, width // 90)
        if 20 < scale.at(moment) < width - 20  # noqa: PLR2004 - so that no label is cut
    ]
    ticks = element("path", cls="ticks", d="".join(f"M{place:.1f} 8v16" for place in places), stroke=COLOURS["dim"], stroke_opacity="0.6")
    grip = element("path", cls=f"{role} handle", d=f"M{handle:.1f} 3v26", stroke=COLOURS[role], stroke_width="4", stroke_linecap="round")
    return element(
        "svg",
        [ticks, *labels, grip],
        xmlns="http://www.w3.org/2000/svg",
        cls=f"strip {cls}".strip(),
        viewBox=f"0 0 {width} 46",
        aria_hidden="true",
        font_family=FONT,
        data_first=f"{scale.low:.0f}",
        data_last=f"{scale.high:.0f}",
    )


def sparkline(values: Floats, *, width: int = 120, height: int = 32) -> Markup:
    """Return a line of the values with a dot at the last one."""
    known = values[~np.isnan(values)]
    if len(known) < 2:  # noqa: PLR2004 - one value is no line
        return Markup("")
    low, high = float(known.min()), float(known.max())
    y = height / 2 + 0 * known if low == high else Scale(low, high, height - 4, 4)(known)
    x = np.linspace(2, width - 5, len(known))
    dot = element("circle", cls="now", cx=float(x[-1]), cy=float(y[-1]), r="2.5", fill=COLOURS["now"])
    return element("svg", [marks.line(x, y, "now"), dot], cls="spark", viewBox=f"0 0 {width} {height}", aria_hidden="true")
