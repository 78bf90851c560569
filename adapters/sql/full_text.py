"""Full-text search with the built-in indexes of SQLite and Postgres, over terms that the domain splits."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import BinaryExpression, ColumnElement, cast, column, literal_column, select, table
from sqlalchemy.dialects.postgresql import TSQUERY

from adapters.sql.tables import series
from adapters.sql.transaction import Transaction
from domain.series import SeriesQuery

_INDEX = table("series_words", column("rowid"))
_WORDS_ON_POSTGRES: ColumnElement[Any] = literal_column(
    "array_to_tsvector(string_to_array(words, ' '))"
)  # must equal the index's expression
_NEAR = 10_000


def numbers(transaction: Transaction, query: SeriesQuery, conditions: Sequence[BinaryExpression[Any]]) -> Sequence[int]:
    """Return the numbers of series with the words that meet the conditions, ascending, up to one more than the query's limit."""
    if transaction.on_postgres:
        return _near(transaction, query, conditions) or _anywhere(transaction, query, conditions)
    matches = literal_column("series_words").op("MATCH")(" AND ".join(f'"{term}"*' for term in query.terms))
    joined = select(series.c.number).select_from(_INDEX.join(series, series.c.number == _INDEX.c.rowid))
    # Otherwise SQLite assumes that few series share a provider, and looks each of them up in the word index.
    others = [condition.left.concat("") == condition.right for condition in conditions]
    found = joined.where(matches, _INDEX.c.rowid > query.after, *others).order_by(_INDEX.c.rowid)
    return transaction.run(found.limit(query.limit + 1)).scalars().all()


def _near(transaction: Transaction, query: SeriesQuery, conditions: Sequence[BinaryExpression[Any]]) -> Sequence[int]:
    """Scan the next series: common words fill the page there, while the index would return all series that have them."""
    words: ColumnElement[Any] = literal_column("' ' || words").self_group()
    having = [words.contains(f" {term}", autoescape=True) for term in query.terms]
    within = series.c.number > query.after, series.c.number <= query.after + _NEAR
    found = select(series.c.number).where(*within, *having, *conditions).order_by(series.c.number).limit(query.limit + 1)
    some = transaction.run(found).scalars().all()
    return some if len(some) > query.limit else []


def _anywhere(transaction: Transaction, query: SeriesQuery, conditions: Sequence[BinaryExpression[Any]]) -> Sequence[int]:
    asked = cast(" & ".join(f"'{term}':*" for term in query.terms), TSQUERY)
    found = select(series.c.number).where(_WORDS_ON_POSTGRES.op("@@")(asked), series.c.number > query.after, *conditions)
    # The sum keeps Postgres from walking the index of numbers through all series, which it does if it takes words for common.
    return transaction.run(found.order_by(series.c.number + 0).limit(query.limit + 1)).scalars().all()
