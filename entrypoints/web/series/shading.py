"""Shading: the periods in which another series is 1, as they were dated at the chosen moment."""

from __future__ import annotations

import numpy as np

from domain.errors import InvalidCode, InvalidInput, NoObservationsYet, NotKnownYet, SeriesNotFound
from domain.moments import AsOf
from domain.periods import Anchor, stated
from domain.use_cases import UseCases
from domain.use_cases.read_series import Reading, Selection
from entrypoints.rest.http.params import parse_code
from entrypoints.web import words
from entrypoints.web.charts.plot import Shading
from entrypoints.web.charts.scales import Floats
from entrypoints.web.charts.time_axis import seconds
from entrypoints.web.series.view import View

_HINT = "Give the code of a kept series whose first column is 0 or 1, such as FRED/USREC."


def read_shading(use_cases: UseCases, view: View) -> Shading | None:
    """
    Return the spans that the chosen series shades, as known at the chosen moment; None if none is chosen.

    Raises:
        InvalidInput: the series is not kept, or has other values than 0 and 1.

    """
    code = view.state.shade
    if code is None:
        return None
    try:
        provider, parsed = parse_code(code, None)
        series = use_cases.describe_series.by_code(parsed, provider).series
    except (InvalidCode, SeriesNotFound) as error:
        raise InvalidInput(f"shade: {error.message}", field="shade", hint=_HINT) from error
    name = series.metadata.name or str(series.code)
    moment = view.state.moment
    if view.chosen and moment and moment.as_of is None:
        moment = AsOf(as_of=view.chosen.known_at)
    dated = f"as dated on {words.known(view.chosen.known_at)}" if view.chosen else "as dated today"
    try:
        found = use_cases.read_series(series.id, Selection(moment=moment or AsOf()))
    except (NotKnownYet, NoObservationsYet):
        return Shading(label=f"{name}, not known then", spans=np.empty((0, 2)))
    return Shading(label=f"{name}, {dated}", spans=spans_of(found))


def spans_of(reading: Reading) -> Floats:
    """
    Return the beginning and end of each unbroken run of ones, in seconds since 1970, of shape (runs, 2).

    A value stands for its period: that which begins at its date, or ends there where the provider says so.
    """
    observations = reading.observations
    values = observations.values[:, 0] if observations.columns else np.empty(0)
    if not np.isin(values[~np.isnan(values)], (0.0, 1.0)).all():
        raise InvalidInput(f"shade: {reading.series.code} has other values than 0 and 1.", field="shade", hint=_HINT)
    moments = seconds(observations.dates)
    if not moments.size:
        return np.empty((0, 2))
    usual = float(np.median(np.diff(moments))) if len(moments) > 1 else 86_400.0
    if stated(reading.series.metadata.extra.get("dates")) is Anchor.END:
        begins, ends = np.concatenate([moments[:1] - usual, moments[:-1]]), moments
    else:
        begins, ends = moments, np.concatenate([moments[1:], moments[-1:] + usual])
    ones = np.concatenate([[False], values == 1.0, [False]])
    firsts, lasts = np.flatnonzero(ones[1:-1] & ~ones[:-2]), np.flatnonzero(ones[1:-1] & ~ones[2:])
    return np.column_stack([begins[firsts], ends[lasts]])
