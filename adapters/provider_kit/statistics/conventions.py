"""What an agency's answers leave unsaid."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from adapters.provider_kit.parsing.period_texts import STATISTICS, PeriodForms


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Conventions:
    """
    How an agency writes what no answer explains; by default as the standards do.

    Attributes:
        forms: how its periods are written.
        frequencies: the frequencies of codes that are not the SDMX standard's, as forms of periods or SDMX's codes.
        attributes: names that are attributes in all its flows, wherever they stand.
        doubtful: names that are dimensions in some of its flows and attributes in others.

    """

    forms: PeriodForms = STATISTICS
    frequencies: Mapping[str, str] = field(default_factory=dict)
    attributes: frozenset[str] = frozenset()
    doubtful: frozenset[str] = frozenset()


STANDARD = Conventions()
