"""
Dimensions and attributes that a message does not separate, such as a structure-specific one.

Only the structure definition does, which is another answer. Names then tell which are surely attributes of an observation and which
look like dimensions; whatever is neither is doubtful: two series that it tells apart stay two, and it stands in a code only where needed.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from enum import Enum
from functools import lru_cache

from adapters.provider_kit.parsing.collector import Parts, is_time
from adapters.provider_kit.parsing.limits import LONGEST_NAME, names_are_short
from adapters.provider_kit.statistics.conventions import Conventions

_COMMENTS = r"(?>\w*?COMM?ENT)\w*|\w*_(FOOT)?NOTES?|(FOOT)?NOTES?"
# Nowhere a dimension: what is said of single observations, and how values are written.
_FACT = re.compile(
    rf"OBS_\w*|CONF_STATUS\w*|PRE_BREAK\w*|{_COMMENTS}|EMBARGO\w*|DECIMALS\w*|UNIT_?MULT\w*|POWERCODE|TITLE\w*|NAT_TITLE|POSTITLE|"
    r"SERIES_NAME|DESC|FREQ_NAME|TIME_FORMAT|(LAST_)?UPDATED?(_DATE)?|REPORTING_YEAR_(START|END)_DAY|REPYEAR(START|END)|"
    r"UNITTEXT|ATTR[0-9]+DIM|XMLNS|SCHEMALOCATION|STRUCTUREREF|DATASCOPE",
    re.IGNORECASE,
)
# Usually attributes, but dimensions somewhere: METHODOLOGY is one at the OECD, TIME_PER_COLLECT at the ECB.
_USUALLY_ATTRIBUTES = re.compile(
    r"CONF_\w*|TIME_(PER_COLLECT|COLLECT)|COLL_METHOD|COLLECTION\w*|\w*UPDATED?(_DATE)?|\w*DATE|SOURCE\w*|\w*_SOURCE|"
    r"AVAILABILITY|COMPILATION|PUBL\w*|BASE_PER|SCALE|OVERLAP|IDBANK|METHODOLOGY\w*|ACCESS_\w*|COMPILING_ORG|DISS_ORG|BREAKS|COVERAGE|"
    r"(?-i:UNIT)|UNIT_(INDEX|PRICE)_BASE|UNIT_MEASURE|DATA_COMP|CALCULATED|SUPP_INFO\w*|TZO|REFERENCEPERIOD|DATASET|DOM_SER_IDS|TYPE",
    re.IGNORECASE,
)
_OFTEN_DIMENSIONS = re.compile(r"(?-i:UNIT)|UNIT_MEASURE|COLLECTION\w*|SCALE|OVERLAP|TYPE|SOURCE(_AGENCY)?", re.IGNORECASE)
_OF_XML = ("xsi:", "xmlns")
_CODE = re.compile(r"[^\s]{1,60}")


def separated(attributes: Mapping[str, str], conventions: Conventions, *, of_series: bool, without: Collection[str] = ()) -> Parts:
    """
    Separate attributes by their names; a value of several words is no dimension's. XML's own attributes are left out.

    Args:
        of_series: whether they stand at a series, where each tells it apart; beside an observation some only describe it.
        without: the names of those that are left out, too, such as the time.

    """
    dimensions: dict[str, str] = {}
    doubtful: dict[str, str] = {}
    facts: dict[str, str] = {}
    order = []
    kinds = _kinds if names_are_short(attributes) else _kinds.__wrapped__
    for written, name, kind in kinds(tuple(attributes), conventions):
        value = attributes[written]
        is_key = kind is not _Kind.FACT and is_code(value)
        if written in without:
            continue
        if is_key and kind is _Kind.DIMENSION:
            dimensions[name] = value
        else:
            facts[name] = value
            if value and (is_key or (of_series and name not in conventions.attributes)):
                doubtful[name] = value
        if is_key:
            order.append(name)
    return Parts(dimensions=dimensions, facts=facts, doubtful=doubtful, order=tuple(order))


def is_code(value: str) -> bool:
    """Return whether a value can be a dimension's, which has no blanks."""
    return _CODE.fullmatch(value) is not None


def is_fact(name: str, conventions: Conventions) -> bool:
    """Return whether a name is nowhere a dimension, or not at this agency."""
    return name in conventions.attributes or (len(name) <= LONGEST_NAME and _is_fact_anywhere(name))


def looks_like_dimension(name: str, conventions: Conventions) -> bool:
    """Return whether a name that is no fact is a dimension unless something says otherwise."""
    return name not in conventions.doubtful and len(name) <= LONGEST_NAME and not _is_usually_attribute(name)


def often_dimensions(doubtful: Mapping[str, str]) -> dict[str, str]:
    """Return the doubtful facts whose names are dimensions of many flows."""
    return {name: value for name, value in doubtful.items() if is_code(value) and len(name) <= LONGEST_NAME and _is_often_dimension(name)}


class _Kind(Enum):
    FACT, DOUBTFUL, DIMENSION = range(3)


@lru_cache(maxsize=1024)
def _kinds(names: tuple[str, ...], conventions: Conventions) -> Sequence[tuple[str, str, _Kind]]:
    """Return names with their local form and kind; the attributes of an element are the same again and again."""
    found = [(name, name.rpartition(":")[2]) for name in names if not name.startswith(_OF_XML)]
    return [(written, name, _kind(name, conventions)) for written, name in found]


def _kind(name: str, conventions: Conventions) -> _Kind:
    if is_fact(name, conventions):
        return _Kind.FACT
    return _Kind.DIMENSION if looks_like_dimension(name, conventions) and not is_time(name) else _Kind.DOUBTFUL


@lru_cache(maxsize=4096)
def _is_fact_anywhere(name: str) -> bool:
    return _FACT.fullmatch(name) is not None


@lru_cache(maxsize=4096)
def _is_usually_attribute(name: str) -> bool:
    return _USUALLY_ATTRIBUTES.fullmatch(name) is not None


@lru_cache(maxsize=4096)
def _is_often_dimension(name: str) -> bool:
    return _OFTEN_DIMENSIONS.fullmatch(name) is not None
