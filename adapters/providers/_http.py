"""One polite HTTP client: urls that cannot be led astray, deadlines, size limits, errors translated, secrets kept."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache, cached_property
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, unquote, urljoin, urlsplit

from adapters.providers._bodies import read_body
from adapters.providers._options import variable
from domain.errors import (
    AnswerNotUnderstood,
    AnswerTruncated,
    DatasetNotFound,
    FetchError,
    KeyRejected,
    SourceTimedOut,
    SourceUnavailable,
)
from domain.ports import Answer

if TYPE_CHECKING:
    import requests
    from requests.adapters import HTTPAdapter

_CONNECT_SECONDS = 5.0
_READ_SECONDS = 15.0
_MAX_REDIRECTS = 3
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_NOTHING: Mapping[str, str] = {}
BeforeCall = Callable[[float], object]


class HttpClient:
    """
    Speaks to one provider, below one base URL; may be shared by threads.

    Args:
        provider: its name, for hints.
        base_url: scheme, host, port and path prefix that no request leaves; empty if the provider needs no HTTP.
        secrets: never to be seen in a message.
        deadline_seconds: for one call in all, or for all calls of a fetch that share a ``deadline``.
        before_call: is told before each call how many seconds are left for it; may wait, or raise CallRefused.

    """

    def __init__(
        self,
        provider: str,
        base_url: str,
        *,
        secrets: Sequence[str],
        deadline_seconds: float,
        before_call: BeforeCall | None = None,
    ) -> None:
        self._provider, self._base_url, self._secrets = provider, base_url.rstrip("/"), tuple(filter(None, secrets))
        self._deadline_seconds, self._before_call = deadline_seconds, before_call

    @property
    def host(self) -> str:
        """Host and port of the base URL."""
        return urlsplit(self._base_url).netloc

    def variable(self, option: str) -> str:
        """Name the environment variable of one of the provider's options."""
        return variable(self._provider, option)

    def redact(self, text: str) -> str:
        """Take the secrets out of a text."""
        for secret in self._secrets:
            text = text.replace(secret, "***")
        return text

    def deadline(self) -> float:
        """Give the moment, by the monotonic clock, at which a fetch that begins now has taken too long."""
        return time.monotonic() + self._deadline_seconds

    def get(
        self,
        segments: Sequence[str],
        params: Mapping[str, str] = _NOTHING,
        headers: Mapping[str, str] = _NOTHING,
        *,
        until: float | None = None,
    ) -> Answer:
        """
        Ask for what lies under the base URL at these path segments.

        Returns:
            Any complete answer, whatever its status.

        Raises:
            SourceUnavailable, SourceTimedOut, AnswerTruncated, AnswerTooLarge: it did not come, or not in whole.
            AnswerNotUnderstood: its coding is not one that was asked for, or it leads outside the base URL.
            DatasetNotFound: the segments do not lead below the base URL.
            KeyRejected: the key cannot stand in a header.

        """
        if not all(value.isascii() and value.isprintable() and value == value.strip() for value in headers.values()):
            raise KeyRejected("The configured key holds characters that no header can carry.", hint=f"Check {self.variable('api_key')}.")
        limit = until or self.deadline()
        with self._translated():
            url = self._url(segments, params)
            for _ in range(_MAX_REDIRECTS + 1):
                answer = self._ask(url, headers, limit)
                if answer.status not in _REDIRECTS:
                    return answer
                url = self._redirected(url, answer)
        raise AnswerNotUnderstood(f"{self.host} redirected more than {_MAX_REDIRECTS} times.")

    def _url(self, segments: Sequence[str], params: Mapping[str, str]) -> str:
        import requests

        if any(segment in ("", ".", "..") for segment in segments):
            raise DatasetNotFound("The code cannot be part of an address.")
        path = "/".join(quote(segment, safe="") for segment in segments)
        url = requests.Request("GET", f"{self._base_url}/{path}", params=dict(params)).prepare().url or ""
        if not self._is_inside(url):
            raise DatasetNotFound("The code leads outside the provider's API.")
        return url

    def _is_inside(self, url: str) -> bool:
        """Tell whether an address lies below the base URL."""
        import requests

        prefix = urlsplit(requests.utils.requote_uri(self._base_url)).path + "/"
        return _origin(url) == _origin(self._base_url) and urlsplit(url).path.startswith(prefix)

    def _ask(self, url: str, headers: Mapping[str, str], until: float) -> Answer:
        import requests

        if self._before_call:
            self._before_call(until - time.monotonic())
        remaining = until - time.monotonic()
        if remaining <= 0:
            raise SourceTimedOut(f"{self.host} took longer than {self._deadline_seconds:g} seconds in all.")
        timeout = (min(_CONNECT_SECONDS, remaining), min(_READ_SECONDS, remaining))
        request = requests.Request("GET", url, headers={**headers, "User-Agent": _user_agent(), "Accept-Encoding": "gzip"}).prepare()
        with self._adapter.send(request, stream=True, timeout=timeout) as response:
            body = read_body(response.raw, until=until, host=self.host)
            named = {name.lower(): value for name, value in response.headers.items()}
        return Answer(body=body, status=response.status_code, headers=named, url=self.redact(url))

    def _redirected(self, url: str, answer: Answer) -> str:
        import requests

        try:
            target = requests.Request("GET", urljoin(url, answer.headers.get("location", ""))).prepare().url or ""
            if self._is_inside(target) and ".." not in unquote(urlsplit(target).path).split("/"):
                return target
            where = "another path" if _origin(target) == _origin(url) else urlsplit(target).netloc
        except ValueError:
            where = "an address that is none"
        hint = f"If that is the provider's new home, set {self.variable('base_url')}."
        raise AnswerNotUnderstood(f"{self.host} redirects to {where}; requests and keys are not taken outside its API.", hint=hint)

    @cached_property
    def _adapter(self) -> HTTPAdapter:
        """
        The pool of connections.

        A ``Session`` would read redirects' bodies without limit, keep cookies and look into the environment.
        """
        from requests.adapters import HTTPAdapter

        return HTTPAdapter()

    @contextmanager
    def _translated(self) -> Iterator[None]:
        import requests
        import urllib3

        try:
            yield
        except (requests.Timeout, urllib3.exceptions.TimeoutError) as exc:
            raise SourceTimedOut(f"{self.host} did not answer in time.") from exc
        except (requests.exceptions.SSLError, urllib3.exceptions.SSLError) as exc:
            raise self._unreachable("its TLS certificate or handshake was not accepted") from exc
        except requests.ConnectionError as exc:
            raise self._connection_error(exc) from exc
        except urllib3.exceptions.HTTPError as exc:
            raise AnswerTruncated(f"The answer of {self.host} ended too early.") from exc
        except requests.RequestException as exc:
            raise AnswerNotUnderstood(f"{self.host} cannot be asked this ({type(exc).__name__}).") from exc

    def _connection_error(self, error: requests.ConnectionError) -> FetchError:
        import urllib3

        causes = list(_causes(error))
        if any(isinstance(cause, urllib3.exceptions.NameResolutionError) for cause in causes):
            return self._unreachable("name not resolved")
        if any(isinstance(cause, ConnectionRefusedError) for cause in causes):
            return self._unreachable("connection refused")
        return self._unreachable("the connection failed or was closed before an answer")

    def _unreachable(self, reason: str) -> SourceUnavailable:
        return SourceUnavailable(
            f"Could not reach {self.host}: {reason}.",
            hint=f"Check the network, set {self.variable('base_url')} to an address that answers, "
            "or send the database to another provider with LANNER_ROUTES. lanner tries again by itself.",
        )


def _origin(url: str) -> tuple[str, str | None, int | None]:
    parts = urlsplit(url)
    return parts.scheme, parts.hostname, parts.port or {"http": 80, "https": 443}.get(parts.scheme)


def _causes(error: BaseException | Any) -> Iterator[BaseException]:
    seen: list[Any] = [error]
    for cause in seen:
        if isinstance(cause, BaseException):
            yield cause
            seen += [cause.__cause__, cause.__context__, getattr(cause, "reason", None), *cause.args]


@cache
def _user_agent() -> str:
    from importlib.metadata import PackageNotFoundError, version

    try:
        return f"lanner/{version('lanner')}"
    except PackageNotFoundError:
        return "lanner"
