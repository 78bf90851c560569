"""When a file was saved: as its name, its time or a column says."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, date, datetime
from pathlib import PurePosixPath

from adapters.provider_kit.own_files import stem_of
from domain.errors import InvalidInput

COLUMN, FILE_NAME, FILE_TIME, NONE = "column", "filename", "mtime", "none"
PUBLISHED = (COLUMN, FILE_NAME, FILE_TIME, NONE)
#: A day with its year first: any other order is in doubt.
_DAY = re.compile(r"(?<![0-9])((?:19|20)[0-9]{2})([-_.]?)(0[1-9]|1[0-2])\2(0[1-9]|[12][0-9]|3[01])(?![0-9])")
_JOINTS = "-_. ()[]"


def dated_name(name: str) -> tuple[str, date | None]:
    """
    Return a file's path without format endings and without the day in it, and the day; the path as it is, and None, if none is there.

    The day stands in the file's name, else in that of the innermost folder that has one.

    Raises:
        InvalidInput: there are two different days.

    """
    path = PurePosixPath(name)
    parts = [*path.parent.parts, stem_of(path.name)]
    for place in reversed(range(len(parts))):
        days = _days(parts[place], name)
        if days:
            parts[place] = _DAY.sub("", parts[place]).strip(_JOINTS)
            return "/".join(filter(None, parts)), days[0]
    return "/".join(parts), None


def _days(part: str, name: str) -> Sequence[date]:
    days = []
    for year, _, month, day in _DAY.findall(part):
        try:
            days.append(date(int(year), int(month), int(day)))
        except ValueError:  # the 31st of a month that has none
            continue
    if len(set(days)) > 1:
        raise InvalidInput(f"{name} holds two dates, {days[0]} and {days[1]}.", field="paths", hint="Rename it, so that one is left.")
    return days


def file_time(seconds: float) -> datetime:
    """Return the moment at which a file was changed, to the second."""
    return datetime.fromtimestamp(int(seconds), UTC)
