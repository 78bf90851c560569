"""Keys of series in one file, as codes and options spell them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from difflib import get_close_matches

from adapters.provider_kit.own_files.grid import listed, quoted
from domain.errors import DatasetNotFound


def folded(part: str) -> str:
    """Return a part of a key as a code can spell it: in any case, and with any sign for what codes cannot hold."""
    return re.sub(r"[\W_]", "_", part.casefold())


def no_key(whose: str, key: Sequence[str], there: Sequence[str]) -> DatasetNotFound:
    """Return the error for a key that no series of a file has, with those that are near."""
    asked = "/".join(key)
    near = get_close_matches(asked, there, n=3, cutoff=0.3)
    return DatasetNotFound(f"{whose} holds no series {quoted(asked)}.", hint=f"There are {listed(near)}." if near else "")
