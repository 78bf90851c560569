"""
Files: a folder of your own, where a sub-folder is a database and a file in it a dataset.

Names are found by listing folders, so a code can name nothing outside; they are matched exactly, else case-blind. What a code says
behind a file's name is the key of one series in it.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from difflib import get_close_matches
from hashlib import sha256
from itertools import islice
from pathlib import Path, PurePath, PurePosixPath
from typing import Any
from urllib.parse import unquote, urlsplit

from adapters.provider_kit.child_process.source import leave_if_heavy
from adapters.provider_kit.own_files import SUFFIXES, as_refusals, read_file, stem_of
from adapters.provider_kit.own_files.options import FILE_NAME, NAMES, FileOptions, options_for, with_key
from adapters.provider_kit.parsing.bodies import doubts
from adapters.provider_kit.parsing.limits import FILE, check_body
from adapters.provider_kit.spec import ProviderSpec
from adapters.providers.files.folders import Folder, NoRegularFileError, OutsideError
from domain.codes import DatasetCode
from domain.errors import (
    AnswerNotUnderstood,
    DatasetNotFound,
    FetchError,
    InvalidCode,
    ProviderNotConfigured,
    SourceForbidden,
    SourceUnavailable,
)
from domain.ports import DataSource, Fetched, ParsedSeries, PriorState, RawResponse
from domain.providers import Terms
from domain.searching import MOST_LISTED

logger = logging.getLogger(__name__)

_VARIABLE = "LANNER_PROVIDERS__FILES__PATH"
_MOST_TOML = 1_000_000
#: Links may lead to a folder from inside it.
_DEEPEST = 8


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


@dataclass(frozen=True, slots=True, kw_only=True)
class _Found:
    """A file, the key of one series in it if the code names one, and the options for it."""

    place: PurePath
    key: Sequence[str]
    options: FileOptions


class FilesSource:
    """The data source of one folder."""

    file_options: Collection[str] = NAMES

    def __init__(self, folder: Path) -> None:
        self._folder = Folder(folder)

    def fetch(self, code: DatasetCode, known: PriorState) -> Fetched:
        with as_refusals(is_lasting=True):
            return self._fetched(code, known)

    def _fetched(self, code: DatasetCode, known: PriorState) -> Fetched:
        with _named_errors(code):
            found = self._found(code)
            name, validators = found.place.as_posix(), self._validators(found)
            if known.newest and _of_file(known.validators) == _of_file(validators):
                return Fetched.unchanged(PROVIDER.origin(f"files:{name}", b""), validators)
            body = self._folder.read(found.place, FILE.most)
        check_body(body, name)
        if doubts(RawResponse(body=body)):
            logger.info("a file's last line has no end", extra={"file": name})
        leave_if_heavy(body)
        series = read_file(body, name, found.options)
        return Fetched(
            metadata=series.metadata(stem_of(name), is_keyed=bool(found.key)),
            vintages=[(None, series.observations)],
            origin=PROVIDER.origin(f"files:{name}", body),
            left_out=series.left_out,
            validators=validators,
            dialect=series.dialect,
        )

    def own_spelling(self, code: DatasetCode) -> DatasetCode | None:
        """Return a code as its file and folders are spelled; the key of one series in the file stays as it is. None if there is none."""
        try:
            place, key = self._find(code)
            parts = [*place.parts[:-1], stem_of(place.name), *key]
            return DatasetCode(code.database, "/".join(parts[1:]))
        except (FetchError, InvalidCode, OutsideError, OSError):  # gone, perhaps: a fetch will tell
            return None

    def has_changed(self, code: DatasetCode, validators: Mapping[str, str]) -> bool:
        """Return whether the file of a code, or the options for files, are others than when these validators were given; reads neither."""
        try:
            place, _ = self._find(code)
            now = {**self._facts(place), "toml": self._facts_of_toml()}
        except (FetchError, OutsideError, NoRegularFileError, OSError):  # gone, perhaps: a fetch will tell
            return True
        return any(validators.get(name) != value for name, value in now.items())

    def parse(self, code: DatasetCode | None, answer: RawResponse) -> Sequence[ParsedSeries]:
        """Read a file, which does not name its code, with the options that lanner.toml has for the file of this code."""
        if code is None:
            raise AnswerNotUnderstood("A file does not name its series.", hint="Give a code in place of *.")
        with as_refusals():
            return self._parsed(code, answer)

    def _parsed(self, code: DatasetCode, answer: RawResponse) -> Sequence[ParsedSeries]:
        name = PurePosixPath(unquote(urlsplit(answer.url).path)).name
        try:
            found = self._found(code, answer.options)
        except (DatasetNotFound, OutsideError, OSError):
            found = _Found(place=PurePath(name or code.dataset), key=(), options=options_for(None, "", answer.options))
        series = read_file(answer.body, name or found.place.as_posix(), found.options)
        return [series.parsed(code, stem_of(name or found.place.name), is_keyed=bool(found.key))]

    def listed_codes(self, database: str | None) -> Sequence[DatasetCode]:
        """Return the codes of the files in the folders of a database, or of all, sorted; those in files of several series are not known."""
        codes: set[DatasetCode] = set()
        for place in self._listed(self._folder.folders, PurePath()):
            if database in (None, place.name.upper()):
                codes.update(self._codes_in(place, PurePath(), MOST_LISTED - len(codes)))
        return sorted(codes)

    def _codes_in(self, database: PurePath, inside: PurePath, most: int) -> Iterator[DatasetCode]:
        named = (_code(database.name, (inside / stem_of(path.name)).as_posix()) for path in self._listed(self._files_in, database / inside))
        yield from islice(filter(None, named), most)
        for folder in self._listed(self._folder.folders, database / inside):
            if len(folder.parts) <= _DEEPEST:
                yield from self._codes_in(database, folder.relative_to(database), most)

    def _files_in(self, place: PurePath) -> list[PurePath]:
        return [path for _, path in self._files(place)]

    def _listed(self, listing: Callable[[PurePath], list[PurePath]], place: PurePath) -> list[PurePath]:
        """Return what there is in a place; nothing where lanner cannot look."""
        try:
            return listing(place)
        except (OutsideError, OSError):
            return []

    def _found(self, code: DatasetCode, given: Mapping[str, Any] | None = None) -> _Found:
        place, key = self._find(code)
        options = options_for(self._toml(), place.as_posix(), given)
        return _Found(place=place, key=key, options=with_key(options, key) if key else options)

    def _toml(self) -> bytes | None:
        return self._folder.read(PurePath(FILE_NAME), _MOST_TOML) if PurePath(FILE_NAME) in self._folder.files(PurePath()) else None

    def _validators(self, found: _Found) -> Mapping[str, str]:
        options = sha256(repr(found.options).encode()).hexdigest()
        return {**self._facts(found.place), "options": options, "toml": self._facts_of_toml()}

    def _facts(self, place: PurePath) -> Mapping[str, str]:
        changed, size = self._folder.stat(place)
        return {"mtime": str(changed), "size": str(size), "reader": str(PROVIDER.adapter_version)}

    def _facts_of_toml(self) -> str:
        there = PurePath(FILE_NAME) in self._folder.files(PurePath())
        return " ".join(map(str, self._folder.stat(PurePath(FILE_NAME)))) if there else ""

    def _find(self, code: DatasetCode) -> tuple[PurePath, Sequence[str]]:
        """Return the file of a code, and what the code says behind its name."""
        *folders, last = str(code).split("/")
        place = PurePath()
        for depth, name in enumerate(folders, 1):
            inside = [(path.name, path) for path in self._folder.folders(place)]
            files = [] if _same(name, inside) else _same(name, self._files(place))
            if files:
                return _choose(code, name, files), [*folders[depth:], last]
            place = _choose(code, name, inside)
        return _choose(code, last, self._files(place)), ()

    def _files(self, place: PurePath) -> list[tuple[str, PurePath]]:
        return [(stem_of(path.name), path) for path in self._folder.files(place) if path.suffix.lower() in SUFFIXES]


def _of_file(validators: Mapping[str, str]) -> Mapping[str, str]:
    """Return what tells that one file is as it was: all but the options of other files."""
    return {name: value for name, value in validators.items() if name != "toml"}


def own_spelling(options: Options, code: DatasetCode) -> DatasetCode | None:
    """Return a code as its file is spelled."""
    return None if problem(options) or options.path is None else FilesSource(options.path.expanduser()).own_spelling(code)


def listed_codes(options: Options, database: str | None) -> Sequence[DatasetCode]:
    """Return the codes of the files in the folders of a database, or of all, sorted; what no code can name is left out."""
    return () if problem(options) or options.path is None else FilesSource(options.path.expanduser()).listed_codes(database)


def has_changed(options: Options, code: DatasetCode, validators: Mapping[str, str]) -> bool:
    """Return whether the file of a code has changed."""
    return problem(options) == "" and options.path is not None and FilesSource(options.path.expanduser()).has_changed(code, validators)


@contextmanager
def _named_errors(code: DatasetCode) -> Iterator[None]:
    try:
        yield
    except OutsideError as exc:
        raise SourceForbidden(f"The file of {code} lies outside the folder.", hint=f"Put it under {_VARIABLE} itself.") from exc
    except NoRegularFileError as exc:
        raise SourceForbidden(f"What stands for {code} is no regular file.", hint="Put a file in its place.") from exc
    except PermissionError as exc:
        raise SourceForbidden(f"lanner may not read the file of {code}.", hint="Let lanner's user read it.") from exc
    except OSError as exc:
        raise SourceUnavailable(f"The file of {code} cannot be read: {exc.strerror}.", hint=f"Check {_VARIABLE}.") from exc


def _same(name: str, named: Sequence[tuple[str, PurePath]]) -> list[tuple[str, PurePath]]:
    """Return those of a name: exactly, else case-blind."""
    same = [(title, path) for title, path in named if title == name]
    return same or [(title, path) for title, path in named if title.casefold() == name.casefold()]


def _choose(code: DatasetCode, name: str, named: Sequence[tuple[str, PurePath]]) -> PurePath:
    same = [path for _, path in _same(name, named)]
    if not same:
        raise DatasetNotFound(f"The folder holds no file for {code}: there is no file or folder {name}.", hint=_nearby(name, dict(named)))
    if len(same) > 1:
        raise AnswerNotUnderstood(f"{code} may be {' and '.join(path.as_posix() for path in same)}.", hint="Keep one of them.")
    return same[0]


def _nearby(name: str, titles: Iterable[str]) -> str:
    known = {title.casefold(): title for title in titles if _is_askable(title)}
    close = get_close_matches(name.casefold(), known, n=5)
    return f"Beside it there are {', '.join(known[title] for title in close)}." if close else "There is none of a similar name beside it."


def _is_askable(title: str) -> bool:
    """Return whether a name can be part of a code."""
    return _code("FILES", title) is not None


def _code(database: str, dataset: str) -> DatasetCode | None:
    try:
        return DatasetCode(database, dataset)
    except InvalidCode:
        return None


PROVIDER = ProviderSpec(
    provider_api=2,
    name="files",
    title="A folder of CSV, Excel, JSON and Parquet files",
    databases=(),
    terms=Terms(attribution="The files' own", url=""),
    open=open_source,
    options=Options,
    problem=problem,
    own_spelling=own_spelling,
    has_changed=has_changed,
    listed_codes=listed_codes,
    reads_files=True,
    adapter_version=4,
)
