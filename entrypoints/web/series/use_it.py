"""Using a series elsewhere: its addresses, and lines for the usual tools with the chosen state in them."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlencode

from entrypoints.formats import Format, axis_name
from entrypoints.rest.http.links import public_path
from entrypoints.web import words
from entrypoints.web.series.state import State
from entrypoints.web.series.view import View


@dataclass(frozen=True, slots=True)
class Snippet:
    """Lines for one tool."""

    tool: str
    text: str


def state_parameters(state: State) -> dict[str, str]:
    """Return the parameters of ``/data`` that select the chosen state and range."""
    moment = {name: state.given[name] for name in ("as_of", "vintage") if name in state.given}
    range_ = {"start_date": words.iso(state.start), "end_date": words.iso(state.end)}
    return {**{name: value for name, value in range_.items() if value}, **moment}


def downloads(view: View) -> dict[str, str]:
    """Return the paths of the stored values in each format, in the chosen state and range."""
    query = urlencode(state_parameters(view.state))
    path = public_path(f"/timeseries/{view.series.id}/data")
    return {kind: f"{path}.{kind}{'?' if query else ''}{query}" for kind in Format}


def pinned(view: View) -> str:
    """Return the path of a formula's result that stays the same: its series as they are recorded up to now; empty for other series."""
    if view.computed is None:
        return ""
    query = urlencode({**state_parameters(view.state), "position": view.computed.position})
    return public_path(f"/timeseries/{view.series.id}/data.json?{query}")


def compare_query(view: View) -> str:
    """Return the query of the comparison that begins with this series, in its column, units, range and moment."""
    state = view.state
    number = view.columns.index(view.column) + 1
    item = f"{view.series.provider}:{view.series.code}" + (f";column={number}" if number > 1 else "")
    given = {name: state.given[name] for name in ("transform", "start", "end", "as_of") if name in state.given}
    return urlencode({"s": item, **given}, safe="/:;=,")


def snippets(view: View, origin: str, permalink: str, *, keyed: bool) -> list[Snippet]:
    """
    Return lines for each tool.

    Args:
        origin: scheme, host and path prefix of this service.
        permalink: of the page, which stands above the lines.
        keyed: whether requests need an API key.

    """
    code = f"{view.series.provider}:{view.series.code}"
    query = urlencode({"code": code, **state_parameters(view.state)}, safe="/:")
    csv, parquet = f"{origin}/data.csv?{query}", f"{origin}/data.parquet?{query}"
    axis = axis_name(view.today)
    headers = ', storage_options={"X-Api-Token": KEY}' if keyed else ""
    curl = " -H 'X-Api-Token: KEY'" if keyed else ""
    lines = {
        "pandas": f'import pandas as pd\n\ndf = pd.read_csv(\n    "{csv}",\n    index_col="{axis}", parse_dates=True{headers})\nprint(df)',
        "polars": f'import polars as pl\n\ndf = pl.read_parquet(\n    "{parquet}"{headers})\nprint(df)',
        "curl": f"curl{curl} \\\n  '{_in_shell(csv)}'",
        "R": _in_r(csv, keyed=keyed),
        "DuckDB": _in_duckdb(parquet, keyed=keyed),
        "quandl": _quandl(view, origin, keyed=keyed),
    }
    found = [Snippet(tool, f"{'--' if tool == 'DuckDB' else '#'} {permalink}\n{text}") for tool, text in lines.items()]
    return [*found, Snippet("Excel", _in_excel(csv, permalink, keyed=keyed)), Snippet("Sheets", _in_sheets(csv, permalink, keyed=keyed))]


def _in_excel(csv: str, permalink: str, *, keyed: bool) -> str:
    header = "\nand under Advanced the header X-Api-Token with your key" if keyed else f'\n\nor as text in one cell:\n=WEBSERVICE("{csv}")'
    return f"{permalink}\n\nData → From Web (Power Query):\n{csv}{header}"


def _in_sheets(csv: str, permalink: str, *, keyed: bool) -> str:
    if keyed:
        return f"{permalink}\n\nSheets sends no key: download the CSV and import it, File → Import:\n{csv}"
    return f'{permalink}\n\nIf Google can reach this service:\n=IMPORTDATA("{csv}")'


def _in_shell(text: str) -> str:
    return text.replace("'", "'\\''")


def _in_r(csv: str, *, keyed: bool) -> str:
    if keyed:
        return f'read.csv(url(\n  "{csv}",\n  headers = c("X-Api-Token" = KEY)))'
    return f'read.csv(\n  "{csv}")'


def _in_duckdb(parquet: str, *, keyed: bool) -> str:
    key = ["CREATE SECRET (TYPE http, EXTRA_HTTP_HEADERS MAP {'X-Api-Token': 'KEY'});"] if keyed else []
    quoted = parquet.replace("'", "''")
    return "\n".join(["INSTALL httpfs; LOAD httpfs;", *key, "FROM read_parquet(", f"  '{quoted}');"])


def _quandl(view: View, origin: str, *, keyed: bool) -> str:
    options = state_parameters(view.state).items()
    arguments = "".join(f", {name}={value}" if name == "vintage" else f', {name}="{value}"' for name, value in options)
    scheme = origin.partition("//")[0] + "//"
    lines = [f'quandl.ApiConfig.api_base = "{origin}/api/v3"', f'quandl.ApiConfig.api_protocol = "{scheme}"']
    if keyed:
        lines.append("quandl.ApiConfig.api_key = KEY")
    return "\n".join(["import quandl\n", *lines, f'\nprint(quandl.get("{view.series.alias}"{arguments}))'])
