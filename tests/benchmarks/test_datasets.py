"""The made-up prices are the same everywhere, else figures could not be compared."""

from __future__ import annotations

import hashlib
import json
import runpy
from pathlib import Path

import pytest

from tests.benchmarks.datasets import wiki_like

REFERENCE = Path(__file__).parents[3] / "shared" / "reference" / "wiki_like.py"
DIGESTS = {
    False: "35c15fb5424a06aebac970087cfb4f3384a3428855c4649afbeeca611fc595c8",
    True: "120701d63597abefb287f9ec940833ce412e23eb44c89ed8ffd86b80a7be6caa",
}


def digest(prices: object) -> str:
    return hashlib.sha256(json.dumps(prices).encode()).hexdigest()


@pytest.mark.parametrize("dividends", [False, True], ids=["plain", "dividends"])
def test_the_prices_never_change(dividends: bool) -> None:  # noqa: FBT001
    """Names and rows, written as JSON, have the digest they had when the budgets were set."""
    assert digest(wiki_like(dividends=dividends)) == DIGESTS[dividends]


@pytest.mark.skipif(not REFERENCE.is_file(), reason="../shared/reference/wiki_like.py is not there")
@pytest.mark.parametrize("dividends", [False, True], ids=["plain", "dividends"])
def test_the_prices_are_the_reference_s(dividends: bool) -> None:  # noqa: FBT001
    """The reference makes the same prices, to the bit."""
    reference = runpy.run_path(str(REFERENCE))["wiki_like"]

    assert wiki_like(dividends=dividends) == reference(dividends=dividends)
