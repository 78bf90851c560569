"""Codes of the series that files name."""

from __future__ import annotations

import re
from collections.abc import Collection

from adapters.provider_kit.own_files.grid import quoted, refused
from domain.codes import DatasetCode
from domain.errors import InvalidCode, InvalidInput

_NOT_IN_CODES = re.compile(r"[^A-Za-z0-9._\-+:^=@,$~!()|/]+")


def code_of(database: str, name: str, where: str) -> DatasetCode:
    """
    Return the code of a series: an underscore stands for what codes cannot hold.

    Args:
        where: what messages call the place of the name.

    Raises:
        InvalidInput: nothing of the name can be a code.

    """
    try:
        return DatasetCode(database, _NOT_IN_CODES.sub("_", name.strip()))
    except InvalidCode as exc:
        raise InvalidInput(f"{where}: {name[:40]!r} cannot be the code of a series. {exc.message}", field=exc.field, hint=exc.hint) from exc


def check_codes(file: str, names: Collection[str], database: str) -> None:
    """Raise InvalidInput if a name can be no code; AnswerNotUnderstood if two names give one."""
    given: dict[str, str] = {}
    for name in names:
        code = code_of(database, name, file).dataset
        if code == name:
            continue
        twin = code if code in names else given.setdefault(code, name)
        if twin != name:
            raise refused(file, f"the names {quoted(twin)} and {quoted(name)} both give the code {code}; rename one")
