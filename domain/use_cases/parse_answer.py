"""ParseAnswer: what a provider's own parser makes of a recorded answer; nothing is stored."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from domain.codes import DatasetCode
from domain.errors import AnswerNotUnderstood, DomainError, InvalidInput
from domain.ports import ParsedSeries, ParsesResponses, Providers, RawResponse, ReadsFiles


@dataclass(frozen=True, slots=True)
class ParseAnswer:
    """Read a recorded answer as a fetch would."""

    providers: Providers

    def __call__(self, provider: str, code: DatasetCode | None, answer: RawResponse) -> Sequence[ParsedSeries]:
        """
        Give the series in the answer: the one of this code, or all if there is no code.

        Raises:
            UnknownProvider, ProviderNotConfigured: the provider cannot be opened.
            InvalidInput: the provider has no answers that could be recorded, or takes no options.
            FetchError: the answer is an error, or is not understood.

        """
        source = self.providers.offline_source(provider)
        if not isinstance(source, ParsesResponses):
            raise InvalidInput(f"The provider {provider} has no answers to parse.", field="provider")
        if answer.options and not isinstance(source, ReadsFiles):
            raise InvalidInput(f"The provider {provider} takes no options to read an answer.", field="option")
        try:
            return source.parse(code, answer)
        except DomainError:
            raise
        except Exception as error:
            raise AnswerNotUnderstood(f"The data source {provider} broke on this answer ({type(error).__name__}).") from error
