"""
SDMX-ML converted to JSON as the IMF did.

::

    {"CompactData": {"DataSet": {"Series": {"@FREQ": "A", "Obs": [{"@TIME_PERIOD": "2020", "@OBS_VALUE": "1"}]}}}}
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from adapters.provider_kit.parsing.collector import Flow, SeriesCollector
from adapters.provider_kit.parsing.flag_codes import flag_of
from adapters.provider_kit.statistics.attribute_names import separated
from adapters.provider_kit.statistics.conventions import STANDARD, Conventions
from adapters.provider_kit.statistics.units import notes_in


def read_compact_json(message: Mapping[str, Any], flow: str, conventions: Conventions = STANDARD) -> SeriesCollector:
    """Collect the series of SDMX-ML converted to JSON, where a single element is not in a list."""
    collector = SeriesCollector()
    header = message.get("Header")
    named = header.get("DataSetID") if isinstance(header, dict) else ""
    own = Flow(name=flow or (named if isinstance(named, str) else ""))
    for data_set in _listed(message.get("DataSet")):
        collector.was_data = True
        general = notes_in(_attributes(data_set))
        for series in _listed(data_set.get("Series")):
            parts = separated(_attributes(series), conventions, of_series=True)
            found = collector.series(own, parts)
            found.stated.update(general)
            of_series = notes_in(parts.facts)
            for observation in _listed(series.get("Obs")):
                cells = _attributes(observation)
                found.add(cells.get("TIME_PERIOD", ""), cells.get("OBS_VALUE"), of_series + notes_in(cells), flag_of(cells))
    return collector


def _listed(value: Any) -> Iterator[Mapping[str, Any]]:
    for item in value if isinstance(value, list) else [value]:
        if isinstance(item, dict):
            yield item


def _attributes(element: Mapping[str, Any]) -> dict[str, str]:
    return {name[1:]: value for name, value in element.items() if name.startswith("@") and isinstance(value, str)}
