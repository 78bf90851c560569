"""The kit for providers: what it writes works as it stands, outside the repository too, and its rules can be broken."""

from __future__ import annotations

import logging
import subprocess
import sys
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

import pytest
from click.testing import CliRunner
from falcon.testing import TestClient

from adapters.provider_kit.conformance.report import ConformanceReports
from adapters.provider_kit.conformance.rules import RULES, opened
from adapters.provider_kit.registry.installed import InstalledProviders
from adapters.sql.schema import migrate
from config import bootstrap
from domain.errors import InvalidInput
from entrypoints.cli.new_provider import new_provider
from entrypoints.rest.app import create_app

ROOT = Path(__file__).parents[2]
SOME = '{"id": "prices", "observations": [["2024-01-31", 1]]}'
Written = Callable[..., Path]
_names = (f"weather{number}" for number in count(1))


@pytest.fixture
def written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Written:
    """A provider as the kit writes it, with changes in its texts, installed by an entry point; its name is the folder's."""

    def write(**changes: tuple[str, str]) -> Path:
        name = next(_names)
        folder = tmp_path / name
        assert CliRunner().invoke(new_provider, [name, "--into", str(folder)]).exit_code == 0
        module, payload = folder / f"lanner_{name}.py", folder / "tests" / "payload" / "series.json"
        for path in (module, payload):
            if path.stem in changes or ("module" in changes and path is module):
                old, new = changes["module" if path is module else path.stem]
                assert old in path.read_text()
                path.write_text(path.read_text().replace(old, new))
        metadata = folder / f"lanner_{name}-0.1.dist-info"
        metadata.mkdir()
        (metadata / "METADATA").write_text(f"Metadata-Version: 2.1\nName: lanner-{name}\nVersion: 0.1\n")
        (metadata / "entry_points.txt").write_text(f"[lanner.providers]\n{name} = lanner_{name}\n")
        monkeypatch.syspath_prepend(folder)
        return folder

    return write


@pytest.fixture
def root_logger() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:], root.level = handlers, level


def test_its_own_tests_pass(written: Written) -> None:
    """What is written passes the tests that are written with it, run on their own."""
    folder = written()
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--rootdir", str(folder), str(folder / "tests")]
    paths = {"PYTHONPATH": f"{folder}:{ROOT}", "PATH": "/usr/bin:/bin"}
    done = subprocess.run(command, cwd=folder, env=paths, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stdout + done.stderr
    assert f"{len(RULES) + 1} passed" in done.stdout


@pytest.mark.usefixtures("root_logger")
def test_a_provider_outside_the_repository_serves(written: Written, tmp_path: Path) -> None:
    """One new file elsewhere, announced as an entry point, is found, configured, fetched and served."""
    folder = written()
    name = folder.name
    with opened(name, folder / "tests" / "payload") as case:
        variable = f"LANNER_PROVIDERS__{name.upper()}__"
        container = bootstrap({"LANNER_DATA_DIR": str(tmp_path / "data"), f"{variable}BASE_URL": case.url, f"{variable}API_KEY": "k"})
        migrate(container.engine())
        use_cases = container.use_cases()
        client = TestClient(create_app(use_cases, allowed_hosts=()), headers={"Host": "localhost:8000"})
        posted = client.simulate_post("/timeseries", json={"code": f"{name.upper()}/prices"}).json
        use_cases.fetch_dataset(use_cases.request_fetch(case.code).fetch.id)
        answer = client.simulate_get(f"/timeseries/{posted['id']}/data").json
        container.engine().dispose()

    assert posted["provider"] == name
    assert [row[1] for row in answer["data"]] == [1.5, None, 1.75]


def test_in_a_checkout_the_files_lie_where_they_belong(tmp_path: Path) -> None:
    """Into a checkout go module, payload and test; nothing is overwritten, and a name that is none is refused."""
    (tmp_path / "adapters" / "providers").mkdir(parents=True)
    runner = CliRunner()
    first = runner.invoke(new_provider, ["weather", "--into", str(tmp_path)])
    again = runner.invoke(new_provider, ["weather", "--into", str(tmp_path)])
    odd = runner.invoke(new_provider, ["../x", "--into", str(tmp_path)])
    taken = runner.invoke(new_provider, ["fred", "--into", str(tmp_path)])

    assert {path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*.*")} == {
        "adapters/providers/weather.py",
        "tests/payloads/weather/contract.json",
        "tests/payloads/weather/series.json",
        "tests/unit/test_weather.py",
    }
    assert first.exit_code == 0
    assert [type(result.exception) for result in (again, odd, taken)] == [InvalidInput] * 3


@pytest.mark.parametrize(
    ("rule", "changes"),
    [
        ("tells_its_facts", {"module": ('key_url="https://example.org/keys",', "")}),
        ("documents_its_codes", {"module": ('databases=("', 'databases=("OTHER_')}),
        ("refuses_garbage", {"module": ('raise AnswerNotUnderstood("The answer is not JSON.") from exc', f"return {SOME}")}),
        ("names_statuses", {"module": ("if not is_success(answer):", "if answer.status == 404:")}),
        ("gives_states", {"series": ('[["2024-01-31", 1.5], ["2024-02-29", null], ["2024-03-31", 1.75]]', "[]")}),
        ("gives_metadata", {"series": ('"name": "Prices"', '"name": ""')}),
        ("states_its_anchor", {"module": ('Anchor.END.of("month")', 'Anchor.START.of("month")')}),
        ("states_its_anchor", {"module": ('extra={"dates": Anchor.END.of("month")},', "")}),
        ("asks_for_the_codes_it_documents", {"module": ("        answer = self", "        return None\n        answer = self")}),
        ("tells_its_origin", {"module": ("PROVIDER.origin(answer.url", "PROVIDER.origin(self._errors.key")}),
        ("reads_what_is_missing", {"series": ("null", "0")}),
        ("makes_its_calls", {"module": ("        [series] =", "        self._http.get((), {})\n        [series] =")}),
        ("does_not_find_what_is_not_there", {"module": ("raise status_error(answer, self._errors)", 'raise AnswerNotUnderstood("?")')}),
        ("names_refusals", {"module": ("raise status_error(answer, self._errors)", 'raise AnswerNotUnderstood("?")')}),
        ("sees_what_is_no_answer", {"module": ('raise AnswerNotUnderstood("The answer is not JSON.") from exc', f"return {SOME}")}),
    ],
)
def test_a_rule_can_be_broken(written: Written, rule: str, changes: dict[str, tuple[str, str]]) -> None:
    """A provider that does what a rule forbids is told so by that rule."""
    folder = written(**changes)
    [held_to] = [each for each in RULES if each.__name__ == rule]
    with opened(folder.name, folder / "tests" / "payload") as case:
        assert held_to(case) != ""


def test_a_report_needs_no_network(written: Written) -> None:
    """A provider that is not configured is held to what can be seen without asking anyone; a broken one says what broke."""
    good, bad = written().name, written(module=("provider_api=2", "provider_api=2 / 0")).name
    reports = ConformanceReports(InstalledProviders({}, deadline_seconds=5))

    assert [finding.problem for finding in reports.run_conformance(good)] == [""] * 4
    assert len(reports.run_conformance(good, online=True)) == 4
    assert "ZeroDivisionError" in reports.run_conformance(bad)[0].problem


def test_online_the_example_is_asked_for(written: Written) -> None:
    """A configured provider is asked for its example if the network may be used: once for all rules."""
    folder = written()
    with opened(folder.name, folder / "tests" / "payload") as case:
        providers = InstalledProviders({folder.name: {"base_url": case.url, "api_key": "a-k3y"}}, deadline_seconds=5)
        found = ConformanceReports(providers).run_conformance(folder.name, online=True)

    assert [finding.problem for finding in found] == [""] * 9
    assert case.calls == 1
