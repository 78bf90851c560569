"""The way in: what a file is, by its first bytes, and which reader takes it; out comes a series or an error."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import PurePosixPath

from adapters.provider_kit.own_files.grid import HINT, Grid, NoTableError, Table, all_quoted, refused
from adapters.provider_kit.own_files.json_documents import read_document
from adapters.provider_kit.own_files.layout import read_table
from adapters.provider_kit.own_files.options import FileOptions
from adapters.provider_kit.own_files.parquet import read_parquet
from adapters.provider_kit.own_files.series import FileSeries, read_series
from adapters.provider_kit.own_files.text import read_text
from adapters.provider_kit.own_files.workbooks import read_workbook
from adapters.provider_kit.parsing import containers
from adapters.provider_kit.parsing.bodies import marked
from adapters.provider_kit.parsing.limits import FILE, check_body
from domain.errors import AnswerNotUnderstood, FetchError

#: The endings of files that are read.
SUFFIXES = (".csv", ".tsv", ".tab", ".txt", ".json", ".jsonl", ".ndjson", ".parquet", ".xlsx", ".xlsm", ".gz", ".zip")
_NO_OPTIONS = FileOptions()
_START = 256
_OLE = b"\xd0\xcf\x11\xe0"


def read_file(body: bytes, name: str, options: FileOptions = _NO_OPTIONS) -> FileSeries:
    """
    Read a file that somebody has.

    Args:
        name: what messages call the file.

    Raises:
        AnswerNotUnderstood: it is no series, or leaves a doubt; names row, column, cell and the option that decides.
        AnswerTooLarge: it holds, or unpacks to, more than a file may.
        DatasetNotFound: it is a long table without the series of the key that is asked for.
        UnsupportedFrequency: its moments are finer than a second.

    """
    return read_series(_only_table(read_grids(body, name, options), options), options)


def read_grids(body: bytes, name: str, options: FileOptions) -> Sequence[Grid]:
    """
    Return the sheets of a workbook, or the one grid that any other file holds; packed or not.

    Raises:
        AnswerNotUnderstood: it holds no cells, or its form leaves a doubt.
        AnswerTooLarge: it holds, or unpacks to, more than a file may.

    """
    try:
        body, is_workbook = containers.unpack(body, name, FILE)
    except containers.ContainerError as exc:
        raise refused(name, exc.what) from exc
    if is_workbook:
        return read_workbook(body, name, options)
    if containers.is_packed(body) or body.startswith(_OLE):
        raise refused(name, "it is a workbook of the old .xls, or packed more than twice; save it as .xlsx or CSV")
    check_body(body, name)
    if body.startswith(b"PAR1"):
        return [read_parquet(body, name)]
    start = body[:_START].decode(marked(body) or "latin-1", errors="ignore").lstrip("\ufeff \t\r\n")
    return [read_document(body, name, options) if start.startswith(("{", "[")) else read_text(body, name, options)]


def _only_table(grids: Sequence[Grid], options: FileOptions) -> Table:
    """Return the table of the only grid that holds one; what is wrong with it, if anything is, is raised."""
    tables: list[tuple[str, Table | AnswerNotUnderstood]] = []
    nothing: list[NoTableError] = []
    for grid in grids:
        try:
            tables.append((grid.sheet, read_table(grid, options)))
        except NoTableError as exc:
            nothing.append(exc)
        except AnswerNotUnderstood as exc:
            tables.append((grid.sheet, exc))
    if len(tables) > 1:
        sheets = all_quoted(sheet for sheet, _ in tables)
        raise refused(grids[0].name, f"the sheets {sheets} {'both' if len(tables) == 2 else 'all'} hold a table", "sheet")  # noqa: PLR2004
    table = tables[0][1] if tables else nothing[0]
    if isinstance(table, Table):
        return table
    raise table


@contextmanager
def as_refusals(*, is_lasting: bool = False) -> Iterator[None]:
    """
    Give errors that suit a file, which has no provider to check a code at.

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


def stem_of(name: str) -> str:
    """Return a file's name without folders and without the endings that name formats."""
    stem = PurePosixPath(name).name
    while PurePosixPath(stem).suffix.lower() in SUFFIXES:
        stem = PurePosixPath(stem).stem
    return stem
