"""How often the series of a file is observed: what its periods are called, else what its dates show."""

from __future__ import annotations

from adapters.provider_kit.own_files.readings import Kind
from domain.inferred_frequency import inferred_frequency, step_in_months
from domain.observations import Dates


def frequency_of(dates: Dates, kind: Kind) -> str:
    """
    Return the frequency in lower-case words; empty where there is none that fits.

    Args:
        dates: sorted and unique, of days or seconds.
        kind: the length of the periods, where the file says it; months that follow each other by quarters are quarterly.

    """
    if kind is Kind.MONTHLY:
        return step_in_months(dates.astype("datetime64[M]")) or str(kind)
    return (inferred_frequency(dates) or "") if kind in (Kind.DAILY, Kind.MOMENT) else str(kind)
