"""The HTTP client: requests stay below the base URL, with deadlines, size limits, named errors and redacted secrets."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache, cached_property
from threading import Lock
from typing import TYPE_CHECKING
from urllib.parse import urljoin, urlsplit

from adapters.provider_kit.http.body import read_body
from adapters.provider_kit.http.connection_errors import ProxyFailed, what_to_do, why_unreachable
from adapters.provider_kit.http.deadlines import InFlightCall, abort_calls, in_flight
from adapters.provider_kit.http.outbound import DIRECT, Outbound
from adapters.provider_kit.http.redaction import BodyRedactor
from adapters.provider_kit.http.request import HttpRequest
from adapters.provider_kit.http.url_policy import UrlOrigin, is_below, is_public, origin, secure_twins
from adapters.provider_kit.options import variable
from adapters.provider_kit.parsing.bodies import plain
from domain.errors import (
    AnswerNotUnderstood,
    AnswerTruncated,
    FetchError,
    KeyRejected,
    SourceTimedOut,
    SourceUnavailable,
    ThrottledLocally,
)
from domain.ports import RawResponse
from domain.redaction import HIDDEN, Redactor

if TYPE_CHECKING:
    import urllib3

_CONNECT_SECONDS = 5.0
_READ_SECONDS = 15.0
_MAX_REDIRECTS = 3
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_NOTHING: Mapping[str, str] = {}
BeforeCall = Callable[[float], object]


class HttpClient:
    """
    Send requests to one provider, below one base URL; thread-safe.

    Args:
        provider: its name, for hints.
        base_url: scheme, host, port and path prefix of every request; empty if the provider needs no HTTP.
        secrets: redacted in messages, headers and bodies.
        deadline_seconds: for one call in all, or for all calls of a fetch that share a ``deadline``.
        by_operator: whether the base URL was configured, which permits a private address; only such a one can begin with http:.
        by_client: whether a client of the service chose it, so that a proxy must not resolve it to a private address either.
        outbound: how requests leave this network.
        before_call: called before each request with the seconds that are left for it; may wait, or raise ThrottledLocally.

    """

    def __init__(  # noqa: PLR0913 - what it keeps to, piece by piece
        self,
        provider: str,
        base_url: str,
        *,
        secrets: Sequence[str],
        deadline_seconds: float,
        by_operator: bool = False,
        by_client: bool = False,
        outbound: Outbound = DIRECT,
        before_call: BeforeCall | None = None,
    ) -> None:
        self._provider, self._base_url = provider, base_url.rstrip("/")
        self._texts, self._bodies = Redactor(secrets), BodyRedactor(secrets)
        self._deadline_seconds, self._before_call = deadline_seconds, before_call
        self._private, self._by_client = by_operator or base_url.startswith("http:"), by_client
        self._outbound = outbound
        self._is_aborted = False
        # The base URL's, and that of its like by https.
        self._pools: dict[UrlOrigin, urllib3.HTTPConnectionPool] = {}
        self._pools_lock = Lock()

    @property
    def host(self) -> str:
        """Host and port of the base URL."""
        return urlsplit(self._base_url).netloc

    @property
    def _name(self) -> str:
        return self.host or self._provider

    def variable(self, option: str) -> str:
        """Name the environment variable of one of the provider's options."""
        return variable(self._provider, option)

    def redact(self, text: str) -> str:
        """Return a text without the secrets, in any case, percent-encoded or base64."""
        return self._texts.text(text)

    def deadline(self) -> float:
        """Return the deadline of a fetch that begins now, as a time of the monotonic clock."""
        return time.monotonic() + self._deadline_seconds

    def abort_calls(self) -> None:
        """End every call at its socket with ``ThrottledLocally``, and refuse further ones, because the process shuts down."""
        self._is_aborted = True
        abort_calls(self, self._stopping())

    @contextmanager
    def reading(self, until: float) -> Iterator[InFlightCall]:
        """
        Limit the block to a ``deadline``, and end it when the calls are aborted.

        Raises:
            SourceTimedOut, ThrottledLocally: the deadline passed, or the calls were aborted.

        """
        late = SourceTimedOut(f"The answer of {self._name} was not read within the {self._deadline_seconds:g} seconds of a fetch.")
        with in_flight(InFlightCall(until=until, late=late, owner=self)) as call:
            if self._is_aborted:
                raise self._stopping()
            yield call

    def get(
        self,
        segments: Sequence[str],
        params: Mapping[str, str] = _NOTHING,
        headers: Mapping[str, str] = _NOTHING,
        *,
        secret_params: Mapping[str, str] = _NOTHING,
        until: float | None = None,
    ) -> RawResponse:
        """
        Send a GET request, and return its response with the body unpacked and in UTF-8, as ``plain`` makes it.

        Args:
            segments, params, headers, secret_params, until: as in ``HttpRequest``.

        Raises:
            AnswerNotUnderstood, AnswerTooLarge, AnswerTruncated: the body cannot be unpacked or decoded.
            FetchError: as ``send``.

        """
        return plain(self.send(HttpRequest(segments=segments, params=params, headers=headers, secret_params=secret_params, until=until)))

    def send(self, request: HttpRequest) -> RawResponse:
        """
        Send a GET request, and return its response with the body as it was sent.

        The deadline covers connecting, the headers and the body; only the name look-up is outside it.

        Returns:
            Any complete response, whatever its status, 304 included.

        Raises:
            SourceUnavailable, SourceTimedOut, AnswerTruncated, AnswerTooLarge: there is no response, or an incomplete one.
            AnswerNotUnderstood: its content coding was not asked for, or it redirects outside the base URL.
            DatasetNotFound: the segments do not lead below the base URL.
            KeyRejected: the key cannot be sent in a header.

        """
        if not request.can_be_sent:
            raise KeyRejected("The configured key holds characters that no header can carry.", hint=f"Check {self.variable('api_key')}.")
        limit = request.until or self.deadline()
        try:
            url = request.url_below(self._base)
        except UnicodeError as exc:
            raise self._unspeakable(exc) from exc
        for _ in range(_MAX_REDIRECTS + 1):
            answer = self._ask(url, request, limit)
            if answer.status not in _REDIRECTS:
                return answer
            url = self._redirected(url, answer, request)
        raise AnswerNotUnderstood(f"{self.host} redirected more than {_MAX_REDIRECTS} times.")

    def _prepared(self, url: str) -> str:
        import requests

        prepared = requests.PreparedRequest()
        try:
            prepared.prepare_url(url, {})
        except (requests.RequestException, ValueError) as exc:
            raise self._unspeakable(exc) from exc
        return prepared.url or ""

    def _unspeakable(self, reason: Exception) -> AnswerNotUnderstood:
        return AnswerNotUnderstood(f"{self.host} cannot be asked this ({type(reason).__name__}).")

    def _ask(self, url: str, request: HttpRequest, until: float) -> RawResponse:
        from urllib3 import Timeout

        if self._before_call:
            self._before_call(until - time.monotonic())
        late = SourceTimedOut(f"{self.host} took longer than {self._deadline_seconds:g} seconds in all.")
        remaining = until - time.monotonic()
        if remaining <= 0:
            raise late
        timeout = Timeout(connect=min(_CONNECT_SECONDS, remaining), read=min(_READ_SECONDS, remaining))
        sent = {**request.headers, "User-Agent": user_agent(), "Accept-Encoding": "gzip"}
        with in_flight(InFlightCall(until=until, late=late, query=request.secret_query, owner=self)):
            if self._is_aborted:
                raise self._stopping()
            with self._answered(url, sent, timeout) as raw, self._translated_body():
                body = read_body(raw, host=self.host)
            named = {name.lower(): self.redact(value) for name, value in raw.headers.items()}
        return RawResponse(body=self._bodies.body(body), status=raw.status, headers=named, url=self.redact(url))

    def _answered(self, url: str, headers: Mapping[str, str], timeout: urllib3.Timeout) -> urllib3.BaseHTTPResponse:
        """Send the request and read the status line and headers."""
        from urllib3 import exceptions

        from adapters.provider_kit.http.transport import NotPermitted, ask

        try:
            return ask(self._pool(url), url, headers=headers, timeout=timeout)
        except NotPermitted as exc:
            raise SourceUnavailable(
                f"{self.host} is at {exc}, which is no address of the open Internet, so it is not asked.",
                hint=f"If it is meant to be there, set {self.variable('base_url')}, which permits it.",
            ) from exc
        except exceptions.NewConnectionError as exc:
            raise self._unreachable(exc) from exc
        except exceptions.TimeoutError as exc:
            proxy = self._outbound.proxy_for(url)
            raise SourceTimedOut(f"{self.host} did not answer in time{f', through the proxy {proxy.place}' if proxy else ''}.") from exc
        except (exceptions.HTTPError, OSError, ProxyFailed) as exc:
            raise self._unreachable(exc) from exc

    @contextmanager
    def _translated_body(self) -> Iterator[None]:
        from urllib3 import exceptions

        try:
            yield
        except exceptions.TimeoutError as exc:
            raise SourceTimedOut(f"{self.host} went silent inside its answer.") from exc
        except (exceptions.HTTPError, OSError) as exc:
            raise AnswerTruncated(f"The answer of {self.host} ended too early.") from exc

    def _redirected(self, url: str, answer: RawResponse, request: HttpRequest) -> str:
        """Return the redirect's target: below the base URL, or its like by https, without the secret parameters, which are added again."""
        try:
            target = self._prepared(urljoin(url, answer.headers.get("location", "")))
            if any(is_below(target, base) for base in (self._base, *secure_twins(self._base))):
                target = request.without_secrets(target)
                if HIDDEN not in target:
                    return target
            where = "another path" if origin(target) == origin(url) else self.redact(urlsplit(target).netloc)
        except (ValueError, AnswerNotUnderstood):
            where = "an address that is none"
        hint = f"If that is the provider's new home, set {self.variable('base_url')}."
        raise AnswerNotUnderstood(f"{self.host} redirects to {where}; requests and keys are not taken outside its API.", hint=hint)

    @cached_property
    def _base(self) -> str:
        return self._prepared(self._base_url)

    def _pool(self, url: str) -> urllib3.HTTPConnectionPool:
        """
        Return the connection pool of an address.

        A ``Session`` of requests would read bodies of redirects without limit, keep cookies and connect to any address.
        """
        from adapters.provider_kit.http.transport import open_pool

        with self._pools_lock:
            if origin(url) not in self._pools:
                permits = _any if self._private else is_public
                self._pools[origin(url)] = open_pool(url, permits=permits, outbound=self._outbound, by_client=self._by_client)
            return self._pools[origin(url)]

    def _unreachable(self, error: Exception) -> SourceUnavailable:
        hint = what_to_do(error) or (
            f"Check the network, set {self.variable('base_url')} to an address that answers, "
            "or send the database to another provider with LANNER_ROUTES."
        )
        return SourceUnavailable(f"Could not reach {self.host}: {why_unreachable(error)}.", hint=f"{hint} lanner tries again by itself.")

    def _stopping(self) -> FetchError:
        return ThrottledLocally(f"The call to {self._name} was cut, since lanner stops.")


def _any(_address: str) -> bool:
    return True


@cache
def user_agent() -> str:
    """Return how requests name this program."""
    from importlib.metadata import PackageNotFoundError, version

    try:
        return f"lanner/{version('lanner')}"
    except PackageNotFoundError:
        return "lanner"
