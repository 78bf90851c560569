"""Revision triangles and single releases, encoded as JSON, CSV, Parquet or Arrow."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from domain.moments import written
from domain.observations import Label
from domain.use_cases.read_releases import NthReleases, Triangle, TriangleQuery, VintageTable
from entrypoints.formats import Format, axis_name, columnar_file, csv, encode, table, unique_names
from entrypoints.record_tables import Column, Kind, records_csv, records_file
from entrypoints.rest.schemas.series import SourceSchema
from entrypoints.revision_documents import of_release, of_vintage, triangle_document


def triangle(found: Triangle, query: TriangleQuery, most: int, kind: Format) -> bytes:
    """Return the first releases of each date, at most so many, and its latest."""
    if kind is Format.JSON:
        return encode({"series": SourceSchema().dump(found.series), **triangle_document(found, query, most)})
    widest = min(most, max((len(row.releases) for row in found.rows), default=0))
    shown = [[each.value for each in row.releases[:most]] for row in found.rows]
    columns = [
        *_dates([row.date for row in found.rows]),
        Column("censored", Kind.FLAG, [row.censored for row in found.rows]),
        Column("count", Kind.NUMBER, [len(row.releases) for row in found.rows]),
        *(Column(str(n), Kind.REAL, [values[n] if n < len(values) else None for values in shown]) for n in range(widest)),
        Column("latest", Kind.REAL, [row.releases[-1].value for row in found.rows]),
    ]
    return _records(columns, found, kind)


def by_vintage(found: VintageTable, query: TriangleQuery, kind: Format) -> bytes:
    """Return each date's value in each vintage; in JSON named by number, else by label or by the moment at which it was known."""
    if kind is Format.JSON:
        return encode({**_about(found, query), "vintages": list(map(of_vintage, found.vintages)), **table(found.observations)})
    names = tuple(unique_names([written(each.published or each.known_at) for each in found.vintages]))
    if kind is Format.CSV:
        return csv(found.observations, (axis_name(found.observations), *names))
    numbers = ",".join(str(each.number) for each in found.vintages)
    return columnar_file(replace(found.observations, columns=names), {**_code(found), "vintages": numbers}, kind)


def nth_releases(found: NthReleases, query: TriangleQuery, n: int, kind: Format) -> bytes:
    """Return this release of each date, with the vintage that brought it."""
    if kind is Format.JSON:
        rows = [{"date": row.date, **of_release(row.release), "censored": row.censored} for row in found.rows]
        return encode({**_about(found, query), "n": n, "count": query.counted, "releases": rows})
    vintages = [row.release.vintage for row in found.rows]
    columns = [
        *_dates([row.date for row in found.rows]),
        Column("value", Kind.REAL, [row.release.value for row in found.rows]),
        Column("vintage", Kind.NUMBER, [each.number for each in vintages]),
        Column("known_at", Kind.INSTANT, [each.known_at for each in vintages]),
        Column("published", Kind.TEXT, [each.published and written(each.published) for each in vintages]),
        Column("censored", Kind.FLAG, [row.censored for row in found.rows]),
    ]
    return _records(columns, found, kind)


def _about(found: VintageTable | NthReleases, query: TriangleQuery) -> dict[str, Any]:
    return {"series": SourceSchema().dump(found.series), "column": found.column, "transform": query.transform}


def _dates(dates: Sequence[Label]) -> list[Column]:
    in_seconds = any(isinstance(each, datetime) for each in dates)
    return [Column("time", Kind.INSTANT, dates) if in_seconds else Column("date", Kind.DATE, dates)]


def _records(columns: Sequence[Column], found: Triangle | NthReleases, kind: Format) -> bytes:
    if kind is Format.CSV:
        return records_csv([each.name for each in columns], [each.values for each in columns])
    return records_file(columns, _code(found), kind)


def _code(found: Triangle | VintageTable | NthReleases) -> dict[str, str]:
    return {"code": f"{found.series.provider}:{found.series.code}", "column": found.column}
