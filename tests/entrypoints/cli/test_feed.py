"""``lanner feed``."""

from __future__ import annotations

import json

from domain.codes import DatasetCode
from domain.use_cases import UseCases
from entrypoints.cli.feed import feed
from tests.builders import CannedSource, memory_use_cases
from tests.entrypoints.cli.conftest import DATABASE, Run


def kept() -> UseCases:
    use_cases = memory_use_cases({"canned": CannedSource()})
    for name in "ABC":
        use_cases.request_fetch(DatasetCode("X", name))
    return use_cases


def test_the_newest_vintages_stand_last(run: Run) -> None:
    """A line each, with the position that a reader goes on after."""
    use_cases = kept()
    lines = [line.split() for line in run(use_cases, feed, "--limit 2").stdout.splitlines()]
    [first, second] = [json.loads(line) for line in run(use_cases, feed, "--limit 2 --format json").stdout.splitlines()]

    assert [(line[0], line[-1]) for line in lines] == [("code", "cause"), ("canned:X/B", "publication"), ("canned:X/C", "publication")]
    assert [first["timeseries"]["code"], second["timeseries"]["code"]] == ["X/B", "X/C"]
    assert (second["vintage"]["number"], second["is_newest"]) == (1, True)
    assert [line[1] for line in lines[1:]] == [str(first["position"]), str(second["position"])]


def test_a_reader_goes_on_where_it_stopped(run: Run) -> None:
    """After a position comes what was recorded since, oldest first; nothing new says where was looked."""
    use_cases = kept()
    seen = [json.loads(line) for line in run(use_cases, feed, "--after 0 --format json").stdout.splitlines()]
    since = [
        json.loads(line) for line in run(use_cases, feed, f"--after {seen[0]['position']} --limit 1 --format json").stdout.splitlines()
    ]
    end = run(use_cases, feed, f"--after {seen[-1]['position']}")

    assert [each["timeseries"]["code"] for each in seen] == ["X/A", "X/B", "X/C"]
    assert since == [seen[1]]
    assert (end.exit_code, end.stdout, end.stderr) == (0, "", f"No such vintages in {DATABASE}.\n")
