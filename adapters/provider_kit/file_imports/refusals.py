"""Errors of files with hints that suit an import."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

from adapters.provider_kit.own_files import as_refusals
from adapters.provider_kit.own_files.grid import HINT
from domain.errors import FetchError

_OPTIONS = re.compile(r"Set (?P<names>[a-z_ ]{1,60}) in lanner\.toml;")


@contextmanager
def import_refusals() -> Iterator[None]:
    """Name the option of an import where a file's own would be set in ``lanner.toml``."""
    try:
        with as_refusals(is_lasting=True):
            yield
    except FetchError as exc:
        options = _OPTIONS.match(exc.hint)
        if options:
            exc.hint = f"State {options['names']}: --option NAME=JSON. See docs/importing.md."
        elif exc.hint == HINT:
            exc.hint = "Correct the file and import it again."
        raise
