"""The parameters of panels."""

from __future__ import annotations

from domain.frequency import Collapse
from domain.panels.query import MOST_WINDOW
from domain.panels.rule import CellTransform, Clock, Fill
from entrypoints.panel_files import Shape
from entrypoints.rest.openapi.parameters import POSITION, Parameter, Parameters, enum_of, integer

_LENGTH = {"type": "string", "examples": ["P1D", "PT6H"]}
_DAYS = {"type": "string", "examples": ["P100D"]}
#: What can be said of each series of a panel, or of all of them.
PANEL_OPTIONS: Parameters = {
    "lag": Parameter("Added to the moment of each vintage: weeks, days, hours, minutes, seconds.", _LENGTH),
    "max_age": Parameter("Days from the period's end after which a value is stale and left out.", _DAYS),
    "release": Parameter("The nth release of each date by vintage, from 0, or `latest`.", {"type": ["string", "integer"], "examples": [0]}),
    "change": Parameter("The nth value of each date that differs from the one before, from 0.", integer(0, 10**6)),
    "window": Parameter("So many observations at each moment, the newest ones as known then.", integer(1, MOST_WINDOW)),
    "clock": Parameter("When a vintage counts: since the world could know it, or since it was fetched here.", enum_of(Clock)),
    "collapse": Parameter("The last observation of each complete period, inside each vintage.", enum_of(Collapse)),
    "transform": Parameter("A comparison of periods, or a calculation over the whole, inside each vintage.", enum_of(CellTransform)),
    "fill": Parameter("What stands for a missing value; interpolation would look ahead.", enum_of(Fill)),
    "assume": Parameter("Before the first vintage: days after a period's end at which its value counts, or `learned`.", _DAYS),
    "release_time": Parameter(
        "The time of day, in `tz`, at which the days of labels are meant.", {"type": "string", "examples": ["08:30"]}
    ),
    "tz": Parameter("The time zone of `at`, of days, and of `release_time`; of a series, of its `release_time`."),
    "restated": Parameter("Corrections, and states read again, count from the moment of what they replace.", {"type": "boolean"}),
}
_DECISIONS: Parameters = {
    "dates": Parameter("The moments: instants, or days with `at` and `tz`.", {"type": "array", "items": {"type": "string"}}),
    "start": Parameter("The first day of a rule.", {"type": "string", "format": "date"}),
    "end": Parameter("The last day of a rule.", {"type": "string", "format": "date"}),
    "every": Parameter("The rule.", {"type": "string", "examples": ["P1M", "P1W", "business_days", "month_ends", "quarter_ends"]}),
    "at": Parameter("The time of day of the moments.", {"type": "string", "examples": ["16:00"]}),
}
_SHAPE: Parameters = {"shape": Parameter("A row for each cell, or a column for each series.", enum_of(Shape, default="long"))}
PANEL: Parameters = {
    "series": Parameter(
        "A series or a mask, with what is said of it alone: `FRED/GDP;release=0`; may be repeated.",
        {"type": "array", "items": {"type": "string"}},
        required=True,
    ),
    **_DECISIONS,
    **PANEL_OPTIONS,
    "position": POSITION,
    **_SHAPE,
}
KEPT_PANEL: Parameters = _SHAPE
