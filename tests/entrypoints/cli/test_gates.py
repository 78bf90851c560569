"""``lanner gates``, and what ``lanner fetch`` prints of an answer that did not pass one."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from domain.gates.settings import Gates
from domain.observations import Observations
from domain.use_cases import UseCases
from entrypoints.cli.fetch import fetch
from entrypoints.cli.gates import gates
from entrypoints.cli.providers import providers
from tests.builders import memory_use_cases
from tests.entrypoints.cli.conftest import Run
from tests.fakes import CannedSource

STATE = Observations.of(range(30), ["Close"], [[100.0 + each % 3] for each in range(30)])
OFF = Observations.of(range(31), ["Close"], [[100.0 + each % 3] for each in range(30)] + [[5000.0]])


class Gated(CannedSource):
    """Its provider refuses changes of the scale."""

    gates = Gates(scale=True)


@pytest.fixture
def source() -> Gated:
    return Gated(observations=STATE)


@pytest.fixture
def use_cases(source: Gated, run: Run) -> UseCases:
    use = memory_use_cases({"canned": source})
    run(use, fetch, "X/Y")
    return use


def test_gates_are_shown_and_set(run: Run, use_cases: UseCases) -> None:
    """Each with what is set for the series, for its provider, and what is in force."""
    shown = run(use_cases, gates, "X/Y")
    changed = run(use_cases, gates, "canned:X/Y --deviations 8 --scale off --frequency on")
    again = run(use_cases, gates, "X/Y --deviations inherit --frequency off")

    assert [line.split() for line in shown.stdout.splitlines()[1:]] == [
        ["deviations", "inherit", "off", "off"],
        ["scale", "inherit", "on", "on"],
        ["frequency", "inherit", "off", "off"],
    ]
    assert [line.split()[1:] for line in changed.stdout.splitlines()[1:]] == [["8", "off", "8"], ["off", "on", "off"], ["on", "off", "on"]]
    assert [line.split()[1] for line in again.stdout.splitlines()[1:]] == ["inherit", "off", "off"]
    assert json.loads(run(use_cases, gates, "X/Y --format json --deviations off").stdout) == {
        "code": "canned:X/Y",
        "gates": {"deviations": 0.0, "scale": False, "frequency": False},
        "of_provider": {"deviations": 0.0, "scale": True, "frequency": False},
        "gates_in_force": {"deviations": 0.0, "scale": False, "frequency": False},
    }


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("X/Y --deviations much", "'much' is no number; write one such as 8, off or inherit."),
        ("X/Y --deviations nan", "deviations must be from 1 to 10000, or 0 for none."),
        ("X/Y --deviations 0.2", "deviations must be from 1 to 10000, or 0 for none."),
        ("X/Y --scale maybe", "'maybe' is not one of 'on', 'off', 'inherit'"),
    ],
)
def test_what_is_no_gate_is_a_mistake_of_usage(run: Run, use_cases: UseCases, line: str, says: str) -> None:
    """It names the option and the fix."""
    result = run(use_cases, gates, line)

    assert result.exit_code == 2
    assert says in result.stderr
    assert line.split()[1] in result.stderr


def test_a_series_that_is_not_stored_has_none(run: Run, use_cases: UseCases) -> None:
    """The hint is the command that fetches it."""
    result = run(use_cases, gates, "X/Z --scale on")

    assert str(result.exception) == "X/Z is not stored here."


@pytest.mark.parametrize("option", ["--allow values", "--allow values --allow shrink"])
def test_what_a_gate_refused_is_listed_and_accepted(run: Run, use_cases: UseCases, source: Gated, option: str) -> None:
    """A table of the cells stands below the lines of the series."""
    run(use_cases, gates, "X/Y --deviations 8")
    source.observations = OFF
    refused = run(use_cases, fetch, "--refresh X/Y")
    shrunk = run(use_cases, fetch, "--refresh --allow shrink X/Y")
    accepted = run(use_cases, fetch, f"--refresh {option} X/Y")
    summary, empty, heading, columns, *cells = refused.stdout.splitlines()

    assert (refused.exit_code, shrunk.exit_code, accepted.exit_code) == (1, 1, 0)
    assert summary.startswith(
        "canned:X/Y  error  suspicious_values: 1 value is more than 8 robust deviations off, Close of 1970-01-31, 5000"
    )
    assert (empty, heading) == ("", "Refused of canned:X/Y:")
    assert columns.split() == ["date", "column", "value", "stored", "lowest", "highest", "gate"]
    assert [cell.split()[:3] for cell in cells] == [["1970-01-31", "Close", "5000"]]
    assert "1 vintage added, 31 rows" in accepted.stdout
    assert "Refused" not in accepted.stdout


def test_cells_of_dates_alone_are_listed(run: Run, use_cases: UseCases, source: Gated) -> None:
    """A frequency that changed has new dates and no values."""
    run(use_cases, gates, "X/Y --frequency on")
    source.metadata = replace(source.metadata, frequency=None)
    source.observations = Observations.of([*range(30), 40, 47, 54], ["Close"], [[100.0]] * 33)
    refused = run(use_cases, fetch, "--refresh X/Y").stdout

    assert [line.split() for line in refused.splitlines()[-3:]] == [[f"1970-02-{day}", "frequency"] for day in (10, 17, 24)]


def test_a_provider_shows_its_gates(run: Run, use_cases: UseCases) -> None:
    """In JSON."""
    (line,) = run(use_cases, providers, "--format json").stdout.splitlines()

    assert json.loads(line)["gates"] == {"deviations": 0.0, "scale": True, "frequency": False}
