"""
Dimensions in a structure-specific message, guessed from their names.

Such a message does not separate attributes from dimensions: only its structure definition does, which is another answer.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache

from adapters.provider_kit.parsing.limits import LONGEST_NAME

_NEVER = re.compile(
    r"OBS_\w*|CONF_\w*|PRE_BREAK\w*|DECIMALS\w*|UNIT_MULT\w*|TITLE\w*|TIME_(FORMAT|PER_COLLECT|COLLECT)|COLL_METHOD|COLLECTION\w*|"
    r"(?>\w*?COMM?ENT)\w*|\w*_NOTES?|NOTES?|\w*UPDATED?(_DATE)?|\w*DATE|SOURCE\w*|\w*_SOURCE|EMBARGO\w*|AVAILABILITY|COMPILATION|PUBL\w*|"
    r"BASE_PER|SCALE|OVERLAP|IDBANK|METHODOLOGY\w*|ACCESS_\w*|DESC|SERIES_NAME|FREQ_NAME|NAT_TITLE|COMPILING_ORG|DISS_ORG|BREAKS|COVERAGE|"
    r"(?-i:UNIT)|UNIT_(INDEX|PRICE)_BASE|UNIT_MEASURE|DATA_COMP|CALCULATED|SUPP_INFO\w*|TZO|POWERCODE|REFERENCEPERIOD|DATASET|DOM_SER_IDS|"
    r"POSTITLE|UNITTEXT|UNITMULT|ATTR[0-9]+DIM|XMLNS|SCHEMALOCATION|STRUCTUREREF|DATASCOPE|TYPE",
    re.IGNORECASE,
)
_AMBIGUOUS = re.compile(r"(?-i:UNIT)|UNIT_MEASURE|COLLECTION\w*|SCALE|OVERLAP|TYPE|SOURCE(_AGENCY)?", re.IGNORECASE)
_CODE = re.compile(r"[^\s]{1,60}")


def split_names(attributes: Mapping[str, str]) -> tuple[dict[str, str], dict[str, str]]:
    """Split XML attributes into dimensions and facts by their names; a value of several words is a fact."""
    dimensions: dict[str, str] = {}
    facts: dict[str, str] = {}
    for name, value in attributes.items():
        (dimensions if _may_be_dimension(name) and _CODE.fullmatch(value) else facts)[name] = value
    return dimensions, facts


def ambiguous_dimensions(facts: Mapping[str, str]) -> dict[str, str]:
    """Return the facts that may be dimensions."""
    return {name: value for name, value in facts.items() if _AMBIGUOUS.fullmatch(name) and _CODE.fullmatch(value)}


def _may_be_dimension(name: str) -> bool:
    return len(name) <= LONGEST_NAME and _is_not_excluded(name)


@lru_cache(maxsize=4096)
def _is_not_excluded(name: str) -> bool:
    return not _NEVER.fullmatch(name)
