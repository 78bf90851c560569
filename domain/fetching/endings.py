"""Decide after each fetch whether its series has ended at its source, or is published again."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import datetime, timedelta

from domain.codes import DatasetCode, parse_reference
from domain.errors import InvalidInput
from domain.fetches import Failure
from domain.series import Metadata, TimeSeries
from domain.source_status import AtSource, Failing, SourceStatus, StatusChange
from domain.vintages import Origin

#: For how long fetches must fail in the same way until the series counts as ended; what is not here never ends one.
LASTING = {Failing.MISSING: timedelta(days=1), Failing.SHRUNK: timedelta(days=1), Failing.UNREACHABLE: timedelta(days=30)}
_FAILING = {
    "gone": Failing.MISSING,
    "not_found": Failing.MISSING,
    "suspicious_shrink": Failing.SHRUNK,
    "suspicious_values": Failing.REFUSED,
    "forbidden": Failing.UNREACHABLE,
    "unavailable": Failing.UNREACHABLE,
    "timed_out": Failing.UNREACHABLE,
    "truncated": Failing.UNREACHABLE,
}
_WHY = {
    Failing.MISSING: "The provider has not known it, or had no observations of it",
    Failing.SHRUNK: "The provider's answers have lacked most of what is stored",
    Failing.UNREACHABLE: "The provider could not be reached, or denied access",
}
_MOST_WORDS = 300
_WORD = r"(discontinued|terminated|closed|suspended)"
_IN_TITLE = re.compile(rf"[(\[] ?{_WORD}\b", re.IGNORECASE)
_IN_CAPITALS = re.compile(r"\b(DISCONTINUED|TERMINATED|SUSPENDED)\b")
_IN_NOTES = re.compile(rf"\bthis (?:time )?(?:series|data ?set|table) (?:has been|was|is|is now) {_WORD}\b[^.\n]*", re.IGNORECASE)
# A code in capitals, perhaps as the end of a link; words of a sentence are none.
_SUCCESSOR = re.compile(
    r"\b(?i:replaced by|superseded by|succeeded by|renamed (?:to|as)|moved to|continued (?:as|by))"
    r"(?i:\s+the)?(?i:\s+(?:time )?series|\s+dataset|\s+code)?\s+[\"'“‘`(]*(?:https?://\S*/)?"
    r"((?:[A-Z0-9_]+/)?(?=[0-9_.-]*[A-Z])[A-Z0-9][A-Z0-9_.-]*[A-Z0-9])(?![A-Za-z0-9_/-])",
)


def after_success(series: TimeSeries, metadata: Metadata, origin: Origin | None, now: datetime) -> tuple[AtSource, StatusChange | None]:
    """
    Return the state of a series after a successful fetch, and its change if there is one.

    Args:
        metadata: as the fetch leaves them.
        origin: of the answer.

    """
    said = _said_to_end(metadata)
    if said is None:
        if not series.at_source.has_ended:
            return replace(series.at_source, failing=None, failing_since=None), None
        change = StatusChange(at=now, status=SourceStatus.ACTIVE, reason="The provider publishes it again.", url=_url(origin))
        return _changed(series, change, None)
    word, words = said
    status = SourceStatus.SUSPENDED if word == "suspended" else SourceStatus.DISCONTINUED
    change = StatusChange(
        at=now,
        status=status,
        replaced_by=_successor(series, f"{metadata.name}\n{metadata.description}"),
        reason=f"The provider's description says that it is {word}.",
        words=words,
        url=_url(origin),
    )
    return _changed(series, change, None)


def after_failure(series: TimeSeries, failure: Failure, now: datetime) -> tuple[AtSource, StatusChange | None]:
    """Return the state of a series after a fetch that failed for good, and its change if there is one."""
    before, failing = series.at_source, _FAILING.get(failure.code)
    if series.newest is None or failing is None:
        return before, None
    since = before.failing_since if before.failing is failing and before.failing_since else now
    found = replace(before, failing=failing, failing_since=since)
    successor = _successor(series, failure.message) if failing is Failing.MISSING else None
    lasts = failing in LASTING and now - since >= LASTING[failing]
    if failure.code == "gone" or successor:
        reason = "The provider has removed it." if successor is None else f"The provider names {successor} in its place."
    elif lasts:
        reason = f"{_WHY[failing]} since {since:%Y-%m-%d %H:%M} UTC."
    else:
        return found, None
    status = SourceStatus.GONE if failing is Failing.MISSING else SourceStatus.SUSPENDED
    if status is SourceStatus.SUSPENDED and before.has_ended:
        # What the provider said of it stands.
        return found, None
    change = StatusChange(
        at=now,
        status=status,
        replaced_by=successor or before.replaced_by,
        reason=reason,
        words=failure.message[:_MOST_WORDS],
        url=series.newest.origin.request,
    )
    return _changed(series, change, found)


def _changed(series: TimeSeries, change: StatusChange, failing: AtSource | None) -> tuple[AtSource, StatusChange | None]:
    """Return the state after a change; what says the same again is none."""
    before, failing = series.at_source, failing or AtSource()
    if (before.status, before.replaced_by) == (change.status, change.replaced_by):
        return replace(before, failing=failing.failing, failing_since=failing.failing_since), None
    since = before.since if before.status is change.status else change.at
    return replace(failing, status=change.status, since=since, replaced_by=change.replaced_by), change


def _said_to_end(metadata: Metadata) -> tuple[str, str] | None:
    """Return the word by which a provider's description says that a series has ended, and the words around it."""
    for pattern, text in ((_IN_TITLE, metadata.name), (_IN_CAPITALS, metadata.name), (_IN_NOTES, metadata.description)):
        found = pattern.search(text)
        if found:
            return found[1].lower(), (metadata.name if text is metadata.name else found[0])[:_MOST_WORDS]
    return None


def _successor(series: TimeSeries, words: str) -> str | None:
    found = _SUCCESSOR.search(words)
    if found is None:
        return None
    code = found[1] if "/" in found[1] else f"{series.code.database}/{found[1]}"
    try:
        _, successor = parse_reference(code)
    except InvalidInput:
        return None
    return None if successor == series.code else _reference(series.provider, successor)


def _reference(provider: str, code: DatasetCode) -> str:
    return f"{provider}:{code}"


def _url(origin: Origin | None) -> str:
    return origin.request if origin else ""
