"""
Collected series as parsed series: each with a unique code, dates, a frequency and metadata.

A code is ``FLOW.KEY``, where the key is the values of the dimensions joined by dots; ``FLOW/KEY`` if the flow itself has dots.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256

from adapters.provider_kit.parsing.collector import CollectedSeries, NotedAt, Notes
from adapters.provider_kit.parsing.period_texts import PeriodForms
from adapters.provider_kit.statistics.attribute_names import often_dimensions
from adapters.provider_kit.statistics.conventions import STANDARD, Conventions
from adapters.provider_kit.statistics.described import SAYS_FREQUENCY, described, said
from adapters.provider_kit.statistics.flows import is_of, spelt_out
from adapters.provider_kit.statistics.matching import Part, alternatives, fits, parts_of
from domain.codes import DatasetCode
from domain.errors import AnswerNotUnderstood, DatasetNotFound
from domain.ports import ParsedSeries

_STRANGE = re.compile(r"[^A-Za-z0-9._\-+:^=@,$~!()|]")
_LONGEST = 200
_SHOWN = 10
_LONGEST_SHOWN = 40
_MOST_TRIED = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Naming:
    """
    How an agency's series are named.

    Attributes:
        database: the database code.
        identity: dimensions or facts whose value alone is the code.
        order: the dimensions that come first in a key.
        attribution: the source to credit.
        conventions: what its answers leave unsaid.
        in_whole_tables: whether it is asked for a whole table, of which a code chooses a series.
        hint: what helps where a period or a letter is not understood.

    """

    database: str
    identity: tuple[str, ...] = ()
    order: tuple[str, ...] = ()
    attribution: str = ""
    conventions: Conventions = STANDARD
    in_whole_tables: bool = False
    hint: str = ""

    def parts(self, code: DatasetCode) -> tuple[str, str]:
        """Split a code into flow and key."""
        slash = "/" in code.dataset
        flow, _, key = code.dataset.partition("/" if slash else ".")
        return flow, key

    def text(self, series: CollectedSeries) -> str:
        """Return a series' code without its database."""
        return self.own(series) or _joined(series.flow.name, [series.dimensions[name] for name in self._names(series.dimensions)])

    def own(self, series: CollectedSeries) -> str:
        """Return what alone identifies a series; an empty text if nothing does."""
        return next((value for name in self.identity if (value := series.facts.get(name) or series.dimensions.get(name))), "")

    def key(self, series: CollectedSeries) -> list[Part]:
        """Return the parts of a series' key in order, with the doubtful ones."""
        return [
            Part(name, (part.casefold(), _STRANGE.sub("_", part).casefold()), name not in series.dimensions)
            for name in self._names(series.order or series.dimensions)
            for part in (series.dimensions.get(name) or series.facts.get(name, "")).split(".")
        ]

    def _names(self, names: Sequence[str] | Mapping[str, str]) -> list[str]:
        first = [name for name in self.order if name in names]
        return first + [name for name in names if name not in first]


def read_series(found: Sequence[CollectedSeries], naming: Naming, code: DatasetCode | None) -> Sequence[ParsedSeries]:
    """
    Return the series of this code, or all of them.

    Raises:
        AnswerNotUnderstood: a code matches several series or the answer holds another one, or a series is invalid.
        DatasetNotFound: there is no series, none of a whole table has this code, or it has no observations.

    """
    named = _named(found, naming)
    if code is None:
        return [_parsed(DatasetCode(naming.database, text), series, naming) for text, series in named.items()]
    series = _chosen(named, naming, code)
    if not series.periods:
        raise DatasetNotFound(f"The provider knows {code}, but has no observation of it.")
    return [_parsed(code, series, naming)]


def _parsed(code: DatasetCode, series: CollectedSeries, naming: Naming) -> ParsedSeries:
    return described(code, series, naming.conventions, attribution=naming.attribution, hint=naming.hint)


def _named(found: Sequence[CollectedSeries], naming: Naming) -> dict[str, CollectedSeries]:
    """Return the series by code, each with a unique one."""
    groups: dict[str, list[CollectedSeries]] = defaultdict(list)
    for series in found:
        groups[naming.text(series)].append(series)
    named: dict[str, CollectedSeries] = {}
    numbers: Counter[str] = Counter()
    for text, group in groups.items():
        for apart, series in _by_flow(text, group, naming):
            for full, part in _by_form(apart, series, naming.conventions.forms):
                named[_unique(_clean(full), named, numbers)] = part
    return named


def _by_flow(text: str, group: Sequence[CollectedSeries], naming: Naming) -> Iterator[tuple[str, CollectedSeries]]:
    """Distinguish series of one code by their flows, such as two versions of one, and by their doubtful facts."""
    flows: dict[tuple[str, str, str], list[CollectedSeries]] = defaultdict(list)
    for series in group:
        flows[series.flow.identity].append(series)
    for members in flows.values():
        flow = members[0].flow
        if naming.own(members[0]):
            yield text, _one(text, members)
        elif len(flows) == 1:
            yield from _apart(text, members)
        else:
            yield from _apart(naming.text(replace(members[0], flow=replace(flow, name=spelt_out(flow)))), members)


def _one(text: str, group: Sequence[CollectedSeries]) -> CollectedSeries:
    """Join the parts of the series that one identity names; raises AnswerNotUnderstood where they contradict each other."""
    if len(group) == 1:
        return group[0]
    facts: dict[str, str] = {}
    noted: dict[Notes, NotedAt] = {}
    for series in group:
        for name, value in {**series.facts, **series.dimensions}.items():
            if facts.setdefault(name, value) != value:
                both = f"{name[:_LONGEST_SHOWN]} {facts[name][:_LONGEST_SHOWN]!r} and {value[:_LONGEST_SHOWN]!r}"
                raise AnswerNotUnderstood(f"The answer holds two series {text[:_LONGEST]}, with {both}.")
        for notes, at in series.noted.items():
            noted.setdefault(notes, at)
    return replace(
        group[0],
        facts={name: value for name, value in facts.items() if name not in group[0].dimensions},
        periods=[period for series in group for period in series.periods],
        values=[value for series in group for value in series.values],
        noted=noted,
    )


def _apart(text: str, group: Sequence[CollectedSeries]) -> Iterator[tuple[str, CollectedSeries]]:
    """Distinguish series of one code by doubtful facts: by all that often are dimensions, and by others where these do not suffice."""
    often = [often_dimensions(series.doubtful) for series in group]
    told = {*_differing(often)}
    others = [name for name in _differing([series.doubtful for series in group]) if name not in told]
    for name in others[:_MOST_TRIED]:
        labels = _labels(group, told)
        if len({*labels}) == len(group):
            break
        told = told | {name} if len({*_labels(group, told | {name})}) > len({*labels}) else told
    labels = _labels(group, told)
    if len({*labels}) < len(group):
        labels = _labels(group, told | {*others})
    for label, series in zip(labels, group, strict=True):
        yield ".".join((text, *label)), series


def _differing(facts: Sequence[Mapping[str, str]]) -> dict[str, None]:
    """Return the names of facts that are not the same everywhere, in order."""
    counts = Counter(item for own in facts for item in own.items())
    return dict.fromkeys(name for (name, _), count in counts.items() if count < len(facts))


def _labels(group: Sequence[CollectedSeries], names: Collection[str]) -> list[tuple[str, ...]]:
    return [tuple(value for name, value in series.doubtful.items() if name in names) for series in group]


def _by_form(text: str, series: CollectedSeries, written: PeriodForms) -> Iterator[tuple[str, CollectedSeries]]:
    """Split a series without a frequency by the form of its periods, such as years and quarters."""
    forms = [] if said(series, SAYS_FREQUENCY) else [_form(period, written) for period in series.periods]
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
    if not named:
        raise DatasetNotFound(f"The answer has no series {code}.", hint="The provider has no data for it.")
    same = next((series for text, series in named.items() if text.casefold() == code.dataset.casefold()), None)
    if same:
        return same
    flow, key = naming.parts(code)
    meant = {text: series for text, series in named.items() if is_of(series.flow, flow) and (key or not naming.identity)}
    nameless = {text: series for text, series in meant.items() if not series.flow.name}
    fit = _fitting(meant, naming, key) or _fitting(nameless, naming, code.dataset)
    if len(fit) == 1:
        return named[fit[0]]
    every = [f"{naming.database}/{text}" for text in fit or named]
    shown = ", ".join(every[:_SHOWN]) + (" …" if len(every) > _SHOWN else "")
    if fit:
        raise AnswerNotUnderstood(f"{code} does not tell {len(fit)} series apart: {shown}.", hint="Ask for one of them.")
    if meant and naming.in_whole_tables:
        raise DatasetNotFound(f"The answer has no series {code}.", hint=f"It has {shown}.")
    raise AnswerNotUnderstood(
        f"The answer is not the series {code} but {shown}.", hint=f"Check the code at the provider: it answers with {shown}."
    )


def _fitting(meant: Mapping[str, CollectedSeries], naming: Naming, key: str) -> list[str]:
    """Return the codes of the series that a key means: by its values as they stand, else with ``+`` between alternatives."""
    asked = parts_of(key)
    for wanted in (asked, alternatives(asked)):
        fit = [text for text, series in meant.items() if fits(wanted, naming.key(series), in_whole_table=naming.in_whole_tables)]
        if fit:
            return fit
    return []


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
