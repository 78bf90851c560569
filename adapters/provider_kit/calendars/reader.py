"""Reading iCalendars, in a child process within bounds of time and memory, from where a schedule or the settings say."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import parse_qsl, unquote, urlsplit

from adapters.provider_kit.calendars.events import BODY, read_events
from adapters.provider_kit.child_process.pool import children
from adapters.provider_kit.http.client import HttpClient
from adapters.provider_kit.http.deadlines import InFlightCall, in_flight
from adapters.provider_kit.http.outbound import DIRECT, Outbound
from adapters.provider_kit.http.status_errors import ErrorContext, is_success, status_error
from domain.errors import AnswerNotUnderstood, InvalidInput, SourceTimedOut
from domain.schedules.calendar import ReleaseEvent

_HEADERS = {"Accept": "text/calendar, */*;q=0.5"}


@dataclass(frozen=True, slots=True, kw_only=True)
class IcsReader:
    """
    Reads iCalendars.

    Attributes:
        named: those of the settings: a name → an address or a path. Their addresses may be private ones, as the operator says them.
        memory_bytes: what the process may use that parses them.
        seconds: what asking for one may take, and then reading it.
        outbound: how it is asked for.

    """

    named: Mapping[str, str] = field(default_factory=dict)
    memory_bytes: int
    seconds: float
    outbound: Outbound = DIRECT

    def check(self, place: str) -> None:
        if _is_name(place) and place not in self.named:
            raise InvalidInput(self._unknown(place), field="spec", hint="Name one of them there, or give its https:// address.")

    def read(self, place: str) -> Sequence[ReleaseEvent]:
        by_operator = _is_name(place)
        if by_operator and place not in self.named:
            raise AnswerNotUnderstood(self._unknown(place))
        where = self.named.get(place, place)
        body = self._of_file(Path(where)) if where.startswith("/") else self._of_address(where, by_operator=by_operator)
        late = SourceTimedOut(f"To read the calendar takes more than {self.seconds:g} seconds.")
        with in_flight(InFlightCall(until=time.monotonic() + self.seconds, late=late, owner=self)) as call:
            found: Sequence[ReleaseEvent] = children(self.memory_bytes).run(_read_in_child, body, datetime.now(UTC), call=call)
        return found

    def _unknown(self, name: str) -> str:
        known = f", but {' and '.join(sorted(self.named))}" if self.named else ""
        return f"LANNER_CALENDARS has no calendar {name!r}{known}."

    def _of_file(self, path: Path) -> bytes:
        try:
            if not path.is_file():
                raise AnswerNotUnderstood(f"There is no file {path.name} on the machine of this worker.")
            BODY.check(path.stat().st_size, "The calendar")
            return path.read_bytes()
        except OSError as exc:
            raise AnswerNotUnderstood(f"The file {path.name} cannot be read: {exc.strerror}.") from exc

    def _of_address(self, url: str, *, by_operator: bool) -> bytes:
        parts = urlsplit(url)
        client = HttpClient(
            "calendars",
            f"{parts.scheme}://{parts.netloc}",
            secrets=(),
            deadline_seconds=self.seconds,
            by_operator=by_operator,
            by_client=not by_operator,
            outbound=self.outbound,
        )
        segments = [unquote(segment) for segment in parts.path.split("/") if segment]
        answer = client.get(segments, dict(parse_qsl(parts.query, keep_blank_values=True)), _HEADERS)
        if not is_success(answer):
            raise status_error(answer, ErrorContext(host=client.host))
        return answer.body


def _is_name(place: str) -> bool:
    return not place.startswith(("/", "https:"))


def _read_in_child(_ask: Callable[..., object], body: bytes, now: datetime) -> Sequence[ReleaseEvent]:
    return read_events(body, now)
