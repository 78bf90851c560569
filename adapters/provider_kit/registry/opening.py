"""Opening a provider: its options as the environment gives them, its client and its source."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeVar, cast

from adapters.provider_kit.http.client import BeforeCall, HttpClient
from adapters.provider_kit.http.outbound import DIRECT, Outbound
from adapters.provider_kit.options import check_base_url, secrets, typed
from adapters.provider_kit.parsing.bodies import plain
from adapters.provider_kit.registry.limits import without_general
from adapters.provider_kit.registry.old_codes import answering_old_codes
from adapters.provider_kit.spec import ProviderSpec
from domain.codes import DatasetCode
from domain.ports import DataSource, Fetched, ParsedSeries, ParsesResponses, PriorState, RawResponse

Client = TypeVar("Client", bound=HttpClient)


def options_of(spec: ProviderSpec, raw: Mapping[str, str]) -> Any:
    """
    Read a provider's options.

    Args:
        raw: option's name → text of the environment.

    Raises:
        InvalidInput: names the variable, never a value.

    """
    options = typed(spec.name, spec.options, without_general(raw))
    if getattr(options, "base_url", "") and "base_url" not in raw:
        check_base_url(options.base_url, permit_http=False)
    return options


def open_source(  # noqa: PLR0913 - what its client keeps to
    spec: ProviderSpec,
    raw: Mapping[str, str],
    client: type[Client],
    *,
    deadline_seconds: float,
    before_call: BeforeCall | None = None,
    outbound: Outbound = DIRECT,
) -> tuple[DataSource, Client]:
    """
    Return a provider's source, which reads every answer in this process and answers old codes of Quandl's, and its client.

    Unless it reads files in forms of the operator's own, ``parse`` is given answers unpacked and decoded, as the client returns them.
    """
    options = options_of(spec, raw)
    http = client(
        spec.name,
        getattr(options, "base_url", ""),
        secrets=secrets(options),
        deadline_seconds=deadline_seconds,
        by_operator="base_url" in raw,
        outbound=outbound,
        before_call=before_call,
    )
    source = spec.open(options, http)
    plainly = _ParsesPlain(source) if isinstance(source, ParsesResponses) and not spec.reads_files else source
    return answering_old_codes(plainly, spec.name), http


class _ParsesPlain:
    """A source whose recorded answers are unpacked and decoded before it parses them."""

    def __init__(self, source: DataSource) -> None:
        self._source = source

    def fetch(self, code: DatasetCode, known: PriorState) -> Fetched:
        return self._source.fetch(code, known)

    def parse(self, code: DatasetCode | None, answer: RawResponse) -> Sequence[ParsedSeries]:
        return cast("ParsesResponses", self._source).parse(code, plain(answer))

    def __getattr__(self, name: str) -> object:
        return getattr(self._source, name)
