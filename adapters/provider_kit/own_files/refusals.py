"""Errors of reading as refusals of a file, which has no provider to check a code at."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from adapters.provider_kit.own_files.grid import HINT
from domain.errors import AnswerNotUnderstood, FetchError


@contextmanager
def as_refusals(*, is_lasting: bool = False) -> Iterator[None]:
    """
    Give errors that suit a file.

    Args:
        is_lasting: whether the same would be read again, so that another attempt is of no use.

    """
    try:
        yield
    except FetchError as exc:
        if isinstance(exc, AnswerNotUnderstood):
            exc.is_lasting = is_lasting
        if not exc.hint or exc.hint == AnswerNotUnderstood.hint:
            exc.hint = HINT
        raise
