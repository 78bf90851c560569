"""Text in columns, read block by block."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any, BinaryIO, Self

from adapters.provider_kit.own_files.grid import as_name, quoted, refused
from adapters.provider_kit.own_files.options import FileOptions
from adapters.provider_kit.parsing.bodies import marked
from adapters.provider_kit.parsing.number_cells import MISSING
from domain.errors import AnswerNotUnderstood

_BLOCK = 1024**2
_LONGEST_HEADER = 1024**2
_DELIMITERS = ",;\t|"
_CONVERSION = re.compile(
    r"In CSV column #([0-9]+): (?:Row #([0-9]+): )?CSV conversion error to ([a-z]+): (?:invalid value '(.*)')?", re.DOTALL
)
_WIDTH = re.compile(r"CSV parse error: (?:Row #([0-9]+): )?Expected ([0-9]+) columns, got ([0-9]+)")


@dataclass(frozen=True, slots=True)
class Text:
    """
    Text in columns.

    Attributes:
        name: what messages call the file.
        names: of the columns, in the first line.
        delimiter: what parts the cells.

    """

    name: str
    names: Sequence[str]
    delimiter: str
    options: FileOptions

    @classmethod
    def of(cls, file: BinaryIO, name: str, options: FileOptions) -> Self:
        """Read the first line; raises AnswerNotUnderstood if nothing parts the names, or it is in another encoding."""
        line = _first_line(file, name, options)
        delimiter = options.delimiter or max(_DELIMITERS, key=line.count)
        names = [as_name(each) for each in next(csv.reader([line], delimiter=delimiter))]
        if len(names) == 1:
            raise refused(name, f"nothing parts the names in row 1, {quoted(line)}", "delimiter")
        return cls(name, names, delimiter, options)

    def batches(self, file: BinaryIO, *, texts: Sequence[str], numbers: Sequence[str]) -> Iterator[Any]:
        """
        Yield arrow record batches of some columns.

        Raises:
            AnswerNotUnderstood: a cell is no number, or a row has more or fewer cells than there are names; names row, column and cell.

        """
        import pyarrow as pa
        import pyarrow.csv as pc

        encoding = self.options.encoding or "utf8"
        # One thread, so that errors name their rows.
        read = pc.ReadOptions(use_threads=False, block_size=_BLOCK, column_names=list(self.names), skip_rows=1, encoding=encoding)
        try:
            yield from pc.open_csv(
                pa.PythonFile(file, mode="r"),
                read_options=read,
                parse_options=pc.ParseOptions(delimiter=self.delimiter),
                convert_options=self._conversion(texts, numbers),
            )
        except (pa.ArrowInvalid, UnicodeError) as exc:
            raise _explained(self.name, self.names, str(exc)) from exc

    def _conversion(self, texts: Sequence[str], numbers: Sequence[str]) -> Any:
        import pyarrow as pa
        import pyarrow.csv as pc

        types = {**dict.fromkeys(texts, pa.string()), **dict.fromkeys(numbers, pa.float64())}
        words = {*MISSING, "*", *self.options.missing, *self.options.missing_words}
        spellings = set(chain.from_iterable((word, word.upper(), word.title()) for word in words)) | {"NaN"}
        return pc.ConvertOptions(
            include_columns=list(types),
            column_types=types,
            null_values=sorted(spellings),
            strings_can_be_null=False,
            decimal_point=self.options.decimal or ".",
        )


def _first_line(file: BinaryIO, name: str, options: FileOptions) -> str:
    line = file.readline(_LONGEST_HEADER)
    encoding = options.encoding or marked(line) or "utf-8"
    if encoding.startswith(("utf-16", "utf-32")):
        raise refused(name, f"it is {encoding.upper()}; save it as UTF-8")
    if not line.strip():
        raise refused(name, "row 1 holds no names")
    try:
        return line.decode(encoding).lstrip("\ufeff").splitlines()[0]
    except (UnicodeDecodeError, LookupError) as exc:
        raise refused(name, f"row 1 is not {encoding.upper()}", "encoding") from exc


def _explained(name: str, names: Sequence[str], message: str) -> AnswerNotUnderstood:
    conversion, width = _CONVERSION.search(message), _WIDTH.search(message)
    if conversion:
        column, row, kind, cell = conversion.groups()
        where = f"row {row}, column {quoted(names[int(column)])}"
        if kind == "string" or cell is None:
            return refused(name, f"{where}: not UTF-8", "encoding")
        return refused(name, f"{where}, cell {quoted(cell)}: not a number", "missing", "decimal", "columns (--map value=…)")
    if width:
        row, expected, found = width.groups()
        return refused(name, f"row {row} has {found} cells where row 1 has {expected}", "delimiter")
    return refused(name, message.partition("\n")[0].rstrip("."))
