"""
The hits of Quandl's search of datasets, of version 3 and version 1.

::

    {"datasets": [{"database_code", "dataset_code", "name", "frequency", "oldest_available_date", "newest_available_date", …}], "meta": …}
    {"docs": [{"source_code", "code", "name", "frequency", "from_date", "to_date", …}], "total_count": …}
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from adapters.provider_kit.hits import only_hits, search_hit
from adapters.provider_kit.parsing.documents import objects
from adapters.provider_kit.text import text_of
from adapters.providers.quandl.answers import QuandlTable
from domain.errors import AnswerNotUnderstood
from domain.frequency import Frequency
from domain.searching import SearchHit


def read_hits(document: dict[str, Any] | QuandlTable) -> Sequence[SearchHit]:
    """
    Return the datasets that a document lists.

    Raises:
        AnswerNotUnderstood: it is no list of datasets.

    """
    if isinstance(document, QuandlTable) or not {"datasets", "docs"} & document.keys():
        raise AnswerNotUnderstood("The answer is no list of datasets.")
    rows = objects(document.get("datasets", document.get("docs")), "datasets")
    return only_hits(_hit(row) for row in rows)


def _hit(row: dict[str, Any]) -> SearchHit | None:
    return search_hit(
        text_of(row.get("database_code") or row.get("source_code")),
        row.get("dataset_code") or row.get("code"),
        row.get("name"),
        description=row.get("description"),
        frequency=next((known for known in Frequency if known == row.get("frequency")), None),
        first=row.get("oldest_available_date") or row.get("from_date"),
        last=row.get("newest_available_date") or row.get("to_date"),
    )
