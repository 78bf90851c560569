"""Dataset codes: their form, parsing and aliases."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Self

from domain.errors import InvalidCode

_DATABASE = re.compile(r"[A-Z0-9][A-Z0-9_]{0,31}")
_DATASET = re.compile(r"[A-Za-z0-9._\-+:^=@,$~!()|/]{1,200}")
_PROVIDER = re.compile(r"[a-z][a-z0-9_]{0,31}")
#: Words with a small letter among them, as Quandl's site appended them to codes.
_TITLED = re.compile(r"([A-Z0-9_]+)-(?=[A-Z0-9-]*[a-z])[A-Za-z0-9-]+")
_SHOWN = 40
#: Stands for the provider in the identity of a series that is computed by a formula; no provider has this name.
FORMULA = "formula"


@dataclass(frozen=True, slots=True, order=True)
class DatasetCode:
    """
    A provider's name for a series: an upper-case database code and a dataset code in the provider's own spelling.

    Raises:
        InvalidCode: if either part is malformed; ``field`` names the part.

    """

    database: str
    dataset: str

    def __post_init__(self) -> None:
        object.__setattr__(self, "database", self.database.upper())
        if not _DATABASE.fullmatch(self.database):
            raise InvalidCode(
                f"database_code {_shown(self.database)} is not valid.",
                field="database_code",
                hint="Use 1 to 32 of A-Z, 0-9 and _, not beginning with _.",
            )
        segments = self.dataset.split("/")
        if not _DATASET.fullmatch(self.dataset) or any(part in ("", ".", "..") for part in segments):
            raise InvalidCode(
                f"dataset_code {_shown(self.dataset)} is not valid.",
                field="dataset_code",
                hint="Use 1 to 200 of A-Z, a-z, 0-9 and ._-+:^=@,$~!()|/ with no empty, '.' or '..' segment.",
            )

    @classmethod
    def parse(cls, text: str) -> Self:
        """Parse ``DATABASE/DATASET``, split at the first slash."""
        database, slash, dataset = text.partition("/")
        if not slash:
            raise InvalidCode(f"The code {_shown(text)} has no slash.", field="code")
        return cls(database, dataset)

    @property
    def alias(self) -> str:
        """The spelling in ``[A-Z0-9_]/[A-Z0-9_]`` by which Quandl clients can ask for the series."""
        return f"{self.database}/{re.sub('[^A-Z0-9]', '_', self.dataset.upper())}"

    @property
    def without_title(self) -> Self | None:
        """The code without the title that old addresses have behind it, ``GDPC1-Real-Gross-Domestic-Product``; None if it has none."""
        titled = _TITLED.fullmatch(self.dataset)
        return type(self)(self.database, titled[1]) if titled else None

    def __str__(self) -> str:
        return f"{self.database}/{self.dataset}"


def parse_reference(text: str) -> tuple[str | None, DatasetCode]:
    """Parse ``[provider:]DATABASE/DATASET``; a colon after the first slash belongs to the dataset code."""
    provider, colon, rest = text.partition(":")
    if colon and _PROVIDER.fullmatch(provider):
        return provider, DatasetCode.parse(rest)
    return None, DatasetCode.parse(text)


def _shown(text: str) -> str:
    return repr(text if len(text) <= _SHOWN else text[:_SHOWN] + "…")
