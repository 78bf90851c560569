"""Codes of the series that files name."""

from __future__ import annotations

import re

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
