"""Schemas of the responses about releases and the statistics of revisions."""

from __future__ import annotations

from typing import Any

from marshmallow import fields

from domain.revision_statistics.measures import QUANTILES
from domain.revision_statistics.pairs import LeftOut
from entrypoints.rest.fields import DateOrInstantField, InstantField
from entrypoints.rest.openapi.response_schemas import FLAG, MAYBE_TEXT, NUMBER, SOURCE, TEXT, TEXTS, in_every_format, make_schema

_REAL, _MAYBE_REAL = fields.Float(), fields.Float(allow_none=True)
_VALUES = {"type": "array", "items": {"type": ["string", "number", "null"]}}
_COLUMN: dict[str, Any] = {"series": SOURCE, "column": TEXT, "transform": MAYBE_TEXT}
_RELEASE: dict[str, Any] = {
    "value": fields.Float(allow_none=True),
    "vintage": NUMBER,
    "known_at": InstantField(),
    "published": DateOrInstantField(allow_none=True),
}
_RELEASED = make_schema("Release", **_RELEASE)
_RELEASES = make_schema(
    "Releases",
    date=DateOrInstantField(),
    censored=FLAG,
    count=NUMBER,
    releases=fields.List(fields.Nested(_RELEASED)),
    latest=_RELEASED,
)
_BY_LAG = make_schema("Triangle", **_COLUMN, count=TEXT, dates=fields.List(fields.Nested(_RELEASES)))
_VALUE_KNOWN = make_schema("ValueKnown", **_RELEASE, fetched_at=InstantField(), cause=TEXT)
HISTORY_OF_DATE = make_schema(
    "DateHistory", series=SOURCE, column=TEXT, date=DateOrInstantField(), values=fields.List(fields.Nested(_VALUE_KNOWN))
)
_VINTAGE = make_schema("KnownVintage", vintage=NUMBER, known_at=InstantField(), published=DateOrInstantField(allow_none=True))
_BY_VINTAGE = make_schema(
    "VintageTable",
    **_COLUMN,
    vintages=fields.List(fields.Nested(_VINTAGE)),
    columns=TEXTS,
    data=fields.Raw(metadata={"type": "array", "items": _VALUES}),
)
_NTH = make_schema("NthRelease", date=DateOrInstantField(), **_RELEASE, censored=FLAG)
TRIANGLES = in_every_format({"anyOf": [_BY_LAG, _BY_VINTAGE]})
NTH_RELEASES = in_every_format(make_schema("NthReleases", **_COLUMN, n=NUMBER, count=TEXT, releases=fields.List(fields.Nested(_NTH))))

_ESTIMATE = make_schema("Estimate", value=_REAL, standard_error=_REAL, t=_MAYBE_REAL, degrees_of_freedom=NUMBER)
_JOINT = make_schema("JointTest", f=_REAL, degrees_of_freedom=fields.List(NUMBER), p_value=_REAL)
_REGRESSION = make_schema(
    "Regression",
    n=NUMBER,
    lags=NUMBER,
    intercept=_ESTIMATE,
    slope=_ESTIMATE,
    r_squared=_MAYBE_REAL,
    joint=fields.Nested(_JOINT, allow_none=True),
)
_MAYBE_REGRESSION = fields.Nested(_REGRESSION, allow_none=True)
_SIZE: dict[str, Any] = {
    **dict.fromkeys(("minimum", "maximum", "median"), _REAL),
    "quantiles": make_schema("Quantiles", **dict.fromkeys(map(str, QUANTILES), _REAL)),
    **dict.fromkeys(("standard_deviation", "mean_absolute"), _REAL),
    **dict.fromkeys(("mean_relative", "mean_absolute_relative"), _MAYBE_REAL),
    "zero_initials": NUMBER,
}
_HORIZON = make_schema("Horizon", release=NUMBER, n=NUMBER, mean=_ESTIMATE, mean_absolute=_REAL, standard_deviation=_REAL)
_SHIFT = make_schema(
    "LevelShift",
    vintage=NUMBER,
    known_at=InstantField(),
    published=DateOrInstantField(allow_none=True),
    ratio=_MAYBE_REAL,
    unit_changed=FLAG,
)
_EFFICIENT = make_schema("EfficientRelease", release=NUMBER, exact=FLAG)
_TEST = make_schema("EfficiencyTest", release=NUMBER, exact=FLAG, efficient=FLAG, regression=_MAYBE_REGRESSION)
STATISTICS_OF_REVISIONS = make_schema(
    "RevisionStatistics",
    **_COLUMN,
    first=NUMBER,
    final=TEXT,
    start=DateOrInstantField(),
    end=DateOrInstantField(),
    **dict.fromkeys(("n", "lags", "gaps"), NUMBER),
    left_out=make_schema("LeftOut", **dict.fromkeys(LeftOut, NUMBER)),
    mean=_ESTIMATE,
    **_SIZE,
    sign_agreement=make_schema("SignAgreement", share=_MAYBE_REAL, n=NUMBER),
    correlations=make_schema("Correlations", **dict.fromkeys(("initial_final", "revision_initial", "revision_final"), _MAYBE_REAL)),
    theil=make_schema("Theil", u1=_MAYBE_REAL, u2=_MAYBE_REAL, u2_n=NUMBER),
    on_initial=_MAYBE_REGRESSION,
    on_final=_MAYBE_REGRESSION,
    by_horizon=fields.List(fields.Nested(_HORIZON)),
    efficiency=make_schema(
        "Efficiency",
        n=NUMBER,
        first_efficient=fields.Nested(_EFFICIENT, allow_none=True),
        tests=fields.List(fields.Nested(_TEST)),
    ),
    level_shifts=fields.List(fields.Nested(_SHIFT)),
)
