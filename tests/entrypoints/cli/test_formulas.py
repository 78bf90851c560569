"""``lanner formulas``, and the other commands on a formula."""

from __future__ import annotations

import json

import pytest

from adapters.memory.unit_of_work import MemoryStore
from domain.errors import ComponentMissing, FormulaNotFound, InvalidFormula, NotOfFormulas
from domain.use_cases import UseCases
from entrypoints.cli.export import export
from entrypoints.cli.formulas import formulas
from entrypoints.cli.show import show
from entrypoints.cli.vintages import vintages
from tests.builders import memory_use_cases
from tests.entrypoints.cli.conftest import Run
from tests.fakes import CannedSource, StoppedClock

TWICE = "2*X('A')['Open']"


@pytest.fixture
def use_cases() -> UseCases:
    return memory_use_cases({"canned": CannedSource()}, store=MemoryStore(StoppedClock()))


def test_a_series_without_its_brackets_is_recognized(run: Run) -> None:
    """As somebody writes a code who has not read how."""
    error = run(memory_use_cases({"canned": CannedSource()}), formulas, "set MY/X yoy(SAMPLE/GDP)").exception

    assert isinstance(error, InvalidFormula)
    assert error.hint == "Write a series as DATABASE('DATASET'), like SAMPLE('GDP')."


def test_set_list_and_remove(run: Run, use_cases: UseCases) -> None:
    """Missing series are named, or requested with --fetch."""
    refused = run(use_cases, formulas, f"set MY/TWICE {TWICE}")
    made = run(use_cases, formulas, f"set MY/TWICE {TWICE} --fetch --title Twice")
    listed = run(use_cases, formulas, "list")
    document = json.loads(run(use_cases, formulas, "list --format json").stdout)
    removed = run(use_cases, formulas, "remove MY/TWICE")

    assert isinstance(refused.exception, ComponentMissing)
    assert made.stdout == f"MY/TWICE = {TWICE} (definition 1)\n"
    assert made.stderr == "canned:X/A is requested.\n"
    assert [line.split()[:2] for line in listed.stdout.splitlines()] == [["code", "definition"], ["MY/TWICE", "1"]]
    assert (document["title"], document["components"], document["looks_ahead"]) == ("Twice", ["canned:X/A"], False)
    assert removed.stdout == "MY/TWICE is removed.\n"
    assert isinstance(run(use_cases, formulas, "remove MY/TWICE").exception, FormulaNotFound)
    assert isinstance(run(use_cases, formulas, "set MY/TWICE 2*").exception, InvalidFormula)


def test_it_is_shown_and_exported(run: Run, use_cases: UseCases) -> None:
    """A state of it is named by its definition; its vintages are not stored."""
    run(use_cases, formulas, f"set MY/TWICE {TWICE} --fetch")
    shown = run(use_cases, show, "MY/TWICE")
    document = json.loads(run(use_cases, show, "MY/TWICE --format json").stdout)

    assert "definition 1, known at" in shown.stdout
    assert [row[1] for row in document["data"]] == [2.0, 4.0, 6.0]
    assert (document["vintage"], document["formula"]["expression"]) == (None, TWICE)
    assert run(use_cases, export, "MY/TWICE").stdout == "date,Value\n2024-01-01,2.0\n2024-01-02,4.0\n2024-01-03,6.0\n"
    assert isinstance(run(use_cases, vintages, "MY/TWICE").exception, NotOfFormulas)
