"""
Transforms that Quandl's server calculated, beside ours, where what it calculated from can be told from its answers.

An index has two decimals, so a relative difference with 14 digits is a fraction of two whole numbers, and the next one
must go on from the second of them: a chain of some links fits one row of values only.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from domain.observations import Observations
from domain.transforms import Transform, transform

RECORDED = Path(__file__).parents[3] / "shared" / "recorded" / "quandl"
LEAST_LINKS = 3
SLACK = Fraction(1, 10**12)


def recorded(name: str) -> list[str]:
    """The second column of a file, oldest first."""
    if not (RECORDED / name).is_file():
        pytest.skip(f"../shared/recorded/quandl/{name} is not there")
    with (RECORDED / name).open(newline="") as file:
        return [row[1] for row in csv.reader(file)][:0:-1]


def chain(start: int, links: Sequence[str]) -> list[int]:
    """Whole numbers from ``start`` on whose relative differences are the recorded ones, as far as there are such."""
    values = [start]
    for text in links:
        if not text or not values[-1]:
            break
        link = Fraction(text)
        following = round(values[-1] * (1 + link))
        if abs(Fraction(following, values[-1]) - 1 - link) > abs(link) * SLACK:
            break
        values.append(following)
    return values


def chains(texts: Sequence[str], most: int) -> Iterator[tuple[list[int], Sequence[str]]]:
    """Every chain of whole numbers up to ``most``, and what was recorded of it."""
    at = 0
    while at < len(texts):
        text, values = texts[at], [0]
        if text and Decimal(text) not in (0, -1):
            below = Fraction(text).limit_denominator(most).denominator
            values = max((chain(start, texts[at:]) for start in range(below, most + 1, below)), key=len)
        links = len(values) - 1
        if links >= LEAST_LINKS:
            yield values, texts[at : at + links]
        at += max(1, links)


@pytest.mark.parametrize(
    ("name", "most", "decimals", "least"),
    [
        ("v1_data_BUCHARESTSE_INDICES.csv", 2_000_000, 2, 300),
        ("v1_data_MAURITIUSSE_INDICES.csv", 60_000, 2, 10),
        ("v1_data_JOHNSTON_AB_SPAIN.csv", 100_000, 0, 4),
    ],
)
def test_relative_differences_are_quandls_to_the_last_digit(name: str, most: int, decimals: int, least: int) -> None:
    """Every link of every chain is equal, so the order of the operations is the server's."""
    checked = 0
    for values, texts in chains(recorded(name), most):
        column = np.array([value / 10**decimals for value in values])[:, None]
        given = Observations.from_trusted(np.arange(len(values)).astype("datetime64[D]"), ("",), column)

        assert transform(given, Transform.RDIFF).values[:, 0].tolist() == [float(text) for text in texts]
        checked += len(texts)
    assert checked >= least
