"""How tables of inputs and right readings are compared."""

from __future__ import annotations

from typing import Any

from adapters.provider_kit.own_files import FileSeries, read_file
from adapters.provider_kit.own_files.options import read_options


def read(body: bytes | str, **options: Any) -> FileSeries:
    return read_file(body if isinstance(body, bytes) else body.encode(), "a file", read_options(options))


def rows(series: FileSeries) -> list[list[Any]]:
    return [[text, *values] for text, (_, values) in zip(series.observations.texts(), series.observations.rows(), strict=True)]


def column(body: bytes | str, **options: Any) -> list[float | None]:
    """Give the only column."""
    return [row[1] for row in rows(read(body, **options))]


def dates(body: bytes | str, **options: Any) -> list[str]:
    return read(body, **options).observations.texts()


def months(cells: list[str], delimiter: str = ";", name: str = "Value") -> str:
    """Write cells under months, those that hold the delimiter in quotes."""
    lines = [f"2021-{month:02}{delimiter}" + (f'"{cell}"' if delimiter in cell else cell) for month, cell in enumerate(cells, 1)]
    return "\n".join([f"Month{delimiter}{name}", *lines]) + "\n"


def under_dates(cells: list[str], name: str = "Date") -> str:
    """Write dates beside the numbers 1, 2, 3, …."""
    return "\n".join([f"{name};v", *(f'"{cell}";{number}' for number, cell in enumerate(cells, 1))]) + "\n"
