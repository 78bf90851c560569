"""The index of words: full-text search as SQLite and Postgres have it built in, over words that are cut here."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import BinaryExpression, ColumnElement, cast, column, literal_column, select, table
from sqlalchemy.dialects.postgresql import TSQUERY

from adapters.sql.tables import series
from adapters.sql.transaction import Transaction
from domain.series import SeriesQuery

_INDEX = table("series_words", column("rowid"))
_WORDS_ON_POSTGRES: ColumnElement[Any] = literal_column("array_to_tsvector(string_to_array(words, ' '))")  # to the letter as in its index
_NEAR = 10_000


def numbers(transaction: Transaction, query: SeriesQuery, conditions: Sequence[BinaryExpression[Any]]) -> Sequence[int]:
    """Return the numbers of the series that have the words and meet the conditions, ascending, one more than the query's limit."""
    if transaction.on_postgres:
        return _near(transaction, query, conditions) or _anywhere(transaction, query, conditions)
    matches = literal_column("series_words").op("MATCH")(" AND ".join(f'"{term}"*' for term in query.terms))
    joined = select(series.c.number).select_from(_INDEX.join(series, series.c.number == _INDEX.c.rowid))
    # SQLite would else think that few series share a provider, and look each of them up among the words.
    others = [condition.left.concat("") == condition.right for condition in conditions]
    found = joined.where(matches, _INDEX.c.rowid > query.after, *others).order_by(_INDEX.c.rowid)
    return transaction.run(found.limit(query.limit + 1)).scalars().all()


def _near(transaction: Transaction, query: SeriesQuery, conditions: Sequence[BinaryExpression[Any]]) -> Sequence[int]:
    """Look through the next series: common words fill the page there, and the index would give all that have them."""
    words: ColumnElement[Any] = literal_column("' ' || words").self_group()
    having = [words.contains(f" {term}", autoescape=True) for term in query.terms]
    within = series.c.number > query.after, series.c.number <= query.after + _NEAR
    found = select(series.c.number).where(*within, *having, *conditions).order_by(series.c.number).limit(query.limit + 1)
    some = transaction.run(found).scalars().all()
    return some if len(some) > query.limit else []


def _anywhere(transaction: Transaction, query: SeriesQuery, conditions: Sequence[BinaryExpression[Any]]) -> Sequence[int]:
    asked = cast(" & ".join(f"'{term}':*" for term in query.terms), TSQUERY)
    found = select(series.c.number).where(_WORDS_ON_POSTGRES.op("@@")(asked), series.c.number > query.after, *conditions)
    # The order of a sum is in no index: Postgres would else follow the numbers' through all series, thinking that words are common.
    return transaction.run(found.order_by(series.c.number + 0).limit(query.limit + 1)).scalars().all()
