"""
JSON-stat 1.x and 2.0: cubes with values in row-major order, as a list or by position.

An answer may be a cube, or hold one under ``dataset`` or another name, or several; an absent cell is a missing value. The unit of a
category is that of the series in it.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from adapters.provider_kit.parsing.collector import Flow, Parts, SeriesCollector, is_time
from adapters.provider_kit.parsing.flag_codes import code_of
from adapters.provider_kit.parsing.limits import NAMES
from adapters.provider_kit.parsing.period_texts import PeriodForms
from adapters.provider_kit.statistics.conventions import STANDARD, Conventions
from adapters.provider_kit.text import texts_of
from domain.errors import AnswerNotUnderstood

_TIMES = frozenset({"tid", "quarter", "month", "week", "aika", "ár", *(f"tlist({letter}1)" for letter in "ahqmwd")})
_NUMBER = re.compile(r"[0-9]{1,3}|[0-9]{5,}")
_MONTH_OR_WEEK = re.compile(r"[0-9]{5,6}")
_SHOWN, _STATUS = 40, "OBS_STATUS"
# The attributes of SDMX, and what JSON-stat calls them, in its versions and at its offices.
_UNIT = {"UNIT": ("base", "label", "symbol"), "UNIT_MULT": ("multiplier",), "DECIMALS": ("decimals",)}


def cubes(document: Mapping[str, Any]) -> list[tuple[str, Mapping[str, Any]]]:
    """Return the cubes in a document, each with its name or an empty one."""
    return list(_cubes("", document))


def read_jsonstat(named: Sequence[tuple[str, Mapping[str, Any]]], flow: str, conventions: Conventions = STANDARD) -> SeriesCollector:
    """
    Collect the series of cubes.

    Raises:
        AnswerNotUnderstood: a cube has no time dimension, its values do not fit its dimensions, or a series has two units.
        AnswerTooLarge: a cube has too many cells.

    """
    collector = SeriesCollector()
    for name, cube in named:
        collector.was_data = True
        try:
            _read(collector, _flow(name, cube, flow), cube, conventions.forms)
        except (LookupError, TypeError, ValueError, AttributeError) as exc:
            raise AnswerNotUnderstood(f"The answer is JSON-stat whose values do not fit its dimensions ({type(exc).__name__}).") from exc
    return collector


def _cubes(name: str, document: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    if "dimension" in document and "value" in document:
        yield name, document
        return
    for key, part in document.items():
        if isinstance(part, dict) and "dimension" in part and "value" in part:
            yield "" if key == "dataset" else key, part
    items = (document.get("link") or {}).get("item") if isinstance(document.get("link"), dict) else None
    for item in items or []:
        if isinstance(item, dict):
            yield from _cubes("", item)


def _flow(name: str, cube: Mapping[str, Any], asked: str) -> Flow:
    """Return a cube's flow: under the name in its document, else its own, else that of the request."""
    extension = cube.get("extension")
    named = [extension.get(key) for key in ("id", "datasetId", "matrix")] if isinstance(extension, dict) else []
    own = next((name for name in named if isinstance(name, str) and name), "")
    return Flow(name=name or own or asked, id=own, is_dataflow=bool(own))


def _read(collector: SeriesCollector, flow: Flow, cube: Mapping[str, Any], forms: PeriodForms) -> None:
    dimensions = cube["dimension"]
    names: Sequence[str] = cube.get("id") or dimensions["id"]
    NAMES.check(len(names))
    said = [int(size) for size in cube.get("size") or dimensions["size"]]
    NAMES.check(len(said))
    cells = math.prod(said)
    # Where one dimension is empty, there are no cells, but as many series as the other dimensions make.
    collector.expect(math.prod(max(size, 1) for size in said))
    missing = [name for name in names if name not in dimensions]
    if missing:
        raise AnswerNotUnderstood(f"The answer does not describe its dimension {missing[0]!r}.")
    codes = {name: _codes(dimensions[name]) for name in names}
    sizes = _sizes(said, codes)
    words = {name: _words(dimensions[name], codes[name]) for name in names}
    roles = cube.get("role") or dimensions.get("role") or {}
    time = _time(names, roles, codes, forms)
    periods = _periods(codes[time], words[time], forms)
    at = names.index(time)
    values = np.moveaxis(_values(cube["value"], cells).reshape(sizes), at, -1)
    others = [name for name in names if name != time]
    statuses = np.moveaxis(_statuses(cube["status"], cells).reshape(sizes), at, -1) if cube.get("status") else None
    collector.meanings.update((code, text) for status, text in _meanings(cube).items() if (code := code_of(_STATUS, status)))
    facts = {name: str(cube[name]) for name in ("label", "title", "source") if cube.get(name)}
    units = {name: found for name in others if isinstance(found := dimensions[name]["category"].get("unit"), dict)}
    metrics = [name for name in roles.get("metric") or [] if name in units] or list(units)
    for place in np.ndindex(*values.shape[:-1]):
        key = {name: codes[name][i] for name, i in zip(others, place, strict=True)}
        told = [words[name][i] for name, i in zip(others, place, strict=True)]
        unit = _unit([units[name].get(key[name]) for name in metrics])
        series = collector.series(flow, Parts(dimensions=key, facts=facts | unit), told)
        marks = [""] * len(periods) if statuses is None else statuses[place].tolist()
        for period, value, status in zip(periods, values[place].tolist(), marks, strict=True):
            series.add(period, value, flag=code_of(_STATUS, status) if status else "")


def _values(value: Any, cells: int) -> Any:
    values = np.full(cells, None, dtype=object)
    if isinstance(value, dict):
        for position, cell in value.items():
            values[int(position)] = cell
    else:
        if len(value) != cells:
            raise AnswerNotUnderstood(f"The answer has {len(value)} values for {cells} cells.")
        values[:] = value
    return values


def _statuses(status: Any, cells: int) -> Any:
    """Return the status of each cell: one for all, a list, or by position; some answers have it one level deeper."""
    if isinstance(status, dict) and isinstance(status.get("value"), list | dict):
        status = status["value"]
    statuses = np.full(cells, "", dtype=object)
    if isinstance(status, list) and len(status) == cells:
        statuses[:] = [each if isinstance(each, str) else "" for each in status]
    elif isinstance(status, dict):
        for position, each in status.items():
            statuses[int(position)] = each if isinstance(each, str) else ""
    elif isinstance(status, str) or (isinstance(status, list) and len(status) == 1):
        statuses[:] = status if isinstance(status, str) else str(status[0] or "")
    return statuses


def _meanings(cube: Mapping[str, Any]) -> Mapping[str, str]:
    """Return what an answer says of statuses, as Eurostat does."""
    extension = cube.get("extension")
    status = extension.get("status") if isinstance(extension, dict) else None
    return texts_of(status.get("label")) if isinstance(status, dict) else {}


def _codes(dimension: Mapping[str, Any]) -> list[str]:
    """Return the categories' codes in order; ``index`` is a list, a map of positions, or absent where the only category has a label."""
    category = dimension["category"]
    index = category.get("index")
    codes = sorted(index, key=index.__getitem__) if isinstance(index, dict) else list(index or category["label"])
    return [str(code) for code in codes]


def _sizes(said: Sequence[int], codes: Mapping[str, Sequence[str]]) -> list[int]:
    """Count the categories; stated sizes must agree, except for dimensions of one category, which move no cell."""
    sizes = [len(every) for every in codes.values()]
    if [size for size in said if size != 1] != [size for size in sizes if size != 1]:
        shown = " × ".join(map(str, said))
        raise AnswerNotUnderstood(
            f"The answer has dimensions of {' × '.join(map(str, sizes))} categories whose size is said to be {shown}."
        )
    return sizes


def _words(dimension: Mapping[str, Any], codes: Sequence[str]) -> list[str]:
    labels = dimension["category"].get("label")
    return [str(labels.get(code, "")) for code in codes] if isinstance(labels, dict) else [""] * len(codes)


def _unit(found: Sequence[Any]) -> dict[str, str]:
    """Return the unit of a series' categories as the attributes that SDMX has for it."""
    units = [unit for unit in found if isinstance(unit, dict)]
    said = [{name: _text(unit, names) for name, names in _UNIT.items()} for unit in units]
    for name in _UNIT:
        different = {unit[name] for unit in said if unit[name]}
        if len(different) > 1:
            raise AnswerNotUnderstood(f"The answer gives a series two units, {' and '.join(map(repr, sorted(different)[:2]))}.")
    return {name: value for unit in reversed(said) for name, value in unit.items() if value}


def _text(unit: Mapping[str, Any], names: Sequence[str]) -> str:
    return next((str(unit[name]) for name in names if isinstance(unit.get(name), str | int) and unit[name] != ""), "")


def _time(names: Sequence[str], roles: Mapping[str, Any], codes: Mapping[str, Sequence[str]], forms: PeriodForms) -> str:
    """Return the time dimension: by its role, by its name, or the one whose codes are all periods."""
    said = [name for name in roles.get("time") or [] if name in names]
    called = [name for name in names if is_time(name) or name.casefold() in _TIMES]
    found = said or called or [name for name in names if all(map(forms.read, codes[name]))]
    if not found:
        raise AnswerNotUnderstood(f"The answer has no dimension that is the time; it has {', '.join(names)}.")
    return found[0]


def _periods(codes: Sequence[str], words: Sequence[str], forms: PeriodForms) -> Sequence[str]:
    """Return the periods: the labels where the codes are only digits, as 202405 may be a week."""
    are_read = all(map(forms.read, words))
    if not are_read and any(words) and codes and all(map(_MONTH_OR_WEEK.fullmatch, codes)):
        raise AnswerNotUnderstood(
            f"The answer has periods such as {codes[0]!r}, labelled {words[0][:_SHOWN]!r}, of which nothing says their form."
        )
    spelt = all(map(forms.read, codes)) and not all(map(_NUMBER.fullmatch, codes))
    return words if not spelt and are_read else codes
