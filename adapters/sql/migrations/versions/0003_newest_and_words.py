"""A series names what is newest of it, and is found by its words without going through all of them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from domain.series import terms

revision = "0003"
down_revision = "0002"

_BATCH = 10_000
_NEWEST = """
UPDATE series SET
    description = (SELECT max(d.number) FROM descriptions d WHERE d.series = series.number),
    vintage = (SELECT v.number FROM vintages v WHERE v.series = series.number ORDER BY v.known_at DESC, v.number DESC LIMIT 1),
    "fetch" = (SELECT f.id FROM fetches f WHERE f.series = series.number ORDER BY f.created_at DESC, f.id LIMIT 1)
"""
_ON_POSTGRES = """
CREATE INDEX series_words ON series USING gin (array_to_tsvector(string_to_array(words, ' '))) WITH (fastupdate = off)
"""
# The index holds no text: what is taken out of it has to be told as it was.
_MADE = """
CREATE VIRTUAL TABLE series_words USING fts5(
    words, content='series', content_rowid='number', tokenize='ascii', detail=none, prefix='1 2 3 4 5 6 7 8 9 10 11 12'
)
"""
_ADD = "INSERT INTO series_words (rowid, words) VALUES (new.number, new.words);"
_REMOVE = "INSERT INTO series_words (series_words, rowid, words) VALUES ('delete', old.number, old.words);"
_ON_SQLITE = (
    _MADE,
    "INSERT INTO series_words (series_words) VALUES ('rebuild')",
    f"CREATE TRIGGER series_words_added AFTER INSERT ON series BEGIN {_ADD} END",
    f"CREATE TRIGGER series_words_removed AFTER DELETE ON series BEGIN {_REMOVE} END",
    f"CREATE TRIGGER series_words_changed AFTER UPDATE OF words ON series BEGIN {_REMOVE} {_ADD} END",
)


def upgrade() -> None:
    """Add columns and indexes, and fill them for the series there are."""
    for added in (sa.Column("description", sa.Integer), sa.Column("vintage", sa.Integer), sa.Column("fetch", sa.Uuid)):
        op.add_column("series", added)
    op.execute(_NEWEST)
    _cut_words(op.get_bind())
    for name in ("provider", "database_code", "status"):
        op.create_index(f"series_of_{name.partition('_')[0]}", "series", [name, "number"])
    for statement in (_ON_POSTGRES,) if op.get_context().dialect.name == "postgresql" else _ON_SQLITE:
        op.execute(statement)


def _cut_words(connection: sa.Connection) -> None:
    series = sa.table("series", sa.column("number"), sa.column("words"))
    changed = sa.update(series).where(series.c.number == sa.bindparam("of")).values(words=sa.bindparam("cut"))
    last = 0
    while True:
        some = sa.select(series.c.number, series.c.words).where(series.c.number > last).order_by(series.c.number).limit(_BATCH)
        rows = connection.execute(some).all()
        if not rows:
            return
        connection.execute(changed, [{"of": number, "cut": " ".join(terms(words))} for number, words in rows])
        last = rows[-1][0]
