"""``lanner follow``: have series fetched by themselves."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from domain.schedules.schedule import Rule, ScheduleState
    from domain.schedules.selector import Selector
    from domain.use_cases import UseCases
    from domain.use_cases.manage_schedules import ManageSchedules
    from entrypoints.cli.session import Session


@click.command
@click.argument("codes", nargs=-1, required=True, metavar="CODE...")
@click.option("--every", metavar="LENGTH", help="At even intervals, such as 6h, 90m or 1d.")
@click.option("--cron", metavar="EXPRESSION", help="By a cron expression of five fields, such as '30 8 * * 1-5'.")
@click.option(
    "--calendar",
    is_flag=False,
    flag_value="",
    metavar="[PLACE][#TEXT]",
    help="When the provider's calendar, or the one at PLACE, lists a release; TEXT is in the titles of its events. After the CODEs.",
)
@click.option("--learn", is_flag=True, help="When releases are expected, from those of the past; the default.")
@click.option("--tz", default="", help="The time zone of --cron and --window, UTC by default, and of releases, the provider's by default.")
@click.option("--window", help="Only then, such as 'mon-fri 08:00-18:00'.")
@click.option("--jitter", default="0s", show_default=True, help="Up to so much later, always the same for one series.")
@click.option("--catch-up", default="15m", show_default=True, help="After a downtime, ask each series once within this time.")
@click.option(
    "--budget",
    type=click.IntRange(1, 100),
    default=4,
    show_default=True,
    help="How many looks a release may take, for --learn or --calendar.",
)
@click.pass_obj
def follow(session: Session, /, *, codes: tuple[str, ...], **options: Any) -> None:
    """
    Follow series: running workers fetch them by themselves from now on.

    CODE is DATABASE/DATASET or provider:DATABASE/DATASET, a mask such as 'FRED/GS*', or all that is stored of a provider, such as
    'fred:*'. A mask follows what is stored, now or later. What is followed already is followed by the new rule instead.

    A series that has not been fetched yet is fetched at once, as by `lanner fetch`. Exits with 1 if one of them failed, with 75 if one
    still waits; they are followed all the same.

    The PLACE of a --calendar is an https:// address, a file, or a name of LANNER_CALENDARS.
    """
    from domain.schedules.selector import Selector
    from entrypoints.cli.schedules import print_schedules, warn_without_worker

    rule = _rule(**options)
    use_cases = session.use_cases()
    manage_schedules = use_cases.manage_schedules
    selectors = [manage_schedules.resolve(Selector.parse(text, field="code")) for text in codes]
    followed = [_follow(manage_schedules, selector, rule).schedule.id for selector in selectors]
    code = _fetch_first(use_cases, selectors)
    print_schedules(map(manage_schedules.get, followed))
    warn_without_worker(use_cases)
    sys.exit(code)


def _fetch_first(use_cases: UseCases, selectors: Iterable[Selector]) -> int:
    """Fetch the series that have never been fetched, and say how that went; return the exit code."""
    from entrypoints.cli.fetch import complete_fetches, outcome_of, summarize

    codes = [(selector.code, selector.provider) for selector in selectors if selector.code]
    described = [use_cases.describe_series.by_code(code, provider).series for code, provider in codes]
    new = [series for series in described if series.checked_at is None and (series.fetch is None or not series.fetch.ended)]
    requested = [(series, use_cases.request_fetch(series.code, provider=series.provider).fetch) for series in new]
    if not requested:
        return 0
    names = {fetch.id: f"{series.provider}:{series.code}" for series, fetch in requested}
    ended = complete_fetches(use_cases, names)
    for series, _ in requested:
        # Its worker plans that too, but perhaps after it is shown here.
        use_cases.plan_next_look(series.id)
    return summarize(
        (names[fetch.id], *outcome_of(ended[fetch.id], use_cases.describe_series(series.id).series)) for series, fetch in requested
    )


def _calendar(spec: str) -> str:
    """Return the calendar of the option, a file with its whole path."""
    from domain.schedules.calendar import CalendarSource

    place, hash_, text = spec.partition("#")
    is_path = "://" not in place and ("/" in place or "." in place)
    is_file = place and not place.startswith("https://") and Path(place).is_file()
    if is_path and not is_file:
        raise click.UsageError(f"--calendar: there is no file {place}.")
    spec = f"{Path(place).resolve()}{hash_}{text}" if is_file else spec
    CalendarSource.parse(spec, field="--calendar")
    return spec


def _rule(*, every: str | None, cron: str | None, calendar: str | None, learn: bool, **others: Any) -> Rule:
    from domain.schedules.cron import check_cron
    from domain.schedules.durations import parse_duration
    from domain.schedules.schedule import LONGEST_CATCH_UP, LONGEST_INTERVAL, SHORTEST_INTERVAL, Rule, ScheduleKind
    from domain.schedules.window import AskingWindow
    from domain.schedules.zones import zone_of

    specs = {ScheduleKind.INTERVAL: every, ScheduleKind.CRON: cron, ScheduleKind.CALENDAR: calendar}
    given = [kind for kind, spec in specs.items() if spec is not None] + [ScheduleKind.LEARNED] * learn
    if len(given) > 1:
        raise click.UsageError("--every, --cron, --calendar and --learn exclude each other.")
    # Checked here too, so that what is wrong is named as an option.
    zone_of(others["tz"] or "UTC", field="--tz")
    if every is not None:
        parse_duration(every, field="--every", least=SHORTEST_INTERVAL, most=LONGEST_INTERVAL)
    if cron is not None:
        check_cron(cron, field="--cron", now=datetime.now(UTC))
    if calendar is not None:
        specs[ScheduleKind.CALENDAR] = _calendar(calendar)
    kind = given[0] if given else ScheduleKind.LEARNED
    lengths = {
        name: parse_duration(others[name], field=f"--{name.replace('_', '-')}", least=timedelta(0), most=LONGEST_CATCH_UP)
        for name in ("jitter", "catch_up")
    }
    window = AskingWindow.parse(others["window"], field="--window") if others["window"] else None
    return Rule(kind=kind, spec=specs.get(kind) or "", tz=others["tz"], window=window, budget=others["budget"], **lengths)


def _follow(manage_schedules: ManageSchedules, selector: Any, rule: Rule) -> ScheduleState:
    known = manage_schedules.find(selector)
    if not known:
        return manage_schedules.create(selector, rule)
    first = known[0].schedule
    if first.rule == rule and not first.paused:
        return known[0]
    changes = {name: getattr(rule, name) for name in rule.__slots__}
    return manage_schedules.change(first.id, changes | {"paused": False})
