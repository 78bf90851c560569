"""``lanner follow``: have series fetched by themselves."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from domain.schedules.schedule import Rule, ScheduleState
    from domain.use_cases.manage_schedules import ManageSchedules
    from entrypoints.cli.session import Session


@click.command
@click.argument("codes", nargs=-1, required=True, metavar="CODE...")
@click.option("--every", metavar="LENGTH", help="At even intervals, such as 6h, 90m or 1d.")
@click.option("--cron", metavar="EXPRESSION", help="By a cron expression of five fields, such as '30 8 * * 1-5'.")
@click.option("--learn", is_flag=True, help="When releases are expected, from those of the past; the default.")
@click.option("--tz", default="UTC", show_default=True, help="The time zone of --cron and --window.")
@click.option("--window", help="Only then, such as 'mon-fri 08:00-18:00'.")
@click.option("--jitter", default="0s", show_default=True, help="Up to so much later, always the same for one series.")
@click.option("--catch-up", default="15m", show_default=True, help="After a downtime, ask each series once within this time.")
@click.option(
    "--budget", type=click.IntRange(1, 100), default=4, show_default=True, help="How many looks one release may take; for --learn."
)
@click.pass_obj
def follow(session: Session, /, *, codes: tuple[str, ...], **options: Any) -> None:
    """
    Follow series: running workers fetch them by themselves from now on.

    CODE is DATABASE/DATASET or provider:DATABASE/DATASET, a mask such as 'FRED/GS*', or all that is stored of a provider, such as
    'fred:*'. A mask follows what is stored, now or later. What is followed already is followed by the new rule instead.
    """
    from domain.schedules.selector import Selector
    from entrypoints.cli.schedules import print_schedules

    rule = _rule(**options)
    manage_schedules = session.use_cases().manage_schedules
    selectors = [Selector.parse(text, field="code") for text in codes]
    print_schedules([_follow(manage_schedules, manage_schedules.resolve(selector), rule) for selector in selectors])


def _rule(*, every: str | None, cron: str | None, learn: bool, **others: Any) -> Rule:
    from domain.schedules.cron import check_cron
    from domain.schedules.durations import parse_duration
    from domain.schedules.schedule import LONGEST_CATCH_UP, LONGEST_INTERVAL, SHORTEST_INTERVAL, Rule, ScheduleKind
    from domain.schedules.window import AskingWindow
    from domain.schedules.zones import zone_of

    if sum((every is not None, cron is not None, learn)) > 1:
        raise click.UsageError("--every, --cron and --learn exclude each other.")
    # Checked here too, so that what is wrong is named as an option.
    zone_of(others["tz"], field="--tz")
    if every is not None:
        parse_duration(every, field="--every", least=SHORTEST_INTERVAL, most=LONGEST_INTERVAL)
    if cron is not None:
        check_cron(cron, field="--cron", now=datetime.now(UTC))
    kind = ScheduleKind.INTERVAL if every is not None else ScheduleKind.CRON if cron is not None else ScheduleKind.LEARNED
    lengths = {
        name: parse_duration(others[name], field=f"--{name.replace('_', '-')}", least=timedelta(0), most=LONGEST_CATCH_UP)
        for name in ("jitter", "catch_up")
    }
    window = AskingWindow.parse(others["window"], field="--window") if others["window"] else None
    return Rule(kind=kind, spec=every or cron or "", tz=others["tz"], window=window, budget=others["budget"], **lengths)


def _follow(manage_schedules: ManageSchedules, selector: Any, rule: Rule) -> ScheduleState:
    known = manage_schedules.find(selector)
    if not known:
        return manage_schedules.create(selector, rule)
    first = known[0].schedule
    if first.rule == rule and not first.paused:
        return known[0]
    changes = {name: getattr(rule, name) for name in rule.__slots__}
    return manage_schedules.change(first.id, changes | {"paused": False})
