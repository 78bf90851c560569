"""Files that are one state of one series each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any

from adapters.provider_kit.file_imports.codes import check_codes, code_of
from adapters.provider_kit.file_imports.found_files import ImportFile
from adapters.provider_kit.file_imports.labels import COLUMN, FILE_NAME, dated_name
from adapters.provider_kit.file_imports.refusals import import_refusals
from adapters.provider_kit.own_files import read_file, stem_of
from adapters.provider_kit.own_files.options import options_for
from domain.errors import InvalidInput
from domain.fetching.arrivals import moment_of
from domain.importing import FileSeries, FileState, ImportRequest
from domain.observations import Label

READER_VERSION = 1

_Dated = tuple[str, Label | None, ImportFile]


def wide_series(files: Sequence[ImportFile], request: ImportRequest) -> Iterator[FileSeries]:
    """
    Yield the series of files, whose states are read one by one.

    Raises:
        InvalidInput: nothing tells when a file was saved, or two files of a series were saved who knows when.
        AnswerNotUnderstood: the names of two series give one code.

    """
    if request.published == COLUMN:
        what = "No column of a wide file says when it was published."
        raise InvalidInput(what, field="published", hint="Take another layout: --layout long or by-ticker.")
    dated = [_dated(file, request.published) for file in files]
    with import_refusals():
        check_codes(", ".join(path.name for path in request.paths), dict.fromkeys(name for name, *_ in dated), request.database)
    for name, group in groupby(sorted(dated, key=_order), key=lambda each: each[0]):
        states = list(group)
        if len(states) > 1 and states[0][1] is None:
            said = f"{states[0][2].name} and {states[1][2].name} are states of one series, {name}, without dates"
            raise InvalidInput(f"{said}.", field="published", hint=f"State where their dates stand, such as --published {FILE_NAME}.")
        yield FileSeries(code=code_of(request.database, name, name), states=_states(states, request.options))


def _dated(file: ImportFile, kind: str) -> _Dated:
    published = file.published(kind)
    bare, _ = dated_name(file.name)
    return bare if kind == FILE_NAME else _plain(file.name), published, file


def _plain(name: str) -> str:
    folder, slash, last = name.rpartition("/")
    return folder + slash + stem_of(last)


def _order(dated: _Dated) -> tuple[str, Any, str]:
    name, published, file = dated
    return name, moment_of(published) if published is not None else None, file.name


def _states(dated: Sequence[_Dated], options: Mapping[str, Any]) -> Iterator[FileState]:
    for name, published, file in dated:
        with import_refusals():
            series = read_file(file.whole(), file.name, options_for(None, file.name, options))
        yield FileState(
            published=published,
            observations=series.observations,
            metadata=series.metadata(name.rpartition("/")[2]),
            file=file.name,
            sha256=file.sha256,
            reader_version=READER_VERSION,
        )
