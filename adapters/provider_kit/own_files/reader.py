"""The one way in: a file's bytes, its name and its options; out comes a series or an error."""

from __future__ import annotations

from collections.abc import Sequence

from adapters.provider_kit.own_files.containers import unpack
from adapters.provider_kit.own_files.documents import read_document
from adapters.provider_kit.own_files.file_series import FileSeries
from adapters.provider_kit.own_files.grid import Grid, NoTableError, Table, listed, quoted, refused
from adapters.provider_kit.own_files.layout import read_table
from adapters.provider_kit.own_files.options import FileOptions
from adapters.provider_kit.own_files.parquet import read_parquet
from adapters.provider_kit.own_files.series import read_series
from adapters.provider_kit.own_files.sheets import read_sheets
from adapters.provider_kit.own_files.text import decode, read_text
from domain.errors import AnswerNotUnderstood

_NO_OPTIONS = FileOptions()


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
    unpacked, form = unpack(body, name)
    if form == "xlsx":
        return read_series(_only_table(read_sheets(unpacked, name, options), options), options)
    if form == "parquet":
        grid = read_parquet(unpacked, name)
    elif form == "json":
        grid = read_document(unpacked, name, options)
    else:
        grid = read_text(decode(unpacked, name, options.encoding), name, options)
    return read_series(read_table(grid, options), options)


def _only_table(grids: Sequence[Grid], options: FileOptions) -> Table:
    """Return the table of the only sheet that holds one; what is wrong with it, if anything is, is raised."""
    tables: list[tuple[str, Table | AnswerNotUnderstood]] = []
    nothing: NoTableError | None = None
    for grid in grids:
        try:
            tables.append((grid.sheet, read_table(grid, options)))
        except NoTableError as exc:
            nothing = nothing or exc
        except AnswerNotUnderstood as exc:
            tables.append((grid.sheet, exc))
    if len(tables) > 1:
        names = listed([quoted(sheet) for sheet, _ in tables])
        raise refused(grids[0].name, f"the sheets {names} {'both' if len(tables) == 2 else 'all'} hold a table", "sheet")  # noqa: PLR2004
    table = tables[0][1] if tables else nothing
    if isinstance(table, Table):
        return table
    assert table is not None  # noqa: S101 - there is a grid at least
    raise table
