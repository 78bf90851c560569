"""``lanner export``: write series to a file."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from domain.controls import escape_controls
from entrypoints.cli.selection_options import read_selection, selection_options

if TYPE_CHECKING:
    from domain.use_cases.read_series import Reading
    from entrypoints.cli.series_files import Form
    from entrypoints.cli.session import Session

_FORMATS = ("json", "csv", "parquet", "arrow")


@click.command
@click.argument("codes", nargs=-1, required=True, metavar="CODE...")
@click.option("--format", "form", type=click.Choice(_FORMATS), help="By default the file's extension, or csv if it has none.")
@click.option("-o", "--output", type=click.Path(dir_okay=False, path_type=Path), help="The file.  [default: standard output]")
@click.option("--into", type=click.Path(file_okay=False, path_type=Path), help="A folder, for a file DATABASE/DATASET of each series.")
@selection_options
@click.option("--limit", type=click.IntRange(min=1), help="Only so many of the newest dates.")
@click.pass_obj
def export(  # noqa: PLR0913 - the command's options
    session: Session,
    /,
    *,
    codes: tuple[str, ...],
    form: str | None,
    output: Path | None,
    into: Path | None,
    provider: str | None,
    order: str,
    shape: str,
    **part: Any,
) -> None:
    """
    Write the observations of series as JSON, CSV, Parquet or Arrow, oldest first.

    Several series become one table with a row for each value (code, date, column, value), in JSON a line for each series; or a file each
    with --into, in the folders that the provider `files` reads. DATE is a day, or a moment with its offset from UTC.

    \b
      lanner export SAMPLE/CO2 SAMPLE/EUROFX --start 2000-01-01 \\
        --collapse monthly --aggregate mean -o monthly.parquet
    """  # noqa: D301 - click's mark of lines that stay as they are
    from entrypoints.cli.references import read_each
    from entrypoints.cli.series_files import Form
    from entrypoints.formats import Format

    if output and into:
        raise click.UsageError("--output and --into exclude each other.")
    chosen = Form(kind=Format(form or format_of(output)), newest_first=order == "desc", as_records=shape == "records", flags=part["flags"])
    if chosen.flags and len(codes) > 1 and not into and chosen.kind is not Format.JSON:
        raise click.UsageError("--flags of several series: give --into FOLDER, for a file each, or --format json.")
    readings = read_each(session.use_cases(), codes, provider, read_selection(**part))
    if into:
        _write_each(readings, chosen, into)
    else:
        _write_together(list(readings), chosen, output)


def format_of(output: Path | None) -> str:
    """Return the format that a file's extension names; csv if there is none."""
    ending = output.suffix.removeprefix(".").lower() if output else ""
    if ending and ending not in _FORMATS:
        known = ", ".join(f".{form}" for form in _FORMATS)
        raise click.UsageError(f"The extension of {output} is not a format. Use {known}, or add --format.")
    return ending or "csv"


def _write_together(readings: list[Reading], form: Form, output: Path | None) -> None:
    from entrypoints.cli.series_files import encode_readings
    from entrypoints.cli.series_output import state_name
    from entrypoints.cli.tables import say
    from entrypoints.formats import Format

    content = encode_readings(readings, form)
    if output is None:
        sys.stdout.buffer.write(escape(content) if form.kind is Format.CSV and sys.stdout.isatty() else content)
        return
    write(output, content)
    dates = sum(len(reading.observations) for reading in readings)
    what = state_name(readings[0]) if len(readings) == 1 else f"{len(readings)} series"
    say(f"{output}: {dates} dates, {what}.", err=True)


def _write_each(readings: Iterable[Reading], form: Form, into: Path) -> None:
    from entrypoints.cli.series_files import encode_readings
    from entrypoints.cli.series_output import state_name
    from entrypoints.cli.tables import say

    for reading in readings:
        output = into / f"{reading.series.alias}.{form.kind}"
        try:
            output.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise click.ClickException(f"{output.parent} cannot be made: {error.strerror}.") from error
        write(output, encode_readings([reading], form))
        say(f"{output}: {len(reading.observations)} dates, {state_name(reading)}.", err=True)


def escape(content: bytes) -> bytes:
    """Escape control characters, since a terminal would act on them."""
    return "\n".join(map(escape_controls, content.decode().split("\n"))).encode()


def write(output: Path, content: bytes) -> None:
    """Write the whole file or nothing."""
    part = output.with_name(f"{output.name}.part")
    try:
        part.write_bytes(content)
        part.replace(output)
    except OSError as error:
        raise click.ClickException(f"{output} cannot be written: {error.strerror}.") from error
