"""
Files: a folder of your own, where a sub-folder is a database and a CSV, JSON or Parquet file in it a dataset.

Names are found by listing folders, so a code can name nothing outside; they are matched exactly, else case-blind.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path, PurePath, PurePosixPath
from urllib.parse import unquote, urlsplit

from adapters.provider_kit.child_process.source import leave_if_heavy
from adapters.provider_kit.parsing.file_formats import FORMATS, FileSeries, looks_like, read_file
from adapters.provider_kit.parsing.limits import FILE, check_body
from adapters.provider_kit.spec import ProviderSpec
from adapters.provider_kit.text import storable
from adapters.providers.files.folders import Folder, NoRegularFileError, OutsideError
from domain.codes import DatasetCode
from domain.errors import (
    AnswerNotUnderstood,
    DatasetNotFound,
    InvalidCode,
    ProviderNotConfigured,
    SourceForbidden,
    SourceUnavailable,
)
from domain.ports import DataSource, Fetched, ParsedSeries, PriorState, RawResponse
from domain.providers import Terms
from domain.series import Metadata

_VARIABLE = "LANNER_PROVIDERS__FILES__PATH"
_CONTENT_TYPES = {"text/csv": ".csv", "application/json": ".json", "application/vnd.apache.parquet": ".parquet"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """
    The options of the provider.

    Attributes:
        path: the folder.

    """

    path: Path | None = None


def problem(options: Options) -> str:
    """Return why the files cannot be read; empty if they can."""
    if options.path is None:
        return f"Set {_VARIABLE} to the folder that holds the files."
    try:
        there = options.path.expanduser().is_dir()
    except (OSError, RuntimeError):  # a folder without permission, a home that does not exist
        there = False
    return "" if there else f"{_VARIABLE} does not name a folder that lanner can see."


def open_source(options: Options, http: object) -> DataSource:
    """Open the folder."""
    obstacle = problem(options)
    if options.path is None or obstacle:
        raise ProviderNotConfigured(obstacle)
    return FilesSource(options.path.expanduser())


class FilesSource:
    """The data source of one folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = Folder(folder)

    def fetch(self, code: DatasetCode, known: PriorState) -> Fetched:
        try:
            place = self._find(code)
            body = self._folder.read(place, FILE.most)
        except OutsideError as exc:
            raise SourceForbidden(f"The file of {code} lies outside the folder.", hint=f"Put it under {_VARIABLE} itself.") from exc
        except NoRegularFileError as exc:
            raise SourceForbidden(f"What stands for {code} is no regular file.", hint="Put a file in its place.") from exc
        except PermissionError as exc:
            raise SourceForbidden(f"lanner may not read the file of {code}.", hint="Let lanner's user read it.") from exc
        except OSError as exc:
            raise SourceUnavailable(f"The file of {code} cannot be read: {exc.strerror}.", hint=f"Check {_VARIABLE}.") from exc
        name = place.as_posix()
        check_body(body, name)
        leave_if_heavy(body)
        table = read_file(body, place.suffix.lower(), name)
        return Fetched(
            metadata=_metadata(table, place.name),
            vintages=[(None, table.observations)],
            origin=PROVIDER.origin(f"files:{name}", body),
            left_out=_left_out(table),
        )

    def parse(self, code: DatasetCode | None, answer: RawResponse) -> Sequence[ParsedSeries]:
        """Read a file, which does not name its code."""
        if code is None:
            raise AnswerNotUnderstood("A file does not name its series.", hint="Give a code in place of *.")
        path = PurePosixPath(unquote(urlsplit(answer.url).path))
        name = path.name or "The answer"
        said = _CONTENT_TYPES.get(answer.headers.get("content-type", "").partition(";")[0].strip().lower())
        suffix = path.suffix.lower()
        table = read_file(answer.body, suffix if suffix in FORMATS else said or looks_like(answer.body), name)
        metadata = _metadata(table, path.name)
        return [ParsedSeries(code=code, metadata=metadata, vintages=[(None, table.observations)], left_out=_left_out(table))]

    def _find(self, code: DatasetCode) -> PurePath:
        *folders, last = str(code).split("/")
        place = PurePath()
        for name in folders:
            place = _choose(code, name, [(path.name, path) for path in self._folder.folders(place)])
        files = (path for path in self._folder.files(place) if path.suffix.lower() in FORMATS)
        return _choose(code, last, [(path.stem, path) for path in files])


def _choose(code: DatasetCode, name: str, named: Sequence[tuple[str, PurePath]]) -> PurePath:
    same = [path for title, path in named if title == name]
    same = same or [path for title, path in named if title.casefold() == name.casefold()]
    if not same:
        raise DatasetNotFound(f"The folder holds no file for {code}: there is no {name}.", hint=_nearby(name, dict(named)))
    if len(same) > 1:
        raise AnswerNotUnderstood(f"{code} may be {' and '.join(path.as_posix() for path in same)}.", hint="Keep one of them.")
    return same[0]


def _metadata(table: FileSeries, name: str) -> Metadata:
    return Metadata(name=storable(name), frequency=table.frequency, date_column=storable(table.date_column))


def _left_out(table: FileSeries) -> tuple[str, ...]:
    return tuple(map(storable, table.left_out))


def _nearby(name: str, titles: Iterable[str]) -> str:
    known = {title.casefold(): title for title in titles if _is_askable(title)}
    close = get_close_matches(name.casefold(), known, n=5)
    return f"Beside it there are {', '.join(known[title] for title in close)}." if close else "There is none of a similar name beside it."


def _is_askable(title: str) -> bool:
    """Return whether a name can be part of a code."""
    try:
        DatasetCode("FILES", title)
    except InvalidCode:
        return False
    return True


PROVIDER = ProviderSpec(
    provider_api=2,
    name="files",
    title="A folder of CSV, JSON and Parquet files",
    databases=(),
    terms=Terms(attribution="The files' own", url=""),
    open=open_source,
    options=Options,
    problem=problem,
)
