"""
Collected series as parsed series: each with a unique code, dates, a frequency and metadata.

A code is ``FLOW.KEY``, where the key is the values of the dimensions joined by dots; ``FLOW/KEY`` if the flow itself has dots.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from hashlib import sha256

from adapters.provider_kit.parsing.collector import CollectedSeries
from adapters.provider_kit.parsing.limits import names_of
from adapters.provider_kit.parsing.periods import STATISTICS, YEAR_START, PeriodForms, frequency_of, read_periods
from adapters.provider_kit.statistics.ambiguous_dimensions import ambiguous_dimensions
from adapters.provider_kit.text import storable
from domain.codes import DatasetCode
from domain.errors import AnswerNotUnderstood, DatasetNotFound, FetchError, InvalidObservations
from domain.observations import Observations
from domain.ports import ParsedSeries
from domain.series import Metadata

_STRANGE = re.compile(r"[^A-Za-z0-9._\-+:^=@,$~!()|]")
_LONGEST = 200
_SHOWN = 10
_ANY = ("", "*")
_FREQUENCIES = ("freq", "frequency", "freq_name", "time_format")
_JANUARY = "--01-01"
_REPORTING = re.compile(r"[0-9]{4}-[ASTQMWD][0-9]")
_SHOWN_TEXT = 20
_NOT_KEPT = frozenset({"S", "H", "T", "N", "P6M"})
_TITLES = ("TITLE", "TITLE_EN", "TITLE_COMPL", "SERIES_NAME", "DESC", "posTitle", "BBK_TITLE_ENG", "TITLE_FR")
_UNITS = ("UNIT_MEASURE", "UNIT", "unit", "unitText")


@dataclass(frozen=True, slots=True, kw_only=True)
class Naming:
    """
    How an agency's series are named.

    Attributes:
        database: the database code.
        identity: dimensions or facts whose value alone is the code.
        order: the dimensions that come first in a key.
        attribution: the source to credit.
        letters: what letters in its periods and frequencies mean, where that is not the SDMX standard.
        forms: how its periods are written.

    """

    database: str
    identity: tuple[str, ...] = ()
    order: tuple[str, ...] = ()
    attribution: str = ""
    letters: Mapping[str, str] = field(default_factory=dict)
    forms: PeriodForms = STATISTICS

    def parts(self, code: DatasetCode) -> tuple[str, str]:
        """Split a code into flow and key."""
        slash = "/" in code.dataset
        flow, _, key = code.dataset.partition("/" if slash else ".")
        return flow, key

    def text(self, series: CollectedSeries) -> str:
        """Return a series' code without its database."""
        said = {**series.facts, **series.dimensions}
        own = next((said[name] for name in self.identity if said.get(name)), "")
        return own or _joined(series.flow, self.values(series))

    def values(self, series: CollectedSeries) -> list[str]:
        """Return the key: the values of the dimensions in order, without ambiguous ones."""
        doubtful = ambiguous_dimensions(series.facts)
        first = {name: series.dimensions[name] for name in self.order if name in series.dimensions}
        return [value for name, value in (first | dict(series.dimensions)).items() if name not in doubtful]


def read_series(found: Sequence[CollectedSeries], naming: Naming, code: DatasetCode | None) -> Sequence[ParsedSeries]:
    """
    Return the series of this code, or all of them.

    Raises:
        AnswerNotUnderstood: a code matches several series, or a series is invalid.
        DatasetNotFound: no series has this code, or it has no observations.

    """
    named = _named(found, naming)
    if code is None:
        return [_parsed(DatasetCode(naming.database, text), series, naming) for text, series in named.items()]
    series = _chosen(named, naming, code)
    if not series.periods:
        raise DatasetNotFound(f"The provider knows {code}, but has no observation of it.")
    return [_parsed(code, series, naming)]


def _named(found: Sequence[CollectedSeries], naming: Naming) -> dict[str, CollectedSeries]:
    """Return the series by code, each with a unique one."""
    groups: dict[str, list[CollectedSeries]] = defaultdict(list)
    for series in found:
        groups[naming.text(series)].append(series)
    named: dict[str, CollectedSeries] = {}
    numbers: Counter[str] = Counter()
    for text, group in groups.items():
        for apart, series in _apart(text, group, naming):
            for full, part in _by_form(apart, series, naming.forms):
                named[_unique(_clean(full), named, numbers)] = part
    return named


def _apart(text: str, group: Sequence[CollectedSeries], naming: Naming) -> Iterator[tuple[str, CollectedSeries]]:
    """Distinguish series of one code by ambiguous dimensions; join those that do not differ, as parts of one series."""
    doubtful = [ambiguous_dimensions(series.facts) for series in group]
    every = names_of(doubtful)
    differ = [name for name in every if len({facts.get(name) for facts in doubtful}) > 1]
    pieces: dict[str, list[CollectedSeries]] = defaultdict(list)
    for series, facts in zip(group, doubtful, strict=True):
        is_own = any(name in series.facts or name in series.dimensions for name in naming.identity)
        pieces[text if is_own else ".".join([text, *(facts[name] for name in differ if name in facts)])].append(series)
    for full, series_pieces in pieces.items():
        first = series_pieces[0]
        if len(series_pieces) > 1:
            periods = [period for piece in series_pieces for period in piece.periods]
            first = replace(first, periods=periods, values=[value for piece in series_pieces for value in piece.values])
        yield full, first


def _by_form(text: str, series: CollectedSeries, written: PeriodForms) -> Iterator[tuple[str, CollectedSeries]]:
    """Split a series without a frequency by the form of its periods, such as years and quarters."""
    forms = [] if _said(series, _FREQUENCIES) else [_form(period, written) for period in series.periods]
    if len(set(forms)) <= 1:
        yield text, series
        return
    for form in dict.fromkeys(forms):
        at = [i for i, other in enumerate(forms) if other == form]
        part = replace(series, periods=[series.periods[i] for i in at], values=[series.values[i] for i in at])
        yield f"{text}.{form}", part


def _form(text: str, written: PeriodForms) -> str:
    """Return the form of a period, ``D`` for instants too; empty if the text is no period."""
    period = written.read(text)
    return period.form.replace("I", "D") if period else ""


def _chosen(named: Mapping[str, CollectedSeries], naming: Naming, code: DatasetCode) -> CollectedSeries:
    same = next((series for text, series in named.items() if text.casefold() == code.dataset.casefold()), None)
    if same:
        return same
    _, key = naming.parts(code)
    asked = [value.casefold() for value in key.split(".")] if key else []
    fit = [text for text, series in named.items() if _matches(asked, naming.values(series))]
    fit = fit or [text for text, series in named.items() if _holds(asked, series)]
    if not fit and len(named) == 1:
        fit = [text for text, series in named.items() if not _is_comparable(asked, series, naming)]
    if len(fit) == 1:
        return named[fit[0]]
    every = [f"{naming.database}/{text}" for text in fit or named]
    shown = ", ".join(every[:_SHOWN]) + (" …" if len(every) > _SHOWN else "")
    if fit:
        raise AnswerNotUnderstood(f"{code} does not tell {len(fit)} series apart: {shown}.", hint="Ask for one of them.")
    raise DatasetNotFound(f"The answer has no series {code}.", hint=f"It has {shown}." if named else "The provider has no data for it.")


def _matches(asked: Sequence[str], values: Sequence[str]) -> bool:
    """Compare a key by position; an empty part matches anything, ``+`` separates alternatives."""
    return len(asked) == len(values) and all(
        ask in _ANY or value.casefold() in ask.split("+") for ask, value in zip(asked, values, strict=True)
    )


def _holds(asked: Sequence[str], series: CollectedSeries) -> bool:
    """Compare a key as a multiset, for answers with dimensions in another order or with fewer of them."""
    wanted = Counter(ask for ask in asked if ask not in _ANY)
    sure = Counter(value.casefold() for value in series.dimensions.values())
    return not wanted - (sure + Counter(value.casefold() for value in ambiguous_dimensions(series.facts).values()))


def _is_comparable(asked: Sequence[str], series: CollectedSeries, naming: Naming) -> bool:
    """Return whether a key has as many parts as the series' own; else it is written in another way and may mean an only series."""
    return len(naming.values(series)) <= len(asked) <= len(series.dimensions)


def _parsed(code: DatasetCode, series: CollectedSeries, naming: Naming) -> ParsedSeries:
    begins = _said(series, (YEAR_START,))
    # SDMX 2.1, section 6: such periods count from that day, and 2020-A1 may begin in April.
    if begins not in ("", _JANUARY) and any(_REPORTING.search(period) for period in series.periods):
        raise AnswerNotUnderstood(f"{code}: periods of a year that begins on {begins[:_SHOWN_TEXT]!r} ({YEAR_START}) are not supported.")
    try:
        axis = read_periods(series.periods, naming.forms)
        observations = Observations.of(axis.dates, ["Value"], [[value] for value in series.values], unit=axis.unit)
    except (InvalidObservations, FetchError) as exc:
        kind = type(exc) if isinstance(exc, FetchError) else AnswerNotUnderstood
        raise kind(f"{code}: {exc.message}") from exc
    said = _said(series, _FREQUENCIES)
    said = naming.letters.get(said, said)
    metadata = Metadata(
        name=storable(_said(series, _TITLES) or ", ".join(filter(None, series.words)) or series.facts.get("label") or str(code)),
        unit=storable(_said(series, _UNITS)),
        frequency=frequency_of(said) or (None if said in _NOT_KEPT else axis.frequency),
        source=storable(series.facts.get("source", "")),
        attribution=naming.attribution,
        extra={"dates": axis.convention, "key": {storable(name): storable(value) for name, value in series.dimensions.items()}},
    )
    return ParsedSeries(code=code, metadata=metadata, vintages=[(None, observations)])


def _said(series: CollectedSeries, names: Sequence[str]) -> str:
    told = {name.casefold(): value for name, value in {**series.facts, **series.dimensions}.items()}
    return next((told[name.casefold()] for name in names if told.get(name.casefold())), "")


def _joined(flow: str, values: Sequence[str]) -> str:
    key = ".".join(values)
    if not flow or not key:
        return flow or key or "ALL"
    return f"{flow}/{key}" if re.search("[.,]", flow) else f"{flow}.{key}"


def _clean(text: str) -> str:
    """Turn a text into a code: invalid characters become underscores, a long text is cut and ends in its hash."""
    flow, slash, key = text.rpartition("/")
    parts = [_STRANGE.sub("_", part) for part in ((flow, key) if slash else (key,))]
    safe = "/".join(part if part.strip(".") else "ALL" for part in parts)
    return safe if len(safe) <= _LONGEST else f"{safe[: _LONGEST - 9]}~{sha256(text.encode()).hexdigest()[:8]}"


def _unique(text: str, taken: Mapping[str, object], numbers: Counter[str]) -> str:
    """Return a text that is not taken, numbered if need be; the counter avoids trying every number again."""
    free = text
    while free in taken:
        numbers[text] += 1
        free = f"{text[: _LONGEST - 6]}~{numbers[text] + 1}"
    return free
