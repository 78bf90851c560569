"""docs/formulas.md: every function has an example, and every example has values."""

from __future__ import annotations

import re

import numpy as np
import pytest

from adapters.providers.sample.provider import PROVIDER
from domain.codes import DatasetCode
from domain.formulas.evaluation import MOST_CELLS
from domain.formulas.parsing import DEEPEST, LONGEST, MOST_NODES, MOST_SERIES
from domain.formulas.signatures import FUNCTIONS
from domain.use_cases import UseCases
from domain.use_cases.read_formula import DEEPEST as MOST_FORMULAS
from domain.use_cases.read_series import Selection
from tests.builders import memory_use_cases
from tests.documents import ROOT, Document

PAGE = Document(ROOT / "docs" / "formulas.md")
#: What stands in the first column, and the example beside it.
ROWS = re.findall(r"^\| `?(\w[^|]*?)`? \| `([^|`]+\([^|`]+)` \|", PAGE.prose, re.MULTILINE)


@pytest.fixture(scope="module")
def samples() -> UseCases:
    use_cases = memory_use_cases({"sample": PROVIDER.open(PROVIDER.options(), None)}, default="sample")  # type: ignore[arg-type]
    for dataset in ("GDP", "NILE", "CO2", "SUNSPOTS", "ELNINO", "MACRO"):
        use_cases.request_fetch(DatasetCode("SAMPLE", dataset))
    use_cases.manage_formulas.define(DatasetCode("MY", "OTHER"), "SAMPLE('NILE')")
    return use_cases


@pytest.mark.parametrize("example", [example for _, example in ROWS])
def test_every_example_has_values(samples: UseCases, example: str) -> None:
    """It is a formula whose result has dates and known values."""
    defined = samples.manage_formulas.define(DatasetCode("MY", "EXAMPLE"), example)
    values = samples.read_series(defined.formula.series.id, Selection()).observations.values

    assert np.isfinite(values).sum() > 10
    assert defined.formula.looks_ahead == example.startswith("lead")


def test_every_function_has_an_example() -> None:
    """Each is in the table once, with an example that calls it."""
    table = {name.partition("(")[0]: example for name, example in ROWS if "(" in name}

    assert set(table) == set(FUNCTIONS)
    assert [name for name, example in table.items() if f"{name}(" not in example] == []


def test_the_limits_are_those_of_the_code() -> None:
    """The page names each."""
    limits = (f"{LONGEST:,}", f"{MOST_NODES:,} parts", f"{DEEPEST} of them", f"{MOST_SERIES} series", f"{MOST_CELLS // 10**6} million")

    assert [limit for limit in limits if limit not in PAGE.text] == []
    assert (MOST_FORMULAS, "up to ten deep" in PAGE.text) == (10, True)
