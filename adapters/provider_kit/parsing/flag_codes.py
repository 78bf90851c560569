"""
Flags in the answers of providers: the attributes that hold them, and their codes as they are kept.

A normal value's ``A`` and a free one's ``F`` are no flags, nor is what says only that a value is missing. Several flags of one value are
parted by blanks; those of its confidentiality begin with ``CONF_``, since both lists have letters in common.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from functools import lru_cache

from adapters.provider_kit.parsing.limits import LONGEST_NAME, names_are_short
from adapters.provider_kit.text import storable
from domain.flags import is_code

#: Names of attributes, in capitals and without blanks.
_STATUS = frozenset({"OBS_STATUS", "OBS_FLAG", "FLAG_CODES", "OBSSTATUS", "FLAG"})
_CONFIDENTIALITY = frozenset({"OBS_CONF", "CONF_STATUS", "CONF_STATUS_OBS"})
_PREFIX = "CONF_"
#: A colon says that there is no value, also in front of a flag, as in ``:c``.
_NO_VALUE = ":"
_NO_STATUS, _NO_CONFIDENTIALITY = frozenset({"", "A", "na"}), frozenset({"", "F"})
_BETWEEN = re.compile(r"[\s,;|]+")
_CACHE_SIZE = 4096

_STATUSES = {
    "B": "break in the series",
    "D": "definition differs",
    "E": "estimated",
    "F": "forecast",
    "G": "experimental",
    "H": "missing: holiday or weekend",
    "I": "imputed",
    "J": "derogation",
    "K": "included in another category",
    "L": "missing: exists, but was not collected",
    "M": "missing: cannot exist",
    "N": "not significant",
    "O": "missing",
    "P": "provisional",
    "Q": "missing: suppressed",
    "R": "revised",
    "S": "strike or other special event",
    "U": "low reliability",
    "V": "not validated",
    "W": "includes another category",
}
_OF_EUROSTAT = {
    "b": "break in the series",
    "c": "confidential",
    "d": "definition differs",
    "e": "estimated",
    "f": "forecast",
    "i": "see explanatory notes",
    "n": "not significant",
    "p": "provisional",
    "r": "revised",
    "s": "estimated by Eurostat",
    "u": "low reliability",
    "z": "not applicable",
    "-": "not applicable, or zero",
    "0": "less than half of the unit",
}
_CONFIDENTIALITIES = {
    "C": "confidential",
    "D": "secondary confidentiality",
    "N": "not for publication",
    "R": "restricted",
    "S": "secondary confidentiality",
}
_KNOWN = _STATUSES | _OF_EUROSTAT | {f"{_PREFIX}{code}": meaning for code, meaning in _CONFIDENTIALITIES.items()}


def is_flag(name: str) -> bool:
    """Return whether an attribute of this name holds flags of observations."""
    return len(name) <= LONGEST_NAME and _plain(name) in _STATUS | _CONFIDENTIALITY


def flag_of(attributes: Mapping[str, str]) -> str:
    """Return the flags that attributes of an observation hold; an empty text if there are none."""
    named = _flagged if names_are_short(attributes) else _flagged.__wrapped__
    names = named(tuple(attributes))
    return joined(code_of(name, attributes[name]) for name in names) if names else ""


def joined(codes: Iterable[str]) -> str:
    """Return several flags of one value as one; what is no short code is left out."""
    text = " ".join(dict.fromkeys(filter(None, codes)))
    return text if is_code(text) else ""


@lru_cache(_CACHE_SIZE)
def code_of(name: str, value: str) -> str:
    """Return the flags that the value of an attribute means."""
    plain = _plain(name)
    none = _NO_STATUS if plain in _STATUS else _NO_CONFIDENTIALITY if plain in _CONFIDENTIALITY else {""}
    words = [word for each in _BETWEEN.split(storable(value)) if (word := each.lstrip(_NO_VALUE)) not in none]
    return joined([f"{_PREFIX}{word}" for word in words] if plain in _CONFIDENTIALITY else words)


def meanings_of(codes: Collection[str], said: Mapping[str, str]) -> dict[str, str]:
    """
    Return the meaning of each flag, sorted by the flags; an empty text where nothing says it.

    Args:
        said: what the answer says of flags, single ones or several together; an empty text where it has lists of its own.

    """
    return {code: said.get(code) or "; ".join(_meaning(word, said) for word in code.split(" ")).strip("; ") for code in sorted(codes)}


def _meaning(word: str, said: Mapping[str, str]) -> str:
    # Eurostat writes flags of one value together.
    each = list(word) if word not in said and set(word) <= _OF_EUROSTAT.keys() else [word]
    return "; ".join(filter(None, (said.get(code, _KNOWN.get(code, "")) for code in each)))


@lru_cache(_CACHE_SIZE)
def _flagged(names: tuple[str, ...]) -> tuple[str, ...]:
    """Return the names of attributes that hold flags, statuses first; the attributes of an element are the same again and again."""
    return tuple(sorted(filter(is_flag, names), key=lambda name: (_plain(name) in _CONFIDENTIALITY, name)))


def _plain(name: str) -> str:
    return name.strip().upper().replace(" ", "_")
