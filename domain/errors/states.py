"""What a fetch, a schedule or a formula does not allow as it is."""

from __future__ import annotations

from domain.errors.domain_error import DomainError


class FetchAlreadyRunning(DomainError):
    """A fetch of this series is running already, so its flags can no longer change."""

    code = "fetch_already_running"
    hint = "Follow the running fetch, then ask again."
    retryable = True


class FetchAlreadyEnded(DomainError):
    """The fetch has ended already, so it cannot be cancelled."""

    code = "fetch_already_ended"


class LeaseLost(DomainError):
    """The worker no longer holds the fetch's lease; nothing of it is stored."""

    code = "lease_lost"


class SchedulePaused(DomainError):
    """The schedule is paused."""

    code = "schedule_paused"
    hint = "Resume it first."


class FormulaFailed(DomainError):
    """The formula cannot be computed from its series."""

    code = "formula_failed"


class NotOfFormulas(DomainError):
    """The series is a formula, which is computed when it is read: it is never fetched and has no releases."""

    code = "not_of_formulas"
    hint = "Fetch or follow the series that it reads; GET /formulas/CODE names them."
