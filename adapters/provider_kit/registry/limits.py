"""A provider's limits: those of its spec, unless the environment says otherwise; and its gates."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from hashlib import blake2b
from typing import Any

from adapters.provider_kit.options import variable
from adapters.provider_kit.spec import ProviderSpec
from domain.errors import InvalidInput
from domain.gates.settings import Gates
from domain.providers import Provider
from domain.quotas import read_limits

_GENERAL = ("limits", "concurrency", "gates")


def without_general(raw: Mapping[str, str]) -> Mapping[str, str]:
    """Return the options without those that every provider has."""
    return {name: value for name, value in raw.items() if name not in _GENERAL}


def limited(spec: ProviderSpec, options: Any, raw: Mapping[str, str]) -> Provider:
    """
    Return a provider's facts with its limits and gates: its own limits apply at its own base URL, at another one configured ones alone.

    Raises:
        InvalidInput: a configured limit or gate is invalid; the message names the variable.

    """
    key = str(getattr(options, "api_key", ""))
    elsewhere = "base_url" in raw
    without_key = spec.limits if spec.limits_without_key is None else spec.limits_without_key
    declared = () if elsewhere else spec.limits if key else without_key
    concurrency = None if elsewhere else spec.concurrency
    return replace(
        spec.facts(),
        limits=read_limits(raw["limits"], field=variable(spec.name, "limits")) if "limits" in raw else declared,
        concurrency=_concurrency(spec.name, raw["concurrency"]) if "concurrency" in raw else concurrency,
        gates=Gates.parse(raw["gates"], field=variable(spec.name, "gates")) if "gates" in raw else Gates(),
        key_id=_identity(key, str(getattr(options, "base_url", "")).rstrip("/") if elsewhere else ""),
    )


def _identity(key: str, address: str) -> str:
    """Return what tells budgets apart: how a server was called or what it asked for says nothing of another one."""
    told = f"{key}\0{address}" if address else key
    return blake2b(told.encode(), digest_size=6, person=b"lanner").hexdigest() if told else ""


def _concurrency(name: str, text: str) -> int:
    if not re.fullmatch(r"[1-9]\d{0,4}", text.strip(), re.ASCII):
        field = variable(name, "concurrency")
        raise InvalidInput(f"{field} is not valid: write how many fetches may run at once, from 1 on.", field=field)
    return int(text)
