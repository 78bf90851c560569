"""``lanner export``: write a series to a file."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from domain.controls import escape_controls, escape_controls_in_json
from entrypoints.cli.selection_options import read_selection, selection_options

if TYPE_CHECKING:
    from domain.use_cases.read_series import Reading
    from entrypoints.cli.session import Session

_FORMATS = ("json", "csv", "parquet", "arrow")


@click.command
@click.argument("code")
@click.option("--format", "form", type=click.Choice(_FORMATS), help="By default the file's extension, or csv if it has none.")
@click.option("-o", "--output", type=click.Path(dir_okay=False, path_type=Path), help="The file.  [default: standard output]")
@click.option("--provider", help="The provider, if not the one that the code is routed to.")
@selection_options
@click.pass_obj
def export(session: Session, /, *, code: str, form: str | None, output: Path | None, provider: str | None, **part: Any) -> None:
    """Write the observations of the series CODE as JSON, CSV, Parquet or Arrow, oldest first."""
    from entrypoints.cli.references import explain_missing_observations, find_series
    from entrypoints.cli.series_output import state_name
    from entrypoints.formats import Format

    form = form or format_of(output)
    selection, use_cases = read_selection(**part), session.use_cases()
    series = find_series(use_cases.describe_series, code, provider)
    with explain_missing_observations(series):
        reading = use_cases.read_series(series.id, replace(selection, by_rule=True))
    content = _encode(reading, form, flags=selection.flags)
    if output is None:
        sys.stdout.buffer.write(escape(content) if form == Format.CSV and sys.stdout.isatty() else content)
    else:
        write(output, content)
        click.echo(f"{output}: {len(reading.observations)} dates, {state_name(reading)}.", err=True)


def format_of(output: Path | None) -> str:
    """Return the format that a file's extension names; csv if there is none."""
    ending = output.suffix.removeprefix(".").lower() if output else ""
    if ending and ending not in _FORMATS:
        known = ", ".join(f".{form}" for form in _FORMATS)
        raise click.UsageError(f"The extension of {output} is not a format. Use {known}, or add --format.")
    return ending or "csv"


def _encode(reading: Reading, form: str, *, flags: bool) -> bytes:
    from entrypoints.cli.series_output import document
    from entrypoints.formats import Format, columnar, csv, encode, heading

    kind, observations = Format(form), reading.observations
    if kind is Format.JSON:
        return escape_controls_in_json(encode(document(reading, len(observations), flags=flags)).decode()).encode() + b"\n"
    if kind is Format.CSV:
        labels = reading.provenance
        return csv(observations, heading(observations, flags=flags, provenance=labels), flags=flags, provenance=labels)
    return columnar(reading, kind, flags=flags)


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
