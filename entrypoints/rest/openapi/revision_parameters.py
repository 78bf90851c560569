"""The parameters of operations on releases, revisions and their statistics."""

from __future__ import annotations

from enum import StrEnum

from domain.period_transforms import PeriodTransform
from domain.releases import Counted
from entrypoints.rest.openapi.parameters import DAY, Parameter, Parameters, enum_of, integer


class Across(StrEnum):
    """What stands across the top of a revision triangle."""

    LAG = "lag"
    VINTAGE = "vintage"


_STATE = {"anyOf": [integer(1), *DAY["anyOf"]]}
COMPARING: Parameters = {
    "from": Parameter("The earlier state: a vintage's number, a day or an instant; by default the one before the later.", _STATE),
    "to": Parameter("The later state, likewise; by default the newest.", _STATE),
}
_COLUMN = Parameter("The column's name; by default the first one.")
_DATES: Parameters = {
    "start_date": Parameter("The earliest day or instant.", DAY),
    "end_date": Parameter("The latest day or instant.", DAY),
}
_RELEASED: Parameters = {
    "column": _COLUMN,
    **_DATES,
    "transform": Parameter("A comparison of periods inside each vintage, before releases are counted.", enum_of(PeriodTransform)),
    "count": Parameter("What is a further release: each vintage with a value, or each other value.", enum_of(Counted, default="release")),
}
TRIANGLE: Parameters = {
    **_RELEASED,
    "by": Parameter("What stands across the top: the number of the release, or each vintage.", enum_of(Across, default="lag")),
    "releases": Parameter("The maximum number of releases of a date, the first ones; with `by=lag`.", integer(1, 100, default=12)),
    "from": Parameter("The state known first: a vintage's number, a day or an instant; with `by=vintage`.", _STATE),
    "to": Parameter("The state known last, likewise.", _STATE),
    "limit": Parameter("The maximum number of dates, the most recent ones.", integer(1, 1000, default=40)),
}
RELEASES: Parameters = {
    "n": Parameter("The number of the release, counted from 0.", integer(0, 10_000, default=0)),
    **_RELEASED,
    "censored": Parameter("Include dates whose true first release may be unknown.", {"type": "boolean", "default": False}),
    "limit": Parameter("The maximum number of dates, the most recent ones.", integer(1)),
}
STATISTICS: Parameters = {
    "column": _COLUMN,
    **_DATES,
    "transform": Parameter(
        "What is compared: changes by periods inside each vintage, or with `none` the values as they are.",
        {"enum": [*PeriodTransform, "none"], "type": "string", "default": "rdiff"},
    ),
    "first": Parameter("The release that is the initial value, counted from 0.", integer(0, 10_000, default=0)),
    "final": Parameter(
        "The final value: `latest`, a release's number, or the state known so long after the first release, such as `P3Y`.",
        {"type": "string", "default": "latest", "examples": ["latest", "2", "P3Y"]},
    ),
    "hac_lags": Parameter("The number of autocovariances in standard errors; by default it follows from that of periods.", integer(0)),
    "exclude_shifts": Parameter(
        "Leave periods out between whose two values the level of the series shifted.", {"type": "boolean", "default": False}
    ),
    "releases": Parameter("The maximum number of releases that are compared with the final value.", integer(1, 100, default=12)),
}
HISTORY: Parameters = {"column": _COLUMN}
