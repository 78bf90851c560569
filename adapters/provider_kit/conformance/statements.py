"""What a provider states of itself: the codes in its documentation, and on which day of its period a date stands."""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence
from fnmatch import fnmatch

import numpy as np

from adapters.provider_kit.spec import ProviderSpec
from domain.codes import DatasetCode
from domain.frequency import DAYS_OF, Frequency
from domain.observations import Dates
from domain.periods import Anchor

_CODE = re.compile(r"``([A-Z0-9][A-Z0-9_]*/[A-Za-z0-9._\-+:^=@,$~!()|/]+)``")


def documentation(spec: ProviderSpec) -> str:
    """Return the docstring of the module that opens a provider, and its example."""
    return f"{getattr(sys.modules.get(spec.open.__module__), '__doc__', '')} ``{spec.example}``"


def documented_codes(spec: ProviderSpec) -> Sequence[DatasetCode]:
    """Return the codes of a provider in its example and in double backticks in the docstring of the module that opens it."""
    shown = [DatasetCode.parse(found) for found in dict.fromkeys(_CODE.findall(documentation(spec)))]
    return [code for code in shown if code.database in spec.databases or any(fnmatch(str(code), one) for one in spec.quandl_codes)]


def stand_on(dates: Dates, frequency: Frequency, anchor: Anchor | None) -> bool:
    """Return whether dates stand where their anchor says: on one day of the week, or on the first or last days of months."""
    if anchor not in (Anchor.START, Anchor.END):
        return True
    if frequency in DAYS_OF:
        return len(np.unique(dates.astype(np.int64) % DAYS_OF[Frequency.WEEKLY])) <= 1
    beside = dates if anchor is Anchor.START else dates + np.timedelta64(1, "D")
    return bool((beside == beside.astype("datetime64[M]")).all())
