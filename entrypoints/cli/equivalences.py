"""``lanner equivalences``: series that should agree, and how they have diverged."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

import click

from domain.stand_ins.equivalence import DEFAULT_AFTER, DEFAULT_TOLERANCE, LONGEST_AFTER, Side
from entrypoints.cli.empty_lists import say_if_empty

if TYPE_CHECKING:
    from domain.stand_ins.equivalence import Divergence, Equivalence
    from entrypoints.cli.session import Session

_FORMAT = click.option(
    "--format", "form", type=click.Choice(["table", "json"]), default="table", show_default=True, help="json: one object a line."
)
_PREFER = click.Choice([side.value for side in Side])


@click.group
def equivalences() -> None:
    """Have series compared that should agree, and let one stand in for the other."""


@equivalences.command
@click.argument("a")
@click.argument("b")
@click.option("--scale", type=float, default=1.0, show_default=True, help="By what B is multiplied to be A.")
@click.option(
    "--tolerance", type=float, default=DEFAULT_TOLERANCE, show_default=True, help="The greatest difference, as a share of the larger value."
)
@click.option("--prefer", type=_PREFER, default=Side.A.value, show_default=True, help="The series that is read as long as it lives.")
@click.option(
    "--column", "columns", multiple=True, help="A column of both, or A's=B's; may be repeated.  [default: those of the same name]"
)
@click.option("--failover", is_flag=True, help="Let the other series stand in once the preferred one fails.")
@click.option(
    "--failover-after", default=f"{DEFAULT_AFTER.days}d", show_default=True, help="For how long it must have failed, such as 12h."
)
@click.pass_obj
def add(session: Session, /, *, a: str, b: str, **more: Any) -> None:
    """Have the stored series A and B compared now, and whenever something arrives."""
    from domain.codes import parse_reference

    _print(session.use_cases().manage_equivalences.create(parse_reference(a), parse_reference(b), **_fields(more)))


@equivalences.command("list")
@_FORMAT
@click.pass_obj
def list_equivalences(session: Session, *, form: str) -> None:
    """List the equivalences, oldest first."""
    from entrypoints.cli.tables import print_json

    for number, each in enumerate(say_if_empty(session, session.use_cases().manage_equivalences.list(), "equivalences")):
        if form == "json":
            print_json(_document(each))
            continue
        if number:
            click.echo()
        _print(each)


@equivalences.command
@click.argument("equivalence_id", type=click.UUID)
@click.option("--scale", type=float, help="By what B is multiplied to be A.")
@click.option("--tolerance", type=float, help="The greatest difference, as a share of the larger value.")
@click.option("--prefer", type=_PREFER, help="The series that is read as long as it lives.")
@click.option("--column", "columns", multiple=True, help="A column of both, or A's=B's; may be repeated, and replaces all.")
@click.option("--failover/--no-failover", default=None, help="Whether the other series may stand in; without it a splice ends.")
@click.option("--failover-after", help="For how long the preferred series must have failed, such as 12h.")
@click.pass_obj
def change(session: Session, /, *, equivalence_id: UUID, **given: Any) -> None:
    """Change an equivalence, and compare again."""
    changes = {name: value for name, value in given.items() if value not in (None, ())}
    _print(session.use_cases().manage_equivalences.change(equivalence_id, _fields(changes)))


@equivalences.command
@click.argument("equivalence_id", type=click.UUID)
@click.pass_obj
def remove(session: Session, equivalence_id: UUID) -> None:
    """Remove an equivalence with its divergences; a splice ends."""
    from entrypoints.cli.tables import say

    session.use_cases().manage_equivalences.remove(equivalence_id)
    say(f"Equivalence {equivalence_id} is removed.")


@equivalences.command
@click.argument("equivalence_id", type=click.UUID, required=False)
@click.option("--limit", type=click.IntRange(1, 1000), default=20, show_default=True, help="How many, the last found first.")
@_FORMAT
@click.pass_obj
def divergences(session: Session, equivalence_id: UUID | None, *, limit: int, form: str) -> None:
    """List what has come apart by more than the tolerance, of one equivalence or of all."""
    from entrypoints.cli.tables import number, print_json, print_table, when

    found = session.use_cases().manage_equivalences.divergences(equivalence_id, limit=limit).items
    if form == "json":
        for each in found:
            print_json(_divergence(each))
        return
    headings = ("found", "a", "vintage", "b", "vintage", "values", "largest", "date", "column", "of a", "of b")
    rows = [
        (
            when(each.found_at),
            each.a.reference,
            str(each.vintages[0]),
            each.b.reference,
            str(each.vintages[1]),
            str(each.count),
            f"{each.largest:.2%}",
            each.cells[0].date,
            each.cells[0].column,
            number(each.cells[0].a),
            number(each.cells[0].b),
        )
        for each in say_if_empty(session, found, "divergences", among=equivalence_id is not None)
    ]
    spare = ("vintage", "column", "values", "date", "of a", "of b")
    print_table(headings, rows, right=("values", "largest", "of a", "of b"), spare=spare)


def _fields(given: dict[str, Any]) -> dict[str, Any]:
    """Return options as fields of an equivalence; raises InvalidInput."""
    from domain.schedules.durations import parse_duration

    if "failover_after" in given:
        given["failover_after"] = parse_duration(given["failover_after"], field="failover_after", least=timedelta(0), most=LONGEST_AFTER)
    if "prefer" in given:
        given["prefer"] = Side(given["prefer"])
    if "columns" in given:
        pairs = [text.partition("=") for text in given["columns"]]
        given["columns"] = {own: other if equals else own for own, equals, other in pairs}
    return given


def _print(equivalence: Equivalence) -> None:
    from domain.schedules.durations import write_duration
    from entrypoints.cli.tables import number, print_paragraph, say, when

    each = equivalence
    scale = "" if each.scale == 1 else f"{number(each.scale)} × "
    say(f"{each.id}  {each.a.reference} = {scale}{each.b.reference}")
    stands_in = f"{each.stand_in.reference} stands in for {each.preferred.reference} after {write_duration(each.failover_after)}"
    facts = {
        "tolerance": f"{each.tolerance:.4%}",
        "columns": ", ".join(f"{own} = {other}" for own, other in each.columns.items()),
        "fail-over": stands_in if each.failover else "",
        "compared": f"{when(each.compared_at)}, {each.diverging} value{'' if each.diverging == 1 else 's'} beyond the tolerance",
    }
    for name, text in facts.items():
        if text:
            print_paragraph(f"{name:<12}{text}", indent=2)


def _document(equivalence: Equivalence) -> dict[str, object]:
    from domain.schedules.durations import write_duration

    return {
        "id": equivalence.id,
        "a": equivalence.a.reference,
        "b": equivalence.b.reference,
        "scale": equivalence.scale,
        "tolerance": equivalence.tolerance,
        "prefer": equivalence.prefer,
        "columns": dict(equivalence.columns),
        "failover": equivalence.failover,
        "failover_after": write_duration(equivalence.failover_after),
        "diverging": equivalence.diverging,
        "compared_at": equivalence.compared_at,
    }


def _divergence(divergence: Divergence) -> dict[str, object]:
    from dataclasses import asdict

    return {
        "position": divergence.position,
        "equivalence": divergence.equivalence_id,
        "found_at": divergence.found_at,
        "arrived": divergence.arrived,
        "a": {"series": divergence.a.reference, "vintage": divergence.vintages[0]},
        "b": {"series": divergence.b.reference, "vintage": divergence.vintages[1]},
        "values": divergence.count,
        "diverging": divergence.diverging,
        "first_date": divergence.first,
        "last_date": divergence.last,
        "largest_difference": divergence.largest,
        "cells": [asdict(cell) for cell in divergence.cells],
    }
