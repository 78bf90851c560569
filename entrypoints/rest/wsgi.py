"""The API's main module: ``application`` for a WSGI server."""

from __future__ import annotations

from config import bootstrap
from entrypoints.parent import die_with_parent, set_when_told_to_end
from entrypoints.rest.app import create_app
from entrypoints.rest.http.responses import ResponseSender

die_with_parent()
_container = bootstrap(part="api")
set_when_told_to_end(_container.stopping())
_settings = _container.settings()
application = create_app(
    _container.use_cases(),
    allowed_hosts=_settings.allowed_hosts,
    cors_origins=_settings.cors_origins,
    embed_origins=_settings.embed_origins,
    keys_required=_settings.auth == "required",
    sender=ResponseSender(capacity=_settings.cache_bytes, threads=_settings.api_threads, max_cells=_settings.max_cells),
    trusted_proxies=_settings.trusted_proxies,
    root_path=_settings.root_path,
    request_limits=_settings.request_limits,
    fetch_limits=_settings.fetch_limits,
    session_secret=_settings.session_secret.encode(),
    read_routing=_container.read_routing(),
)
