"""A field of the request is wrong; it is named."""

from __future__ import annotations

from domain.errors.domain_error import DomainError


class InvalidInput(DomainError):
    """A field of the request is not valid."""

    code = "invalid_input"

    def __init__(self, message: str = "", *, field: str = "", hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.field = field


class InvalidCode(InvalidInput):
    """The code does not have the form DATABASE/DATASET."""

    code = "invalid_code"
    hint = "Write it as DATABASE/DATASET, for example WIKI/FB."


class InvalidObservations(InvalidInput):
    """Dates and columns do not make a time series."""

    code = "invalid_observations"


class InvalidFormula(InvalidInput):
    """The expression of a formula is not valid."""

    code = "invalid_formula"

    def __init__(self, message: str = "", *, field: str = "expression", hint: str = "") -> None:
        super().__init__(message, field=field, hint=hint)


class LooksAhead(InvalidInput):
    """The formula uses values of later dates, which nobody knew then."""

    code = "looks_ahead"


class UnknownProvider(InvalidInput):
    """There is no provider of this name."""

    code = "unknown_provider"
    hint = "`lanner providers` lists the names."
