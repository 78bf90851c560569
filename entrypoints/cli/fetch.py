"""``lanner fetch``: request series, complete their fetches and print how they ended."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from itertools import count
from typing import TYPE_CHECKING, TextIO

import click

if TYPE_CHECKING:
    from uuid import UUID

    from domain.codes import DatasetCode
    from domain.errors import FetchAlreadyRunning
    from domain.fetches import Allowed, Fetch
    from domain.series import TimeSeries
    from domain.use_cases import UseCases
    from domain.use_cases.request_fetch import Requested, RequestFetch
    from entrypoints.cli.session import Session

_WELL = ("success", "fresh")


@click.command
@click.argument("codes", nargs=-1, metavar="CODE...")
@click.option("--provider", help="The provider for codes without one.")
@click.option(
    "--file", "listed", type=click.File(encoding="utf-8-sig", errors="replace"), help="One code a line, # for comments; - is stdin."
)
@click.option("--refresh", is_flag=True, help="Fetch even if the series is fresh.")
@click.option("--allow-shrink", is_flag=True, help="Accept an answer with fewer than half of a column's stored values.")
@click.option("--allow", multiple=True, type=click.Choice(["shrink", "values"]), help="Accept what is refused as suspicious; repeatable.")
@click.pass_obj
def fetch(  # noqa: PLR0913 - the command's options
    session: Session,
    *,
    codes: tuple[str, ...],
    provider: str | None,
    listed: TextIO | None,
    refresh: bool,
    allow_shrink: bool,
    allow: tuple[str, ...],
) -> None:
    """
    Fetch series, and follow each fetch until it has ended or waits for another attempt.

    CODE is DATABASE/DATASET or provider:DATABASE/DATASET. If no worker begins within two seconds, this process fetches them itself.
    Exits with 1 if any failed, else with 75 if any still waits.
    """
    from domain.fetches import Suspicion
    from domain.use_cases.request_fetch import Requested
    from entrypoints.cli.fetch_states import reason

    places = [("", text) for text in codes] + (_listed(listed) if listed else [])
    if not places:
        raise click.UsageError("Name at least one CODE, or a --file that contains one.")
    use_cases = session.use_cases()
    wanted = _wanted(use_cases.request_fetch, places, provider)
    allowed = frozenset(map(Suspicion, (*allow, *(["shrink"] if allow_shrink else []))))
    asked = _by_series(_request_all(use_cases.request_fetch, wanted, refresh=refresh, allow=allowed))
    requested = {name: answer for name, answer in asked.items() if isinstance(answer, Requested)}
    names = {answer.fetch.id: name for name, answer in requested.items() if not answer.fetch.ended}
    fetches = complete_fetches(use_cases, names)
    code = summarize(
        (name, *outcome_of(fetches.get(answer.fetch.id), use_cases.describe_series(answer.series.id).series))
        if isinstance(answer, Requested)
        else (name, "error", reason(answer))
        for name, answer in asked.items()
    )
    for fetch_id, ended in fetches.items():
        _print_cells(names[fetch_id], ended)
    sys.exit(code)


def _by_series(asked: Mapping[str, Requested | FetchAlreadyRunning]) -> Mapping[str, Requested | FetchAlreadyRunning]:
    """Return the answers by the codes of the series, which may be spelled in another way than they were asked for."""
    from domain.use_cases.request_fetch import Requested

    return {
        f"{answer.series.provider}:{answer.series.code}" if isinstance(answer, Requested) else name: answer
        for name, answer in asked.items()
    }


def _print_cells(name: str, ended: Fetch) -> None:
    """Print the cells for which an answer was refused."""
    from entrypoints.cli.tables import number, print_table

    cells = ended.failure.cells if ended.failure and ended.ended else ()
    if not cells:
        return
    click.echo(f"\nRefused of {name}:")
    headings = ("date", "column", "value", "stored", "lowest", "highest", "gate")
    numbers = headings[2:6]
    rows = [
        (cell.date, cell.column or "", *(number(each) for each in (cell.value, cell.before, cell.low, cell.high)), cell.gate)
        for cell in cells
    ]
    print_table(headings, rows, right=numbers)


def _listed(lines: TextIO) -> list[tuple[str, str]]:
    texts = ((number, line.partition("#")[0].strip()) for number, line in enumerate(lines, start=1))
    return [(f"{lines.name} line {number}: ", text) for number, text in texts if text]


def _wanted(request_fetch: RequestFetch, places: Iterable[tuple[str, str]], provider: str | None) -> dict[str, tuple[str, DatasetCode]]:
    from domain.errors import DomainError, InvalidInput
    from entrypoints.cli.references import read_reference, warn_of_typo

    wanted = {}
    for place, text in places:
        try:
            named, code = read_reference(text, provider)
            chosen = request_fetch.provider_of(code, named).name
        except DomainError as error:
            raise InvalidInput(f"{place}{error.message}", field="code", hint=error.hint) from error
        if named is None:
            warn_of_typo(request_fetch, code, chosen)
        wanted[f"{chosen}:{code}"] = chosen, code
    return wanted


def _request_all(
    request_fetch: RequestFetch, wanted: Mapping[str, tuple[str, DatasetCode]], *, refresh: bool, allow: Allowed
) -> Mapping[str, Requested | FetchAlreadyRunning]:
    """Request each, a thousand in one transaction; a running fetch that does not allow what is allowed here is that code's error."""
    from uuid import uuid4

    from domain.use_cases.request_batch import MOST

    asked: dict[str, Requested | FetchAlreadyRunning] = {}
    names = list(wanted)
    for some in (names[at : at + MOST] for at in range(0, len(names), MOST)):
        identities = {name: wanted[name] for name in some}
        found = request_fetch.many(identities.values(), batch=uuid4(), refresh=refresh, allow=allow, request_id="", requester=None)
        asked |= {name: found[identity] for name, identity in identities.items()}
    return asked


def complete_fetches(use_cases: UseCases, names: Mapping[UUID, str]) -> Mapping[UUID, Fetch]:
    """Complete fetches, showing the progress, and return how each ended or waits."""
    from domain.use_cases.complete_fetches import CompleteFetches

    settled: dict[UUID, Fetch] = {}
    try:
        with _progress(names) as (report, tell):
            complete = CompleteFetches(
                follow_fetches=use_cases.follow_fetches,
                fetch_dataset=use_cases.fetch_dataset,
                on_run_here=lambda: tell("No worker has begun within 2 s: fetching here."),
            )
            for fetch in complete(names):
                settled[fetch.id] = fetch
                report(fetch)
    except KeyboardInterrupt:
        _say_what_is_left(len(names) - len(settled))
        raise
    return settled


def _say_what_is_left(number: int) -> None:
    from entrypoints.cli.tables import say

    left = "1 fetch is" if number == 1 else f"{number} fetches are"
    say(f"{left} left: `lanner fetch` with the same codes, or a worker, goes on; `lanner cancel CODE` ends one.", err=True)


@contextmanager
def _progress(names: Mapping[UUID, str]) -> Iterator[tuple[Callable[[Fetch], object], Callable[[str], object]]]:
    """Yield what reports that a fetch is settled, and what says a sentence meanwhile."""
    from entrypoints.cli.fetch_states import state_of
    from entrypoints.cli.tables import say

    if sys.stderr.isatty():
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

        columns = (TextColumn("fetching"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
        with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
            task = bar.add_task("", total=len(names))
            yield lambda _: bar.advance(task), bar.console.print
    else:
        ordinals = count(1)
        yield (
            lambda fetch: click.echo(f"{next(ordinals)} of {len(names)}: {names[fetch.id]} {state_of(fetch)}", err=True),
            lambda text: say(text, err=True),
        )


def outcome_of(ended: Fetch | None, series: TimeSeries) -> tuple[str, str]:
    """Return the state of a fetch, and what to say of it."""
    from entrypoints.cli.fetch_states import added, explain, left_out, state_of
    from entrypoints.cli.tables import when

    newest = series.newest
    kept = f"{newest.rows} rows, {when(newest.first)}..{when(newest.last)}" if newest else ""
    if ended is None:
        return "fresh", kept
    if ended.vintages_added is None:
        return state_of(ended), explain(ended)
    return ended.status, f"{added(ended.vintages_added)}, {kept}{left_out(ended)}"


def summarize(outcomes: Iterable[tuple[str, str, str]]) -> int:
    """Print a line for each series, and return the exit code: 1 if one failed, else 75 if one still waits, else 0."""
    from entrypoints.cli.exit_codes import STILL_WAITING
    from entrypoints.cli.fetch_states import FAILED
    from entrypoints.cli.tables import print_table, say

    lines = list(outcomes)
    print_table(("code", "state", "result"), lines, wraps=("result",), has_heading=False)
    states = Counter(state for _, state, _ in lines)
    if len(lines) > 1:
        say(", ".join(f"{number} {state}" for state, number in states.items()))
    if any(states[state] for state in FAILED):
        return 1
    return STILL_WAITING if set(states) - set(_WELL) else 0
