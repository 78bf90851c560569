"""Dumps as WIKI's was, the same in every run: tickers × days × columns, as CSV, lines of JSON or Parquet."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv as pc
import pyarrow.parquet as pq

NAMES = ["open", "high", "low", "close", "volume", "ex-dividend", "split_ratio"]
NAMES += ["adj_open", "adj_high", "adj_low", "adj_close", "adj_volume"]
_FACTOR = 0.873213977


def ticker(number: int) -> str:
    return f"T{number:05}"


def prices(number: int, days: int) -> pa.RecordBatch:
    """Return the rows of one ticker: a random walk on weekdays, to the cent."""
    source = np.random.default_rng(number)
    dates = np.busday_offset("2008-01-02", np.arange(days), roll="forward")
    close = np.round(50 * np.exp(np.cumsum(source.normal(0, 0.01, days))), 2)
    begin = np.round(close * (1 + source.normal(0, 0.003, days)), 2)
    high, low = np.round(np.maximum(begin, close) * 1.004, 2), np.round(np.minimum(begin, close) * 0.996, 2)
    volume = source.integers(100_000, 50_000_000, days).astype(float)
    columns = [
        begin,
        high,
        low,
        close,
        volume,
        np.zeros(days),
        np.ones(days),
        *(each * _FACTOR for each in (begin, high, low, close)),
        volume,
    ]
    return pa.record_batch([pa.array([ticker(number)] * days), pa.array(dates), *map(pa.array, columns)], names=["ticker", "date", *NAMES])


def batches(tickers: int, days: int) -> Iterator[pa.RecordBatch]:
    """Return all rows, a batch for each ticker."""
    return (prices(number, days) for number in range(tickers))


def write_dump(path: Path, tickers: int, days: int) -> Path:
    """Write a dump in the form that the file's ending names: .csv, .jsonl or .parquet."""
    schema = prices(0, 1).schema
    if path.suffix == ".jsonl":
        with path.open("w") as file:
            for batch in batches(tickers, days):
                file.writelines(f"{line}\n" for line in _lines(batch))
        return path
    opened = pq.ParquetWriter(path, schema) if path.suffix == ".parquet" else pc.CSVWriter(str(path), schema)
    with opened as writer:
        for batch in batches(tickers, days):
            writer.write_batch(batch)
    return path


def _lines(batch: pa.RecordBatch) -> Iterator[str]:
    columns = [column.to_pylist() for column in batch.columns]
    for name, day, *values in zip(*columns, strict=True):
        numbers = ", ".join(f'"{column}": {value!r}' for column, value in zip(NAMES, values, strict=True))
        yield f'{{"ticker": "{name}", "date": "{day}", {numbers}}}'
