"""How requests leave this network, as the settings have it."""

from __future__ import annotations

from adapters.provider_kit.http.outbound import Outbound
from config.settings import Settings


def outbound_of(settings: Settings) -> Outbound:
    """Return the proxies and the certificates for every request that lanner sends."""
    return Outbound(
        http_proxy=settings.http_proxy,
        https_proxy=settings.https_proxy,
        no_proxy=settings.no_proxy,
        proxy_checks_addresses=settings.proxy_checks_addresses,
        ca_file=settings.ca_file,
    )
