"""
The databases that Quandl had: one table, from which codes are routed, renamed and diagnosed, and docs/old-quandl-databases.md is made.

The names of old columns are those of recorded answers and of public scripts that read them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache

from domain.codes import DatasetCode
from domain.old_databases.entries import Answer, OldDatabase

__all__ = ["Answer", "OldDatabase", "answers_to", "old_databases", "reason_against"]


@cache
def old_databases() -> Mapping[str, OldDatabase]:
    """Return the table by database code, those first that are answered."""
    from domain.old_databases import markets, statistics, unanswered

    return {each.code: each for each in (*markets.DATABASES, *statistics.DATABASES, *unanswered.DATABASES)}


def answers_to(code: DatasetCode) -> Sequence[tuple[Answer, DatasetCode]]:
    """Return who answers an old code, each with its own code for it, the preferred one first."""
    old = old_databases().get(code.database)
    found = [(answer, answer.own_code(code.dataset)) for answer in old.answers] if old else []
    return [(answer, own) for answer, own in found if own is not None]


def reason_against(code: DatasetCode) -> str:
    """Return why nobody answers an old code; empty if somebody does, or if it is in no database of the table."""
    old = old_databases().get(code.database)
    return old.reason if old and not answers_to(code) else ""
