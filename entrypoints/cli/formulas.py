"""``lanner formulas``: define series that are computed from others, list and remove them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from domain.use_cases.manage_formulas import FormulaState, ManageFormulas
    from entrypoints.cli.session import Session


@click.group
def formulas() -> None:
    """Define series that are computed from others when they are read."""


@formulas.command("list")
@click.option(
    "--format", "form", type=click.Choice(["table", "json"]), default="table", show_default=True, help="json: one formula a line."
)
@click.pass_obj
def list_formulas(session: Session, *, form: str) -> None:
    """List the formulas in the order in which they were first defined."""
    from entrypoints.cli.empty_lists import say_if_empty
    from entrypoints.cli.tables import print_json, print_table

    found = say_if_empty(session, _all(session.use_cases().manage_formulas), "formulas")
    if form == "json":
        for each in found:
            print_json(_document(each))
        return
    rows = [(str(each.series.code), str(each.current.number), each.current.definition.expression) for each in found]
    print_table(("code", "definition", "expression"), rows, right=("definition",), wraps=("expression",), spare=("definition",))


@formulas.command("set")
@click.argument("code")
@click.argument("expression")
@click.option("--unit", default="", help="The unit of the values.  [default: what follows from the series]")
@click.option("--title", default="", help="The name of the series.")
@click.option("--fetch", is_flag=True, help="Request the series that are not stored yet.")
@click.pass_obj
def set_formula(session: Session, /, *, code: str, expression: str, **about: Any) -> None:
    """
    Define the formula CODE as EXPRESSION, or define it anew.

    A series is written as its database with the rest of the code in quotes. Beside + - * / ** and comparisons there are functions such as
    lag, diff, pct_change, yoy, ma, cumsum, log, where, index, collapse, splice and fillna.

    \b
      lanner formulas set MY/GROWTH \\
        "100 * (SAMPLE('GDP') / lag(SAMPLE('GDP'), 4) - 1)" --unit Percent
    """  # noqa: D301 - click's mark of lines that stay as they are
    from domain.codes import DatasetCode
    from entrypoints.cli.tables import say

    defined = session.use_cases().manage_formulas.define(DatasetCode.parse(code), expression, **about)
    current = defined.formula.current
    say(f"{defined.formula.series.code} = {current.definition.expression} (definition {current.number})")
    for requested in defined.requested:
        say(f"{requested} is requested.", err=True)


@formulas.command
@click.argument("code")
@click.pass_obj
def remove(session: Session, *, code: str) -> None:
    """Remove the formula CODE with all versions of its definition."""
    from domain.codes import DatasetCode
    from entrypoints.cli.tables import say

    wanted = DatasetCode.parse(code)
    session.use_cases().manage_formulas.remove(wanted)
    say(f"{wanted} is removed.")


def _all(manage_formulas: ManageFormulas) -> Iterator[FormulaState]:
    after: int | None = 0
    while after is not None:
        page = manage_formulas.list(after=after)
        yield from page.items
        after = page.next


def _document(formula: FormulaState) -> dict[str, object]:
    current = formula.current
    return {
        "id": formula.series.id,
        "code": str(formula.series.code),
        "title": current.definition.title,
        "expression": current.definition.expression,
        "unit": current.definition.unit,
        "components": current.definition.components,
        "looks_ahead": formula.looks_ahead,
        "definition": current.number,
        "defined_at": current.defined_at,
    }
