"""The index of words: full-text search as SQLite and Postgres have it built in, over words that are cut here."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, Select, cast, column, literal_column, select, table
from sqlalchemy.dialects.postgresql import TSQUERY

from adapters.sql.tables import series
from domain.series import SeriesQuery

_INDEX = table("series_words", column("rowid"))
_WORDS_ON_POSTGRES: ColumnElement[Any] = literal_column("array_to_tsvector(string_to_array(words, ' '))")  # to the letter as in its index


def numbers(query: SeriesQuery, *, on_postgres: bool) -> Select[Any]:
    """Select the numbers of the series that are asked for, ascending."""
    if not query.terms or on_postgres:
        chosen = select(series.c.number).where(series.c.number > query.after, *_equal(query)).order_by(series.c.number)
        return chosen.where(_WORDS_ON_POSTGRES.op("@@")(_terms(query))) if query.terms else chosen
    matches = literal_column("series_words").op("MATCH")(" AND ".join(f'"{term}"*' for term in query.terms))
    joined = select(series.c.number).select_from(_INDEX.join(series, series.c.number == _INDEX.c.rowid))
    # SQLite would else think that few series share a provider, and look each of them up among the words.
    others = [condition.left.concat("") == condition.right for condition in _equal(query)]
    return joined.where(matches, _INDEX.c.rowid > query.after, *others).order_by(_INDEX.c.rowid)


def _terms(query: SeriesQuery) -> ColumnElement[Any]:
    return cast(" & ".join(f"'{term}':*" for term in query.terms), TSQUERY)


def _equal(query: SeriesQuery) -> list[Any]:
    columns = series.c.provider, series.c.status, series.c.database_code, series.c.dataset_code
    wanted = query.provider, query.status, query.database, None
    found = [column == value for column, value in zip(columns, wanted, strict=True) if value is not None]
    return found + ([series.c.database_code == query.code.database, series.c.dataset_code == query.code.dataset] if query.code else [])
