"""``lanner gates``: which gates the answers for a series have to pass, and setting them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from collections.abc import Iterator

    from domain.use_cases.manage_gates import GatesOfSeries
    from entrypoints.cli.session import Session

_INHERIT = "inherit"
_SWITCHES: dict[str, bool | None] = {"on": True, "off": False, _INHERIT: None}


def _deviations(_ctx: click.Context, _option: click.Parameter, text: str | None) -> dict[str, float | None]:
    """Return the change that the option asks for: a number of robust deviations, ``off`` or ``inherit``."""
    from domain.errors import InvalidInput
    from domain.gates.settings import check_deviations

    if text is None:
        return {}
    if text in ("off", _INHERIT):
        return {"deviations": 0.0 if text == "off" else None}
    try:
        number = float(text)
        check_deviations(number)
    except ValueError as error:
        raise click.BadParameter(f"{text!r} is no number; write one such as 8, off or {_INHERIT}.") from error
    except InvalidInput as error:
        raise click.BadParameter(error.message) from error
    return {"deviations": number}


@click.command
@click.argument("code")
@click.option("--provider", help="The provider, if not the one that the code is routed to.")
@click.option(
    "--deviations",
    callback=_deviations,
    metavar="NUMBER|off|inherit",
    help="Refuse changes beyond so many robust deviations.",
)
@click.option("--scale", type=click.Choice([*_SWITCHES]), help="Refuse values that are a power of ten times what they were.")
@click.option("--frequency", type=click.Choice([*_SWITCHES]), help="Refuse another frequency than before.")
@click.option("--format", "form", type=click.Choice(["table", "json"]), default="table", show_default=True, help="json: one line.")
@click.pass_obj
def gates(  # noqa: PLR0913 - the command's options
    session: Session,
    *,
    code: str,
    provider: str | None,
    deviations: dict[str, float | None],
    scale: str | None,
    frequency: str | None,
    form: str,
) -> None:
    """
    Show the quality gates of a stored series, or set its own.

    An answer that does not pass is not stored, and its fetch ends as suspicious_values; `lanner fetch --allow values` accepts it.
    What is set to inherit is as the series' provider has it.
    """
    from entrypoints.cli.references import find_series
    from entrypoints.cli.tables import print_json, print_table

    use_cases = session.use_cases()
    series = find_series(use_cases.describe_series, code, provider)
    changes = {**deviations, **{name: _SWITCHES[word] for name, word in (("scale", scale), ("frequency", frequency)) if word}}
    found = use_cases.manage_gates.change(series.id, changes) if changes else use_cases.manage_gates(series)
    if form == "json":
        name = f"{series.provider}:{series.code}"
        print_json({"code": name, "gates": found.own, "of_provider": found.of_provider, "gates_in_force": found.in_force})
    else:
        print_table(("gate", "of the series", "of the provider", "in force"), _rows(found))


def _rows(found: GatesOfSeries) -> Iterator[tuple[str, ...]]:
    from domain.gates.cells import Gate

    for gate in Gate:
        yield gate, *(_word(getattr(part, gate)) for part in (found.own, found.of_provider, found.in_force))


def _word(value: float | bool | None) -> str:  # noqa: FBT001 - a gate's setting, of any kind
    if value is None:
        return _INHERIT
    return "off" if not value else "on" if value is True else f"{value:g}"
