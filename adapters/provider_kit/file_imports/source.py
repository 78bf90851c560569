"""The files of an import as series, by their layout."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from adapters.provider_kit.file_imports.columns import check_map
from adapters.provider_kit.file_imports.found_files import ImportFile, found_files
from adapters.provider_kit.file_imports.labels import COLUMN, FILE_NAME, PUBLISHED
from adapters.provider_kit.file_imports.refusals import import_refusals
from adapters.provider_kit.file_imports.tables import table_series
from adapters.provider_kit.file_imports.wide import wide_series
from adapters.provider_kit.own_files.options import read_options
from domain.errors import InvalidInput
from domain.fetching.arrivals import moment_of
from domain.importing import FileSeries, ImportRequest

WIDE = "wide"
LAYOUTS = (WIDE, "long", "by-ticker")


class FileImportSource:
    """Finds series in files of the operator's own."""

    def find(self, request: ImportRequest) -> Iterator[FileSeries]:
        """Yield every series, of a table in the order of its rows; raises as ``FileImports.find``."""
        _check(request)
        with import_refusals():
            read_options(request.options)
            files = found_files(request.paths, request.most_bytes)
        if request.layout == WIDE:
            yield from wide_series(files, request)
            return
        for file in _by_date(files, request):
            yield from table_series(file, request)


def _check(request: ImportRequest) -> None:
    for field, given, words in (("layout", request.layout, LAYOUTS), ("published", request.published, ("", *PUBLISHED))):
        if given not in words:
            raise InvalidInput(f"{given[:40]!r} is no {field}.", field=field, hint=f"There are {', '.join(filter(None, words))}.")
    check_map(request.columns)


def _by_date(files: Sequence[ImportFile], request: ImportRequest) -> Sequence[ImportFile]:
    """Return files by their dates, oldest first: what each adds to a series is compared with the one before."""
    if request.published == COLUMN:
        return files
    labels = {file: file.published(request.published) for file in files}
    undated = [file for file, label in labels.items() if label is None]
    if len(undated) > 1:
        what = f"Nothing tells when {undated[0].name} and {undated[1].name} were saved."
        raise InvalidInput(what, field="published", hint=f"State where their dates stand, such as --published {FILE_NAME}, or import one.")
    return sorted(files, key=lambda file: (moment_of(label), file.name) if (label := labels[file]) else (None, ""))
