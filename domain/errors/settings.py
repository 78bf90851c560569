"""A setting is needed and missing."""

from __future__ import annotations

from domain.errors.domain_error import DomainError


class ProviderNotConfigured(DomainError):
    """The provider needs an API key and none is configured."""

    code = "provider_not_configured"
    hint = "`lanner providers` shows what each one needs; settings are read at the start."


class WebhookSecretMissing(DomainError):
    """Webhooks are signed with secrets that are derived from LANNER_WEBHOOK_SECRET, which is not set."""

    code = "webhook_secret_missing"
    hint = "Set it to 32 random characters or more, the same for the API and all workers, and keep it: another one changes every secret."
