"""``lanner doctor``: what scripts ask for, and what becomes of it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from adapters.provider_kit.registry.installed import InstalledProviders
from domain.errors import InvalidInput
from domain.providers import Routing
from domain.use_cases.diagnose_code import DiagnoseCode
from entrypoints.cli.doctor import doctor
from entrypoints.cli.scripts.calls import calls_in
from entrypoints.cli.scripts.codes import wanted_by
from tests.builders import memory_use_cases
from tests.entrypoints.cli.conftest import Run

SHARED = Path(__file__).parents[4] / "shared" / "cases" / "scripts" / "python_calls.py"
KEYS = {"tiingo": {"api_key": "k"}, "fred": {"api_key": "k"}, "yahoo": {"enabled": "true"}, "eia": {"api_key": "k"}}
IMPORTS = "import quandl\nfrom quandl import get\nimport nasdaqdatalink as ndl\nimport pandas_datareader.data as web\n"


class Doctor:
    """Runs the command with real providers, none of which is asked anything."""

    def __init__(self, run: Run, folder: Path) -> None:
        self.run, self.script = run, folder / "script.py"

    def __call__(self, source: str, *, keys: Any = KEYS, routing: Routing | None = None) -> tuple[list[dict[str, Any]], int]:
        self.script.write_text(source)
        result = self.on(str(self.script), keys=keys, routing=routing)
        return [json.loads(line) for line in result.stdout.splitlines()], result.exit_code

    def on(self, line: str, *, keys: Any = KEYS, routing: Routing | None = None, form: str = "json") -> Any:
        use_cases = memory_use_cases({})
        providers = InstalledProviders(keys, deadline_seconds=1)
        object.__setattr__(use_cases, "diagnose_code", DiagnoseCode(providers, routing or Routing({}, "quandl")))
        return self.run(use_cases, doctor, f"{line} --format {form}")


@pytest.fixture
def diagnosed(run: Run, tmp_path: Path) -> Doctor:
    return Doctor(run, tmp_path)


def codes(source: str) -> list[str]:
    """The codes that a script asks for, with the places of columns."""
    found = [wanted for call in calls_in(IMPORTS + source, "script.py") for wanted in wanted_by(call)]
    return [wanted.code if wanted.column is None else f"{wanted.code}.{wanted.column}" for wanted in found]


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("quandl.get('WIKI/FB')", ["WIKI/FB"]),
        ("quandl.get(dataset='wiki/fb.4')", ["WIKI/FB.4"]),
        ("ndl.get(['WIKI/A', 'EOD/B.4'], column_index=2)", ["WIKI/A.2", "EOD/B.4"]),
        ("g = quandl.get\ng('WIKI/FB')", ["WIKI/FB"]),
        ("import Quandl as q\nq.get('WIKI/FB')", ["WIKI/FB"]),
        ("from quandl import get as pull\npull('WIKI/FB')", ["WIKI/FB"]),
        ("from quandl import *\nDataset('WIKI/FB')", ["WIKI/FB"]),
        ("code = 'A/B'\nget(code)\ncode = 'C/D'\nget(code)", ["A/B", "C/D"]),
        ("if x:\n    code = 'A/B'\nelse:\n    code = 'C/D'\nget(code)", ["A/B", "C/D"]),
        ("for t in ['A', 'B']:\n    get(f'WIKI/{t}.4')", ["WIKI/A.4", "WIKI/B.4"]),
        ("for t in 'A B'.split():\n    get('WIKI/' + t)", ["WIKI/A", "WIKI/B"]),
        ("get(['WIKI/%s' % t for t in ('A', 'B')] + ['FRED/GDP'])", ["WIKI/A", "WIKI/B", "FRED/GDP"]),
        ("get('{}/{c}'.format('WIKI', c='A'))", ["WIKI/A"]),
        ("get('%s/%s' % ('WIKI', 'A'))", ["WIKI/A"]),
        ("def f(t, db='WIKI'):\n    get(db + '/' + t)\nf('A')", ["WIKI/A"]),
        ("def f(t):\n    get('WIKI/' + t)\nt = 'A'", ["WIKI/*"]),
        ("f = lambda t: get('WIKI/' + t)", ["WIKI/*"]),
        ("d = {'a': 'A/B', 'c': 'C/D'}\nget(d['a'])\nfor k, v in d.items():\n    get(v)", ["A/B", "A/B", "C/D"]),
        ("l = []\nl.append('A/B')\nl += ['C/D']\nget(l)", ["A/B", "C/D"]),
        ("class A:\n    def __init__(self):\n        self.c = 'A/B'\n    def f(self):\n        get(self.c)", ["A/B"]),
        ("import sys\nget(sys.argv[1])\nget('WIKI/' + sys.argv[1])", ["*", "WIKI/*"]),
        ("x = x + '/A'\nget(x)", ["*/A"]),
        ("x = 'WIKI'\nx = x + '/A'\nx += '.4'\nget(x)", ["WIKI/A.4"]),
        (
            "quandl.Dataset('WIKI/A').data()\nquandl.MergedDataset([('WIKI/B', {'column_index': [4]}), 'WIKI/C'])",
            ["WIKI/A", "WIKI/B", "WIKI/C"],
        ),
        ("quandl.get_table('WIKI/PRICES')\nquandl.bulkdownload('EOD')\nquandl.Database('NSE')", ["WIKI/PRICES", "EOD", "NSE"]),
        ("web.DataReader('AAPL', 'quandl')\nweb.DataReader('AAPL', 'yahoo')", ["AAPL"]),
        ("open('https://www.quandl.com/api/v3/datasets/WIKI/FB/data.json?column_index=4')", ["WIKI/FB.4"]),
        ("u = 'https://data.nasdaq.com/api/v3/datasets/'\nopen(u + 'WIKI/' + t + '.csv?rows=1')", ["WIKI/*"]),
        ("open('/api/v1/multisets.csv?columns=WIKI.AAPL.4,DOE.RWTC.1&rows=2')", ["WIKI/AAPL.4", "DOE/RWTC.1"]),
        ("get('FRED/GDPC1-Real-Gross-Domestic-Product')", ["FRED/GDPC1-Real-Gross-Domestic-Product"]),
        ("{}.get('WIKI/FB')\nother.get('WIKI/FB')\n'quandl'", []),
    ],
)
def test_the_codes_of_a_script_are_found(source: str, expected: list[str]) -> None:
    """As far as they follow from the script; what does not is a star."""
    assert codes(source) == expected


def test_names_that_are_bound_many_times_do_not_lead_on_without_end() -> None:
    """A text that is put together in many branches is not known; the script is read all the same."""
    branches = "".join(f"if a{number}:\n    x = x + '{number}' + y\n    y = x + y\n" for number in range(60))

    assert codes(f"x = y = ''\n{branches}get('WIKI/' + x)\nget('WIKI/FB')")[-1] == "WIKI/FB"


def test_a_script_that_is_nested_too_deeply_is_refused() -> None:
    """With a sentence, not with an error of the program's."""
    with pytest.raises(InvalidInput):
        codes("get(" + "+".join(["'a'"] * 20_000) + ")")


@pytest.mark.parametrize(
    ("code", "works", "provider", "words"),
    [
        ("EOD/AAPL", True, "tiingo", ""),
        ("SAMPLE/GDP", True, "sample", ""),
        ("ECB/EXR.D.USD.EUR.SP00.A", True, "ecb", ""),
        ("EIA/PET_RWTC_D", True, "eia", ""),
        ("NSE/OIL.4", False, "yahoo", "column 4 was “Last”, which nobody answers"),
        ("NSE/OIL.5", False, "yahoo", "column 5 was “Close”, which is column 4 now"),
        ("NSE/OIL.9", False, "yahoo", "no column 9"),
        ("NSE/OIL.3", True, "yahoo", ""),
        ("CBOE/VIX", True, "fred", ""),
        ("CBOE/SKEW", False, "", "the close of CBOE/VIX"),
        ("LBMA/GOLD", False, "", "left FRED"),
        ("OECD/KEI_LOLITOAA_OECDE_ST_M", False, "", "new codes"),
        ("XYZ/ABC", False, "", "no provider has the database XYZ"),
        ("FRED/GDPC1-Real-Gross", False, "fred", "write FRED/GDPC1"),
        ("nonsense", False, "", "DATABASE/DATASET"),
    ],
)
def test_each_code_has_its_diagnosis(diagnosed: Doctor, code: str, works: bool, provider: str, words: str) -> None:  # noqa: FBT001 - a case
    """Who answers it, or why nobody does."""
    [line], exit_code = diagnosed(f"import quandl\nquandl.get({code!r})")

    assert (line["works"], line["provider"]) == (works, provider)
    assert words in line["reason"]
    assert exit_code == (0 if works else 1)


def test_a_provider_that_is_not_set_up_is_said(diagnosed: Doctor) -> None:
    """Such a code will work, but not now; the setting is named."""
    [line], exit_code = diagnosed("import quandl\nquandl.get('EOD/AAPL')", keys={})

    assert (line["works"], line["ready"], line["provider"], line["asked_for"]) == (True, False, "tiingo", "TIINGO/AAPL")
    assert "LANNER_PROVIDERS__TIINGO__API_KEY" in line["needs"]
    assert line["columns"][:2] == ["Open", "High"]
    assert exit_code == 1


def test_what_cannot_be_known_is_said(diagnosed: Doctor) -> None:
    """A code that is not in the script is unknown; one of a known database is judged by that."""
    lines, exit_code = diagnosed("import quandl, sys\nx = sys.argv[1]\nquandl.get(x)\nquandl.get('WIKI/' + x)\nquandl.get('LBMA/' + x)")

    assert [(line["code"], line["works"]) for line in lines] == [("*", None), ("WIKI/*", True), ("LBMA/*", False)]
    assert exit_code == 1


def test_the_operators_routes_decide(diagnosed: Doctor, tmp_path: Path) -> None:
    """A database that is routed to files works if there is a file; of a server only a request tells."""
    (tmp_path / "files" / "LBMA").mkdir(parents=True)
    (tmp_path / "files" / "LBMA" / "GOLD.csv").write_text("Date,USD\n2024-01-02,1\n")
    keys = {"files": {"path": str(tmp_path / "files")}}
    routing = Routing({"LBMA": "files", "ISM": "csv_url", "WIKI": "nobody"}, "quandl")
    script = "import quandl\n" + "\n".join(f"quandl.get('{code}')" for code in ("LBMA/GOLD", "LBMA/SILVER", "ISM/PMI", "WIKI/FB"))
    lines, _ = diagnosed(script, keys=keys, routing=routing)

    assert [(line["works"], line["provider"]) for line in lines] == [
        (True, "files"),
        (False, "files"),
        (None, "csv_url"),
        (False, "nobody"),
    ]


def test_scripts_are_found_in_folders_and_notebooks(diagnosed: Doctor, tmp_path: Path) -> None:
    """Hidden folders are left out, and lines of a notebook that are no Python."""
    cell = {"cell_type": "code", "source": ["%matplotlib inline\n", "!pip install quandl\n", "import quandl\n", "quandl.get('CUR/GBP')"]}
    (tmp_path / "a" / ".hidden").mkdir(parents=True)
    (tmp_path / "a" / "b.ipynb").write_text(json.dumps({"cells": [{"cell_type": "markdown", "source": "x"}, cell]}))
    (tmp_path / "a" / "c.py").write_text("import quandl\nquandl.get('CUR/EUR')")
    (tmp_path / "a" / ".hidden" / "d.py").write_text("import quandl\nquandl.get('CUR/XXX')")
    result = diagnosed.on(str(tmp_path / "a"))

    assert [json.loads(line)["code"] for line in result.stdout.splitlines()] == ["CUR/GBP", "CUR/EUR"]
    assert result.exit_code == 0


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("a.py", "print 'x'", "line 1 is not Python 3"),
        ("a.py", "x = '\0'", "is not Python 3"),
        ("a.ipynb", "{}", "a.ipynb is no notebook in the form of version 4"),
        ("a.ipynb", "[" * 100_000, "form of version 4"),
        ("a.R", "Quandl('WIKI/FB')", "is no script"),
    ],
)
def test_what_cannot_be_read_is_said(diagnosed: Doctor, tmp_path: Path, name: str, text: str, words: str) -> None:
    """The others are read all the same, and the command fails."""
    (tmp_path / name).write_text(text)
    (tmp_path / "b.py").write_text("import quandl\nquandl.get('CUR/EUR')")
    result = diagnosed.on(f"{tmp_path / name} {tmp_path / 'b.py'}")

    assert words in result.stderr
    assert len(result.stdout.splitlines()) == 1
    assert result.exit_code == 1


@pytest.mark.parametrize(
    "call",
    [
        "quandl.get('WIKI/FB', authtoken='S3cret')",
        "quandl.get('WIKI/FB', api_key='S3cret', rows=1)",
        "open('https://www.quandl.com/api/v3/datasets/WIKI/FB.csv?api_key=S3cret&rows=1')",
        "open('https://www.quandl.com/api/v3/datasets/WIKI/FB.csv?auth_token=S3cret')",
    ],
)
def test_keys_in_scripts_are_not_shown(diagnosed: Doctor, call: str) -> None:
    """A report may be sent to others."""
    [line], _ = diagnosed(f"import quandl\n{call}")

    assert "***" in line["call"]
    assert "S3cret" not in json.dumps(line)


def test_a_folder_without_scripts_is_refused(diagnosed: Doctor, tmp_path: Path) -> None:
    """With the names that scripts have."""
    (tmp_path / "empty").mkdir()

    assert diagnosed.on(str(tmp_path / "empty")).exception.message.endswith("empty holds no .py or .ipynb file.")


def test_scripts_are_not_run(diagnosed: Doctor, tmp_path: Path) -> None:
    """Nothing in them takes effect."""
    mark = tmp_path / "mark"
    diagnosed(f"import quandl\nopen({str(mark)!r}, 'w')\nquandl.get('CUR/EUR')")

    assert not mark.exists()


def test_the_report_says_what_is_still_to_be_set(diagnosed: Doctor) -> None:
    """First how many work, then each code with the reason, the settings that are wanting, and scripts that are not pointed here."""
    diagnosed.script.write_text("import quandl\nquandl.get('EOD/AAPL')\nquandl.get('CUR/EUR')\nquandl.get('LBMA/GOLD.2')")
    text = diagnosed.on(str(diagnosed.script), keys={}, form="table").stdout

    assert text.startswith("3 codes: 1 will work as lanner is set up now, 1 once set up, 1 will not.\n")
    assert "    2  EOD/AAPL     once set up\n       as tiingo:TIINGO/AAPL\n" in text
    assert "    4  LBMA/GOLD.2  no\n" in text
    assert "LANNER_PROVIDERS__TIINGO__API_KEY" in text
    assert "api_base" in text


def test_the_report_is_written_for_reading(diagnosed: Doctor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A script's path is a line of its own, as it was given, and reasons are wrapped: no line is longer than 80 characters."""
    monkeypatch.chdir(tmp_path)
    Path("a.py").write_text("import quandl\nquandl.get('CHRIS/CME_CL1')\nquandl.get('USTREASURY/YIELD')")
    Path("b.py").write_text("import quandl, sys\nquandl.get(sys.argv[1])")
    lines = diagnosed.on("a.py b.py", keys={}, form="table").stdout.splitlines()

    assert lines[0] == "3 codes: 1 will work as lanner is set up now, 1 will not, 1 unknown."
    assert [lines[number + 1] for number, line in enumerate(lines) if not line][:2] == ["a.py", "b.py"]
    assert max(map(len, lines)) <= 80


def test_scripts_without_calls_are_said_to_have_none(diagnosed: Doctor) -> None:
    """The report is one sentence, and nothing is wrong."""
    diagnosed.script.write_text("x = 1")
    result = diagnosed.on(str(diagnosed.script), form="table")

    assert (result.stdout, result.exit_code) == ("No Quandl call was found.\n", 0)


def test_its_help_names_scripts() -> None:
    """The command says what it takes."""
    assert "notebook" in CliRunner().invoke(doctor, ["--help"]).stdout


@pytest.mark.skipif(not SHARED.exists(), reason=f"there is no {SHARED}: the shared cases are not beside this checkout")
def test_the_calls_of_public_scripts_are_diagnosed(diagnosed: Doctor) -> None:
    """Of each code that public scripts ask for it is right whether it is answered, and by whom."""
    found = [json.loads(line) for line in diagnosed.on(str(SHARED)).stdout.splitlines()]
    working = {line["code"]: line["provider"] for line in found if line["works"]}
    refused = {line["code"] for line in found if line["works"] is False}

    assert working == {
        "USTREASURY/YIELD": "us_treasury",
        "BUNDESBANK/BBK01_WT5511": "bundesbank",
        "FRED/GDP": "fred",
        **dict.fromkeys(("WIKI/IBM", "WIKI/AAPL", "WIKI/MSFT"), "tiingo"),
        "ODA/SYR_LP": "imf",
        "WWDI/CHN_NE_GDI_TOTL_CD": "worldbank",
        "YAHOO/INDEX_DJI": "yahoo",
        "EOD": "",
    }
    assert {line["code"] for line in found} == set(working) | refused
    assert {"LBMA/GOLD", "NSE/OIL", "OPEC/ORB", "CHRIS/CME_CL1", "WIKI/PRICES", "BCHARTS/KRAKENEUR", "DOE/RWTC"} <= refused
