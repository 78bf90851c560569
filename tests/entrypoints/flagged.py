"""A series with flags, as its provider sends it: estimated, provisional, and one that a spreadsheet would take for a formula."""

from __future__ import annotations

from dataclasses import replace

from domain.codes import DatasetCode
from domain.flags import Flags
from domain.observations import Observations
from domain.series import FLAGS
from domain.use_cases import UseCases
from tests.builders import CannedSource, memory_use_cases
from tests.fakes import NAN, some_metadata

CODE = DatasetCode("WIKI", "FB")
MEANINGS = {"p": "provisional", "B E": "break; estimated", "=1": ""}


def flagged(*codes: tuple[str, str], closes: tuple[float, ...] = (1.5, NAN, 3.5)) -> CannedSource:
    """A source of three days with these flags of both columns."""
    flags = Flags.from_texts(list(zip(*codes, strict=True)))
    days, values = ["2024-01-01", "2024-01-02", "2024-01-03"], [[1.0, closes[0]], [2.0, closes[1]], [3.0, closes[2]]]
    state = Observations.of(days, ["Open", "Close"], values, flags=flags)
    return CannedSource(observations=state, metadata=replace(some_metadata(), extra={FLAGS: MEANINGS}))


def flagged_use_cases() -> UseCases:
    """Two vintages of a series, of which the second has other flags alone; and one without flags."""
    source = flagged(("", "p"), ("p", "B E"), ("=1", "p"))
    use_cases = memory_use_cases({"canned": source, "plain": CannedSource()})
    use_cases.request_fetch(CODE)
    source.observations = flagged(("", ""), ("p", "B E"), ("=1", "p")).observations
    use_cases.request_fetch(CODE, refresh=True)
    use_cases.request_fetch(CODE, provider="plain")
    return use_cases
