"""How fresh a series is, and why, in words."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from domain.fetches import Fetch, FetchStatus, WaitingFor
from domain.frequency import Frequency
from domain.schedules.schedule import FollowedSeries
from domain.use_cases.describe_series import Described
from entrypoints.web import words

_HEADINGS = {"ok": "Fresh", "late": "Stale", "bad": "Not fetched", "busy": "Being fetched"}
_WAITS = {
    WaitingFor.RATE_LIMIT: "waits for its turn within the provider's limits, until",
    WaitingFor.CIRCUIT: "waits because the provider has not answered lately, until",
    WaitingFor.RETRY: "is tried again at",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Freshness:
    """
    A state with its reason.

    Attributes:
        dot: ``ok``, ``late``, ``bad`` or ``busy``; its colour is never the only sign.
        at_source: that the series has ended at its source, and what shows it.
        overdue: whether a release has been expected that has not come.
        splice: how its code is read, if another series stands in for it.
        needs_stand_in: whether it has ended or fails, so that one may be looked for.

    """

    dot: str
    title: str
    why: str
    hint: str = ""
    at_source: str = ""
    overdue: bool = False
    splice: str = ""
    needs_stand_in: bool = False

    @property
    def heading(self) -> str:
        """The state in a word or two."""
        return "Overdue" if self.overdue else _HEADINGS[self.dot]


def freshness(described: Described) -> Freshness:
    """Return how fresh a series is, and whether it has ended at its source."""
    return replace(
        _freshness(described), at_source=_at_source(described), splice=_splice(described), needs_stand_in=needs_stand_in(described)
    )


def needs_stand_in(described: Described) -> bool:
    """Return whether a series has ended at its source, fails, or is spliced."""
    found = described.series.at_source
    return found.has_ended or found.failing is not None or bool(_splice(described))


def _splice(described: Described) -> str:
    rule = described.rules[-1] if described.rules else None
    if rule is None or rule.ends:
        return ""
    scale = "" if rule.scale == 1 else f"{rule.scale:.6g} × "
    begun, start = words.day(rule.made_at.date()), words.day(rule.start)
    what = f"Since {begun} its code answers from {start} on with {scale}{rule.stand_in}, and each row says so."
    return f"{what} {rule.reason} This page shows its own values."


def _at_source(described: Described) -> str:
    found = described.series.at_source
    if not found.has_ended:
        return ""
    title = f"{found.status.capitalize()} at its source since {words.day(found.since)}"
    title += f"; {found.replaced_by} replaces it." if found.replaced_by else "."
    if not described.source_statuses:
        return title
    shown = described.source_statuses[-1]
    said = f" “{shown.words}”" if shown.words else ""
    return f"{title} {shown.reason}{said}{f' ({shown.url})' if shown.url else ''}"


def _of_formula(described: Described) -> Freshness:
    if described.failed:
        return Freshness(dot="bad", title="It cannot be computed now", why=described.failed.message, hint=described.failed.hint)
    checked = words.ago(described.series.checked_at, described.now) if described.series.checked_at else "never"
    dot, late = ("late", " One of them is stale.") if described.stale else ("ok", "")
    return Freshness(dot=dot, title="Computed when it is read", why=f"Of its series, the least fresh was checked {checked}.{late}")


def _freshness(described: Described) -> Freshness:
    if described.series.is_formula:
        return _of_formula(described)
    series, now = described.series, described.now
    fetch = series.fetch
    if fetch is not None and not fetch.ended:
        hint = fetch.failure.hint if fetch.failure and fetch.waiting_for is WaitingFor.RETRY else ""
        return Freshness(dot="busy", title="Being fetched", why=progress(described, fetch), hint=hint)
    checked = f"checked {words.ago(series.checked_at, now)}" if series.checked_at else "never fetched"
    if fetch is not None and fetch.status is not FetchStatus.SUCCESS:
        failure = fetch.failure
        said = failure.message if failure else "The fetch was cancelled."
        return Freshness(dot="bad", title=f"The last fetch failed; last {checked}", why=said, hint=failure.hint if failure else "")
    outcome = _outcome(fetch)
    title = f"{checked[0].upper()}{checked[1:]}{outcome}"
    if described.next_look is not None:
        return _followed(described.next_look, title, now)
    length = words.duration(described.stale_at - series.checked_at) if described.stale_at and series.checked_at else ""
    if described.stale:
        when = f" It counted as fresh for {length}." if length else ""
        return Freshness(dot="late", title=title, why=f"It is fetched again when it is next requested.{when}")
    until = words.day(described.stale_at)
    kind = f"{'An' if series.frequency is Frequency.ANNUAL else 'A'} {series.frequency} series" if series.frequency else "This series"
    return Freshness(
        dot="ok", title=title, why=f"{kind} counts as fresh for {length}, until {until} UTC; the next request after that fetches it."
    )


def _followed(look: FollowedSeries, title: str, now: datetime) -> Freshness:
    """Return the state of a series that is followed: it is looked at by its schedule, whatever its age."""
    at = f" {words.ago(look.next_at, now)}, {words.clock(look.next_at, now)}" if look.next_at else ""
    why = f"Next look{at}. {look.reason}"
    if look.overdue_since is None:
        return Freshness(dot="ok", title=title, why=why)
    since = words.day(look.overdue_since)
    why = f"{title}. {why} Until it comes, looks are at most a week apart."
    return Freshness(dot="late", title=f"A release has been expected since {since} UTC", why=why, overdue=True)


def _outcome(fetch: Fetch | None) -> str:
    if fetch is None or fetch.vintages_added is None:
        return ""
    return f", {words.counted(fetch.vintages_added, 'new vintage')}" if fetch.vintages_added else ", unchanged"


def progress(described: Described, fetch: Fetch) -> str:
    """
    Say what a fetch that has not ended does, or what it waits for and until when.

    With times of the clock: a page that looks again every second stays the same as long as nothing happens.
    """
    since = f"at {words.clock(fetch.created_at, described.now)}"
    if fetch.cancel_requested_at:
        return f"Requested {since}; it is being cancelled."
    if fetch.status is FetchStatus.RUNNING:
        return f"Requested {since}; a worker asks {described.series.provider} now (attempt {fetch.attempts})."
    if fetch.waiting_for is None:
        return f"Requested {since}; it begins as soon as a worker is free."
    last = f" {fetch.failure.message}" if fetch.failure else ""
    return f"Requested {since}; it {_WAITS[fetch.waiting_for]} {words.clock(fetch.not_before, described.now)}.{last}"
