"""Every command, run one after the other on one store in memory: ``python -m tests.entrypoints.cli.every_command FOLDER``."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

import click

from adapters.provider_kit.registry.installed import InstalledProviders
from adapters.providers.sample.provider import PROVIDER
from config.explain import explain
from domain.errors import DatasetNotFound, RateLimited
from domain.observations import Observations
from domain.series import Metadata
from entrypoints.cli.commands import COMMANDS, LazyGroup
from entrypoints.cli.exit_codes import exit_code_of
from tests.builders import memory_use_cases
from tests.entrypoints.cli.conftest import session_of
from tests.fakes import CannedSource

#: Begins the line before a command's output.
MARK = "\N{SYMBOL FOR RECORD SEPARATOR}"
LONG = "LONG/A.B.C.D.E.F.G.H.I.J.K.L.M.N.O.P.Q.R.S.T.U.V.W.X.Y.Z.0.1.2.3.4.5.6.7.8.9,AND@STILL/MORE:OF.IT"
NAME = "A name that goes on and on, as the names of statistical offices do: by country, by sector, seasonally adjusted, in 東京 too"
COLUMN = "Exports of goods and services, chained volumes, calendar and seasonally adjusted"
REASON = "The provider says at length what it did not like about the request, which nobody could read in a column of nine characters"
#: What stands for a serving process that is not started here: its help.
SERVING = ("up", "api", "worker")
#: Data for programs, whose lines are as long as they are.
DATA = ("export", "panel", "parse", "openapi")


def lines_in(folder: Path) -> Mapping[str, Sequence[str]]:
    """Give the lines that are run, by command and in the order in which they are run."""
    return {
        "fetch": ["fetch SAMPLE/GDP SAMPLE/EUROFX long:X/Y failing:X/Y limited:X/Y", f"fetch long:{LONG}", "fetch sampel:X/Y", "fetch"],
        "follow": ["follow SAMPLE/GDP", "follow long:LONG/* --cron '30 8 * * 1-5' --tz Europe/Paris --window 'mon-fri 08:00-18:00'"],
        "schedules": ["schedules"],
        "unfollow": ["unfollow SAMPLE/GDP", "unfollow SAMPLE/GDP"],
        "formulas": ["formulas set MY/RATIO \"SAMPLE('GDP') / lag(SAMPLE('GDP'), 4) - 1\"", "formulas list"],
        "gates": ["gates SAMPLE/GDP --deviations 8"],
        "equivalences": [
            f"equivalences add long:X/Y long:{LONG} --tolerance 0.01 --failover",
            "equivalences add sample:SAMPLE/GDP long:X/Y --column 'Value=b' --scale 3",
            "equivalences list",
            "equivalences divergences",
        ],
        "stand-ins": ["stand-ins long:X/Y", "stand-ins SAMPLE/GDP"],
        "search": ["search gdp name", "search nothing of the kind"],
        "providers": ["providers", "providers fred ecb", "providers --check", "providers fredd", "providers unblock limited"],
        "list": ["list", "list --status gone", "list --staus error"],
        "show": ["show sample/gdp SAMPLE/EUROFX long:X/Y", f"show long:{LONG}", "show limited:X/Y", "show SAMPLE/GPD", "show GDP"],
        "vintages": ["vintages SAMPLE/GDP --limit 3", f"vintages long:{LONG}"],
        "revisions": ["revisions SAMPLE/GDP", "revisions SAMPLE/GDP --triangle --limit 5", "revisions SAMPLE/GDP --statistics"],
        "fetches": ["fetches", "fetches SAMPLE/GDP", "fetches --status cancelled"],
        "cancel": ["cancel limited:X/Y SAMPLE/GDP"],
        "feed": ["feed", "feed --after 400"],
        "check": ["check"],
        "export": ["export SAMPLE/GDP --limit 2", "export SAMPLE/GDP SAMPLE/EUROFX --limit 1", f"export SAMPLE/GDP -o {folder}/gdp.csv"],
        "panel": ["panel SAMPLE/GDP --dates 2009-01-30T00:00:00Z"],
        "import": [f"import {folder}/files --as MINE --published filename"],
        "keys": [
            "keys create --name reports --limit 20/1",
            "keys create --form fred",
            "keys create --form quandl",
            "keys list",
            "keys revok x",
        ],
        "webhooks": ["webhooks add https://receiver.example/a/hook/with/a/rather/long/path?and=a&query=string", "webhooks list"],
        "config": ["config"],
        "health": ["health api", "health worker"],
        "migrate": ["migrate"],
        "backup": [f"backup {folder}/backup.db"],
        "restore": [f"restore {folder}/backup.db"],
        "doctor": [f"doctor {folder}/script.py"],
        "parse": [f"parse sample SAMPLE/GDP --body {folder}/script.py"],
        "new-provider": [f"new-provider weather --into {folder}/weather"],
        "openapi": ["openapi"],
        "remove": ["remove SAMPLE/EUROFX MY/RATIO --yes", f"remove long:{LONG}"],
        **{name: [f"{name} --help"] for name in SERVING},
        "help": [f"{name} --help" for name in COMMANDS],
    }


def main(folder: Path) -> None:
    """Run all of them, each after a line that names it."""
    wide = Observations.of(["2024-01-01", "2024-02-01"], [COLUMN, "b"], [[1.0, 2.0], [3.0, 4.0]])
    sources = {
        "sample": PROVIDER.open(PROVIDER.options(), None),  # type: ignore[arg-type]
        "long": CannedSource(observations=wide, metadata=Metadata(name=NAME, unit="Million euro")),
        "failing": CannedSource(error=DatasetNotFound(REASON, hint="Ask for something else, or ask somebody else for it.")),
        "limited": CannedSource(error=RateLimited(retry_after=7200)),
    }
    use_cases = memory_use_cases(sources, default="sample")
    installed = InstalledProviders({}, deadline_seconds=1)
    use_cases = replace(
        use_cases,
        list_providers=replace(use_cases.list_providers, providers=installed),
        diagnose_code=replace(use_cases.diagnose_code, providers=installed),
    )
    counts = {"series": 3, "vintages": 400, "fetches": 5}
    session = replace(
        session_of(use_cases),
        migrate=lambda: (
            f"The schema of {folder}/lanner.db: 0012 → 0017. The file as it was before is {folder}/lanner-0012-20240301T120000Z.db."
        ),
        back_up=lambda _file, _progress: counts,
        restore=lambda _file, _progress, _keep: counts,
        settings=explain,
    )
    prepare(folder)
    group = LazyGroup(name="lanner")
    for line in (line for lines in lines_in(folder).values() for line in lines):
        click.echo(f"{MARK}{line}")
        try:
            code = exit_code_of(partial(group.main, shlex.split(line), prog_name="lanner", standalone_mode=False, obj=session))
        except SystemExit as ended:
            code = ended.code
        sys.stdout.flush()
        click.echo(f"{MARK}exit code {code}")


def prepare(folder: Path) -> None:
    """Write the files that commands read."""
    (folder / "backup.db").touch()
    (folder / "files").mkdir()
    (folder / "files" / "gdp_2019-01-30.csv").write_text("date,value\n2018-01-01,1\n2018-01-02,5\n")
    (folder / "script.py").write_text(
        f"import quandl\nquandl.get('FRED/GDP')\nquandl.get('WIKI/AAPL.4')\nquandl.get('XX/{LONG.partition('/')[2]}')\n"
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]))
