"""A provider's limits: what its module declares, unless the environment says otherwise."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from hashlib import blake2b
from typing import Any

from adapters.provider_kit.options import variable
from domain.errors import InvalidInput
from domain.providers import Provider
from domain.quotas import read_limits

_GENERAL = ("limits", "concurrency")


def own(raw: Mapping[str, str]) -> Mapping[str, str]:
    """Leave out the options that every provider has."""
    return {name: value for name, value in raw.items() if name not in _GENERAL}


def limited(provider: Provider, module: Any, options: Any, raw: Mapping[str, str]) -> Provider:
    """
    Add the limits: the module's own hold at its own address; at another one, which the operator gave, only what is said.

    Raises:
        InvalidInput: what the environment says is no limit; the message names the variable.

    """
    key = str(getattr(options, "api_key", ""))
    elsewhere = "base_url" in raw
    declared = () if elsewhere else tuple(getattr(module, "LIMITS", ()) if key else getattr(module, "LIMITS_WITHOUT_KEY", provider.limits))
    concurrency = None if elsewhere else getattr(module, "CONCURRENCY", None)
    return replace(
        provider,
        limits=read_limits(raw["limits"], field=variable(provider.name, "limits")) if "limits" in raw else declared,
        concurrency=_concurrency(provider.name, raw["concurrency"]) if "concurrency" in raw else concurrency,
        key_id=blake2b(key.encode(), digest_size=6, person=b"lanner").hexdigest() if key else "",
    )


def _concurrency(name: str, text: str) -> int:
    if not re.fullmatch(r"[1-9]\d{0,4}", text.strip(), re.ASCII):
        field = variable(name, "concurrency")
        raise InvalidInput(f"{field} is not valid: write how many fetches may run at once, from 1 on.", field=field)
    return int(text)
