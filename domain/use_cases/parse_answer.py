"""ParseAnswer: parse a recorded answer with its provider's parser; nothing is stored."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from domain.codes import DatasetCode
from domain.errors import AnswerNotUnderstood, DomainError, InvalidInput
from domain.inferred_frequency import with_frequency
from domain.ports import ParsedSeries, ParsesResponses, Providers, RawResponse, ReadsFiles


@dataclass(frozen=True, slots=True)
class ParseAnswer:
    """Parse a recorded answer as a fetch would."""

    providers: Providers

    def __call__(self, provider: str, code: DatasetCode | None, answer: RawResponse) -> Sequence[ParsedSeries]:
        """
        Return the series in the answer: the one with this code, or all without a code.

        Raises:
            UnknownProvider, ProviderNotConfigured: the provider cannot be loaded.
            InvalidInput: the provider cannot parse recorded answers, or takes no options.
            FetchError: the answer reports an error, or cannot be parsed.

        """
        source = self.providers.offline_source(provider)
        if not isinstance(source, ParsesResponses):
            raise InvalidInput(f"The provider {provider} cannot parse recorded answers.", field="provider")
        if answer.options and not isinstance(source, ReadsFiles):
            raise InvalidInput(f"The provider {provider} takes no options to read an answer.", field="option")
        try:
            return [_described(parsed) for parsed in source.parse(code, answer)]
        except DomainError:
            raise
        except Exception as error:
            raise AnswerNotUnderstood(f"The data source {provider} failed on this answer ({type(error).__name__}).") from error


def _described(parsed: ParsedSeries) -> ParsedSeries:
    return replace(parsed, metadata=with_frequency(parsed.metadata, parsed.vintages[-1][1]))
