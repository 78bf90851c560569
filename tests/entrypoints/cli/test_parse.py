"""``lanner parse``."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from adapters.memory.unit_of_work import MemoryStore, MemoryUnitOfWork
from domain.codes import DatasetCode
from domain.errors import AnswerNotUnderstood
from domain.frequency import Frequency
from domain.observations import Observations
from domain.ports import ParsedSeries, RawResponse
from domain.series import Metadata
from domain.use_cases import UseCases
from entrypoints.cli.parse import parse
from tests.builders import memory_use_cases
from tests.entrypoints.cli.conftest import Run
from tests.fakes import NAN, CannedSource

STATE = Observations.of(["2024-01-02", "2024-01-01"], ["Low", "High"], [[0.1, NAN], [1e16, -0.0]])


class ParsingSource(CannedSource):
    """Finds two series in whatever is not ``bad`` or ``broken``, and names the second after the answer."""

    def parse(self, code: DatasetCode | None, answer: RawResponse) -> Sequence[ParsedSeries]:
        if answer.body == b"bad":
            raise AnswerNotUnderstood("This is bad.")
        if answer.body == b"broken":
            raise KeyError("data")
        seconds = Observations.of(["2024-01-01T10:00:00"], ["Price"], [[3.0]], unit="s")
        named = DatasetCode(
            "SEEN", f"{answer.status}/{answer.headers.get('content-type', 'none').replace('/', '-')}/{answer.url or 'none'}"
        )
        first = ParsedSeries(
            code=code or DatasetCode("ALL", "1"),
            metadata=Metadata(frequency=Frequency.MONTHLY, date_column="Month"),
            vintages=[(date(2024, 2, 1), STATE.latest(1)), (datetime(2024, 3, 1, 12, tzinfo=UTC), STATE)],
        )
        return [first, ParsedSeries(code=named, metadata=Metadata(), vintages=[(None, seconds)])]


class ClosedStore(MemoryStore):
    """A store that may not be touched."""

    def reading(self) -> MemoryUnitOfWork:
        raise AssertionError

    writing = check = reading


@pytest.fixture
def use_cases() -> UseCases:
    return memory_use_cases({"parsing": ParsingSource(), "canned": CannedSource(), "keyless": None}, store=ClosedStore())


def test_the_answers_series_are_one_line_of_json(run: Run, use_cases: UseCases, tmp_path: Path) -> None:
    """Series come with their vintages, dates ascending, missing values as null and floats in their shortest form."""
    body = tmp_path / "answer"
    body.write_bytes(b"\xff\x00")

    result = run(use_cases, parse, f"parsing WIKI/FB --body {body}")

    assert result.exit_code == 0
    assert result.stdout == (
        '{"series":[{"code":"WIKI/FB","frequency":"monthly","column_names":["Month","Low","High"],"left_out":[],"vintages":['
        '{"published":"2024-02-01","data":[["2024-01-02",0.1,null]]},'
        '{"published":"2024-03-01T12:00:00Z","data":[["2024-01-01",1e+16,-0.0],["2024-01-02",0.1,null]]}]},'
        '{"code":"SEEN/200/none/none","frequency":null,"column_names":["Date","Price"],"left_out":[],"vintages":['
        '{"published":null,"data":[["2024-01-01T10:00:00Z",3.0]]}]}]}\n'
    )


def test_the_circumstances_reach_the_parser(run: Run, use_cases: UseCases) -> None:
    """Status, content type and URL are handed on, a star asks for every series, and - reads standard input."""
    result = run(use_cases, parse, "parsing * --body - --status 404 --content-type text/csv --url a.b", input=b"x")

    assert [series["code"] for series in json.loads(result.stdout)["series"]] == ["ALL/1", "SEEN/404/text-csv/a.b"]


@pytest.mark.parametrize(
    ("line", "body", "error"),
    [
        ("parsing A/B", b"bad", {"code": "not_understood", "message": "This is bad."}),
        ("parsing A/B", b"broken", {"code": "not_understood", "message": "The data source parsing failed on this answer (KeyError)."}),
        ("parsing ../B", b"", {"code": "invalid_code", "message": "database_code '..' is not valid."}),
        ("parsing AB", b"", {"code": "invalid_code", "message": "The code 'AB' has no slash."}),
        ("nobody A/B", b"", {"code": "unknown_provider", "message": "There is no provider 'nobody'."}),
        ("keyless A/B", b"", {"code": "provider_not_configured", "message": "Set LANNER_PROVIDERS__KEYLESS__API_KEY."}),
        ("canned A/B", b"", {"code": "invalid_input", "message": "The provider canned cannot parse recorded answers."}),
        (
            "parsing A/B --option decimal=.",
            b"x",
            {"code": "invalid_input", "message": "The provider parsing takes no options to read an answer."},
        ),
    ],
)
def test_an_error_is_one_line_of_json_too(run: Run, use_cases: UseCases, line: str, body: bytes, error: dict[str, str]) -> None:
    """Whatever is wrong is printed with its code and message, and the exit code is 1."""
    result = run(use_cases, parse, f"{line} --body -", input=body)

    assert result.exit_code == 1
    assert result.stdout.count("\n") == 1
    assert json.loads(result.stdout) == {"error": error}


@pytest.mark.parametrize("line", ["--body /nowhere/answer.json", "--body /", "--body - --status 99", "--body - --option decimal", ""])
def test_a_wrong_command_line_is_a_mistake_of_usage(run: Run, use_cases: UseCases, line: str) -> None:
    """A missing file, a folder, a status that is none and a missing body give exit code 2."""
    assert run(use_cases, parse, f"parsing A/B {line}").exit_code == 2


class DoubtfulSource(ParsingSource):
    """Warns of every series that it finds."""

    def parse(self, code: DatasetCode | None, answer: RawResponse) -> Sequence[ParsedSeries]:
        return [replace(series, warnings=("This may be cut.",)) for series in super().parse(code, answer)]


def test_a_warning_is_printed_beside_the_answer_and_in_it(run: Run) -> None:
    """What cannot be relied on goes to standard error, once, and into the JSON; the exit code is 0."""
    use_cases = memory_use_cases({"doubtful": DoubtfulSource()}, store=ClosedStore())
    result = run(use_cases, parse, "doubtful A/B --body -", input=b"x")

    assert (result.exit_code, result.stderr) == (0, "Warning: This may be cut.\n")
    assert json.loads(result.stdout)["warnings"] == ["This may be cut."]


class FilesParsingSource(ParsingSource):
    """Tells which options it was given, as words that it left out."""

    file_options = ("decimal", "columns")

    def parse(self, code: DatasetCode | None, answer: RawResponse) -> Sequence[ParsedSeries]:
        said = tuple(f"{name}={value!r}" for name, value in answer.options.items())
        return [ParsedSeries(code=code or DatasetCode("A", "B"), metadata=Metadata(), vintages=[(None, STATE)], left_out=said)]


def test_options_reach_the_source_of_files(run: Run) -> None:
    """An option's value is JSON, or a text where it is none; columns that were left out are shown."""
    use_cases = memory_use_cases({"folder": FilesParsingSource()}, store=ClosedStore())
    line = """folder A/B --body - --option decimal=, --option columns=["a"] --option skip_rows=2"""

    [series] = json.loads(run(use_cases, parse, line, input=b"x").stdout)["series"]

    assert series["left_out"] == ["decimal=','", "columns=['a']", "skip_rows=2"]
