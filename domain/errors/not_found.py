"""What is asked for is not kept here."""

from __future__ import annotations

from domain.errors.domain_error import DomainError


class NotFound(DomainError):
    """The resource does not exist."""

    code = "not_found"


class SeriesNotFound(NotFound):
    """No time series of this id or code is kept here."""

    code = "series_not_found"
    hint = 'Request it: POST /timeseries {"code": "DATABASE/DATASET"}.'


class FetchNotFound(NotFound):
    """No fetch of this id is kept here."""

    code = "fetch_not_found"


class ScheduleNotFound(NotFound):
    """No schedule of this id is kept here."""

    code = "schedule_not_found"


class FormulaNotFound(NotFound):
    """No formula of this code is kept here."""

    code = "formula_not_found"


class ComponentMissing(NotFound):
    """A series that a formula reads is not kept here."""

    code = "component_missing"
    hint = "Request them first, or define the formula again with fetch=true."


class ProviderNotFound(NotFound):
    """There is no provider of this name."""

    code = "provider_not_found"
    hint = "`lanner providers` lists the names."


class WebhookNotFound(NotFound):
    """No webhook of this id is kept here."""

    code = "webhook_not_found"


class EquivalenceNotFound(NotFound):
    """No equivalence of this id is kept here."""

    code = "equivalence_not_found"


class PanelNotFound(NotFound):
    """No panel of this digest is kept here."""

    code = "panel_not_found"


class VintageNotFound(NotFound):
    """The series has no vintage of this number."""

    code = "vintage_not_found"


class NotKnownYet(NotFound):
    """Nothing of the series was known at that moment."""

    code = "not_known_yet"


class NoObservationsYet(NotFound):
    """The series has no vintage yet."""

    code = "no_observations_yet"
    hint = "Its first fetch has not succeeded yet; follow it at the series' own URL."
    retryable = True


class KeyNotFound(NotFound):
    """There is no API key of this id."""

    code = "key_not_found"
    hint = "`lanner keys list` lists the ids."
