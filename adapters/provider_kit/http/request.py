"""A GET request below a base URL: its address, its headers, and the parameters that no address shows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import quote, unquote_plus, urlencode, urlsplit

from adapters.provider_kit.http.url_policy import has_parent_segments
from domain.errors import DatasetNotFound


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpRequest:
    """
    A GET request below a base URL.

    Attributes:
        segments: of the path, not percent-encoded.
        params: of the query.
        secret_params: of the query, too, but in no log, no error and no ``RawResponse.url``.
        until: a ``HttpClient.deadline`` that several calls share; by default the request has one of its own.

    """

    segments: Sequence[str]
    params: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    secret_params: Mapping[str, str] = field(default_factory=dict)
    until: float | None = None

    @property
    def can_be_sent(self) -> bool:
        """Whether HTTP can carry the headers' values."""
        return all(value.isascii() and value.isprintable() and value == value.strip() for value in self.headers.values())

    @property
    def secret_query(self) -> str:
        """The secret parameters, encoded."""
        return urlencode(self.secret_params)

    def url_below(self, base_url: str) -> str:
        """
        Return the URL below another one, without the secret parameters.

        Raises:
            DatasetNotFound: the segments do not lead below it.
            UnicodeError: a segment or parameter cannot be encoded.

        """
        if any(segment in ("", ".", "..") for segment in self.segments):
            raise DatasetNotFound("The code cannot be part of an address.")
        if has_parent_segments(self.segments):
            raise DatasetNotFound("The code leads outside the provider's API.")
        path = "/".join(quote(segment, safe="") for segment in self.segments)
        return f"{base_url.rstrip('/')}/{path}" + (f"?{urlencode(self.params)}" if self.params else "")

    def without_secrets(self, url: str) -> str:
        """Return a redirect's URL without the secret parameters, which are added again, and without a fragment."""
        parts = urlsplit(url)
        kept = [pair for pair in parts.query.split("&") if unquote_plus(pair.partition("=")[0]) not in self.secret_params]
        return parts._replace(query="&".join(kept), fragment="").geturl()
