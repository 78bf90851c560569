"""What a script draws a plot from: no spike is hidden, candles hold their dates, shading covers its periods."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

import entrypoints.web
from entrypoints.web.charts import document as documents
from entrypoints.web.charts.drawing import gathered
from entrypoints.web.charts.plot import Candles, Curve, Kind, Plot

VENDOR = Path(entrypoints.web.__file__).parent / "static" / "vendor"
DIGESTS = {
    "uPlot.js": "5dd9b3281aa64b461b42d9945f6adb2649d346502b12281a9ae0d46599a80eba",
    "uPlot.css": "df630c6a8d6f8eeaff264b50f73ce5b114f646ffd9a0bb74f049b0a00135fa04",
    "uPlot.LICENSE.txt": "8f989229699b4fe2f1a0432d0e9edc338a8a911e250e2d1b01ecd770a5f5b1bd",
}


def test_vendored_files_are_those_of_their_release() -> None:
    """uPlot 1.6.32 and its licence, byte for byte, and nothing else."""
    assert {file.name: hashlib.sha256(file.read_bytes()).hexdigest() for file in VENDOR.iterdir()} == DIGESTS


@given(st.integers(0, 2**32), st.integers(50, 400), st.integers(15_000, 40_000), st.floats(0, 0.4))
def test_no_spike_is_hidden(seed: int, pixels: int, count: int, missing: float) -> None:
    """Of each pixel's width the first, lowest, highest and last value are sent, at their dates, and no other is made up."""
    random = np.random.default_rng(seed)
    seconds = np.cumsum(random.integers(1, 500, count))
    values = random.standard_t(1, count)
    values[random.random(count) < missing] = np.nan
    plot = Plot(
        title="", description="", kind=Kind.LINE, curves=[Curve(role="now", label="", dates=seconds.astype("datetime64[s]"), values=values)]
    )
    found = documents.document(plot, shown=plot.ends, extent=plot.ends, pixels=pixels)
    sent = dict(zip(found["axes"][0], found["curves"][0]["values"], strict=True))
    places = np.floor((seconds - seconds[0]) * (pixels / (seconds[-1] - seconds[0])))

    assert all(np.array_equal(sent[second], values[np.searchsorted(seconds, second)], equal_nan=True) for second in sent)
    for pixel in np.unique(places):
        part = values[(places == pixel) & ~np.isnan(values)]
        of_pixel = [sent[second] for second in seconds[places == pixel].tolist() if second in sent and not np.isnan(sent[second])]
        if part.size:
            assert (of_pixel[0], min(of_pixel), max(of_pixel), of_pixel[-1]) == (part[0], part.min(), part.max(), part[-1])
    assert found["exact"] or len(sent) <= 5 * (pixels + 1)


def test_curves_share_their_dates() -> None:
    """A curve whose dates are a part of another's names where they begin; others have an axis of their own."""
    days = np.arange("2020-01-01", "2020-01-11", dtype="datetime64[D]")
    dates = (days, days[2:5], days[::2])
    curves = [Curve(role=f"c{n + 1}", label="", dates=each, values=np.arange(float(len(each)))) for n, each in enumerate(dates)]
    plot = Plot(title="", description="", kind=Kind.LINE, curves=curves)
    found = documents.document(plot, shown=plot.ends, extent=plot.ends, pixels=100)

    assert [(each["role"], each["axis"], each["start"], len(each["values"])) for each in found["curves"]] == [
        ("c1", 0, 0, 10),
        ("c2", 0, 2, 3),
        ("c3", 1, 0, 5),
    ]


def test_candles_are_gathered() -> None:
    """A candle of several dates goes from the first open to the last close, with every extreme and the sum of the volumes."""
    prices = np.array([[1, 5, 0, 2], [2, 9, 1, 3], [3, 4, -7, 1], [1, 2, 1, 2.0]])
    days = np.arange("2020-01-01", "2020-01-05", dtype="datetime64[D]")
    candles = gathered(Candles(role="now", label="", dates=days, prices=prices, volumes=np.array([1, np.nan, 3, 4.0])), 2)

    assert candles.prices.tolist() == [[1, 9, 0, 3], [3, 4, -7, 2]]
    assert candles.volumes is not None
    assert candles.volumes.tolist() == [1, 7]
