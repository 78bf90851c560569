"""Which columns of a table hold dates, codes, values and labels: as named, else as they are called."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches

from adapters.provider_kit.file_imports.labels import COLUMN
from adapters.provider_kit.own_files.grid import all_quoted, quoted
from adapters.provider_kit.own_files.numbers import FLAG
from domain.errors import InvalidInput
from domain.importing import ImportRequest

ROLES = ("date", "code", "value", "published")
_SINGLE = ("date", "published")
#: What columns are usually called, in lower case.
_USUAL: Mapping[str, Collection[str]] = {
    "date": ("date", "day", "time", "datetime", "timestamp", "period", "time_period", "ref_date", "datum"),
    "code": ("ticker", "code", "symbol", "series", "series_id", "series_code", "key", "id"),
    "published": ("published", "vintage", "vintage_date", "realtime_start", "release_date", "as_of", "known_at"),
}


@dataclass(frozen=True, slots=True)
class Columns:
    """
    Names of columns.

    Attributes:
        published: of the one that says when a state was published; empty if none does.
        flags: of those that hold flags, by the names of the values that they stand beside.

    """

    date: str
    codes: Sequence[str]
    values: Sequence[str]
    published: str = ""
    flags: Mapping[str, str] = field(default_factory=dict)

    @property
    def texts(self) -> Sequence[str]:
        """Those that hold no numbers."""
        return [self.date, *self.codes, *filter(None, [self.published]), *self.flags.values()]


def choose_columns(file: str, names: Sequence[str], request: ImportRequest) -> Columns:
    """
    Return which columns hold what.

    Raises:
        InvalidInput: a name is not there or stands twice, or it is in doubt; the hint says which option decides.

    """
    twice = [name for name in dict.fromkeys(names) if names.count(name) > 1]
    if twice or "" in names:
        what = f"the name {quoted(twice[0])} stands twice" if twice else f"column {names.index('') + 1} has no name"
        raise InvalidInput(f"{file}: row 1: {what}.", field="paths", hint="Give every column a name of its own.")
    unknown = [name for given in request.columns.values() for name in given if name not in names]
    if unknown:
        near = get_close_matches(unknown[0], names, n=1)
        there = f"did you mean {quoted(near[0])}?" if near else f"there are {all_quoted(names)}."
        raise InvalidInput(f"{file}: there is no column {quoted(unknown[0])}; {there}", field="map", hint="Correct --map.")
    date = _one(file, "date", names, request)
    published = _one(file, "published", names, request) if request.published == COLUMN else ""
    codes = request.columns.get("code") or [_one(file, "code", [name for name in names if name not in (date, published)], request)]
    others = [name for name in names if name not in (date, published, *codes)]
    values = _values(file, [name for name in others if name.removesuffix(FLAG) not in others or not name.endswith(FLAG)], request)
    flags = {name: f"{name}{FLAG}" for name in values if f"{name}{FLAG}" in others and f"{name}{FLAG}" not in values}
    return Columns(date, codes, values, published, flags)


def _one(file: str, role: str, names: Sequence[str], request: ImportRequest) -> str:
    given = request.columns.get(role, ())
    found = list(given) or [name for name in names if name.strip().casefold() in _USUAL[role]]
    if len(found) != 1:
        what = f"the columns {all_quoted(found)} may each hold the {role}" if found else f"no column is known to hold the {role}"
        raise InvalidInput(f"{file}: {what}; there are {all_quoted(names)}.", field="map", hint=f"State it: --map {role}=NAME.")
    return found[0]


def _values(file: str, others: Sequence[str], request: ImportRequest) -> Sequence[str]:
    values = request.columns.get("value") or others
    if request.layout == "long" and len(values) != 1:
        what = f"the values may stand in the columns {all_quoted(values)}" if values else "no column is left for the values"
        raise InvalidInput(f"{file}: {what}.", field="map", hint="State one, --map value=NAME; for several take --layout by-ticker.")
    if not values:
        raise InvalidInput(f"{file}: no column is left for the values.", field="map", hint="State them: --map value=NAME.")
    return values


def check_map(columns: Mapping[str, Sequence[str]]) -> None:
    """Raise InvalidInput if a role does not exist, or has more columns than it may."""
    for role, names in columns.items():
        if role not in ROLES:
            raise InvalidInput(f"There is nothing called {role!r} to map.", field="map", hint=f"There are {', '.join(ROLES)}.")
        if role in _SINGLE and len(names) != 1:
            raise InvalidInput(f"One column holds the {role}.", field="map", hint=f"Name it once: --map {role}=NAME.")
