"""A collected series as observations with their metadata: dates, frequency, units, name and key."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from adapters.provider_kit.parsing.collector import CollectedSeries
from adapters.provider_kit.parsing.columns import NumberColumn, number_columns, observations
from adapters.provider_kit.parsing.flag_codes import meanings_of
from adapters.provider_kit.parsing.period_texts import PeriodForms
from adapters.provider_kit.parsing.periods import Axis, frequency_of, read_periods
from adapters.provider_kit.parsing.select import one_state
from adapters.provider_kit.statistics.attribute_names import often_dimensions
from adapters.provider_kit.statistics.conventions import Conventions
from adapters.provider_kit.statistics.units import ADJUSTMENT, concept_of, units_of
from adapters.provider_kit.text import storable
from domain.codes import DatasetCode
from domain.errors import AnswerNotUnderstood, FetchError
from domain.frequency import Frequency
from domain.ports import ParsedSeries
from domain.series import FLAGS, Metadata

#: The dimensions and attributes that say how often a series is observed.
SAYS_FREQUENCY = ("freq", "frequency", "bbk_std_freq", "freq_name", "time_format")
_CODED = SAYS_FREQUENCY[:-1]
_TITLES = ("TITLE", "TITLE_EN", "TITLE_COMPL", "SERIES_NAME", "DESC", "posTitle", "BBK_TITLE_ENG", "TITLE_FR")
_LETTERED = re.compile(r"[0-9]{4}[- ]?[A-Z][0-9]|[A-Z][0-9][- /]?[0-9]{4}")
_COLUMN, _SHOWN = "Value", 40
_PROVIDERS_DAY = "the provider's own day"
_FINEST_FIRST = list(Frequency)
# Those that no plain year, month or day can be taken for.
_LETTERED_ALONE = (Frequency.WEEKLY, Frequency.BIMONTHLY, Frequency.QUARTERLY, Frequency.SEMIANNUAL)


def described(
    code: DatasetCode, series: CollectedSeries, conventions: Conventions, *, attribution: str = "", hint: str = ""
) -> ParsedSeries:
    """
    Return a series with its metadata.

    Args:
        attribution: whom the metadata credit.
        hint: what helps where a period is not understood.

    Raises:
        AnswerNotUnderstood: a period or value is invalid, or the answer says two units, scales or adjustments of it.

    """
    try:
        units = units_of(series)
        axis = _axis(series, conventions.forms, units.year_start, hint=hint)
        column = _column(series)
        state = observations(axis, {_COLUMN: column.values}, series.flags)
    except FetchError as exc:
        raise type(exc)(f"{code}: {exc.message}", hint=exc.hint) from exc
    frequency = _frequency(series, axis, conventions)
    key = {**series.dimensions, **often_dimensions(series.doubtful)}
    metadata = Metadata(
        name=storable(said(series, _TITLES) or ", ".join(filter(None, series.words)) or series.facts.get("label") or str(code)),
        unit=storable(units.unit) or column.unit,
        frequency=frequency,
        seasonal_adjustment=storable(_label(series, ADJUSTMENT) or units.adjustment),
        source=storable(series.facts.get("source", "")),
        attribution=attribution,
        extra={
            "dates": axis.convention if axis.unit == "s" or frequency in (None, axis.frequency) else _PROVIDERS_DAY,
            "key": {storable(name): storable(value) for name, value in key.items()},
            **units.extra,
            **({FLAGS: meanings_of(state.flags.codes, series.meanings)} if state.flags else {}),
        },
    )
    return one_state(code, metadata, state, dialect={_COLUMN: column.decimal} if column.decimal else {})


def said(series: CollectedSeries, names: Sequence[str]) -> str:
    """Return the value of the first of these dimensions or facts, in any case; an empty text if there is none."""
    told = {name.casefold(): value for name, value in {**series.facts, **series.dimensions}.items()}
    return next((told[name.casefold()] for name in names if told.get(name.casefold())), "")


def _column(series: CollectedSeries) -> NumberColumn:
    """Return the values; an error names the period in which it stands."""

    def fault(row: int, what: str) -> AnswerNotUnderstood:
        return AnswerNotUnderstood(f"{series.periods[row][:_SHOWN]}: {what}.")

    [column] = number_columns([(_COLUMN, series.values)], decimals=series.decimals, typed=[True], fault=fault)
    assert column is not None  # noqa: S101 - it cannot be text
    return column


def _axis(series: CollectedSeries, forms: PeriodForms, year_start: str, *, hint: str) -> Axis:
    """Return the dates, with reporting years where the answer says when they begin."""
    moved = forms.beginning(year_start) if year_start else forms
    lettered = any(map(_LETTERED.search, series.periods))
    try:
        axis = read_periods(series.periods, moved)
    except AnswerNotUnderstood as exc:
        raise AnswerNotUnderstood(exc.message, hint=hint if lettered else "") from exc
    return (
        replace(axis, convention=axis.convention.replace("day of the ", "day of the reporting "))
        if lettered and moved is not forms
        else axis
    )


def _frequency(series: CollectedSeries, axis: Axis, conventions: Conventions) -> Frequency | None:
    """Return the frequency that is said, unless it is finer than the periods; a code that nobody explains is none."""
    coded = said(series, _CODED)
    known = frequency_of(conventions.frequencies.get(coded, coded)) if coded else frequency_of(said(series, SAYS_FREQUENCY))
    if known is None:
        return None if coded else axis.frequency
    if axis.frequency is not None and _FINEST_FIRST.index(known) < _FINEST_FIRST.index(axis.frequency):
        return axis.frequency if axis.frequency in _LETTERED_ALONE else None
    return known


def _label(series: CollectedSeries, concept: str) -> str:
    """Return the label of the dimension that says something of the values, if the answer has labels."""
    return next((word for name, word in zip(series.dimensions, series.words, strict=False) if concept_of(name) == concept), "")
