"""The registry: discovery, options and problems."""

from __future__ import annotations

import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from adapters.provider_kit.registry.installed import InstalledProviders
from domain.codes import DatasetCode
from domain.errors import InvalidInput, ProviderNotConfigured, UnknownProvider
from domain.gates.settings import Gates
from domain.ports import PriorState
from tests.builders import a_server, an_answer

GOOD = """
from dataclasses import dataclass, field
from datetime import timedelta
from adapters.provider_kit.spec import ProviderSpec
from domain.providers import Limit, Terms
@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    api_key: str = field(default="", repr=False)
    retries: int = 3
    fast: bool = False
opened = []
def open_source(options, http):
    opened.append(options)
    return options, http
def problem(options):
    return ""
PROVIDER = ProviderSpec(
    provider_api=2,
    name="third",
    title="A third party",
    databases=("THIRD",),
    terms=Terms(attribution="them", url="https://them.invalid"),
    open=open_source,
    options=Options,
    limits=(Limit(5, 60),),
    key_url="https://them.invalid/key",
    key_needed=True,
    max_age=timedelta(days=2),
    problem=lambda options: problem(options),
)
"""
PLAIN = """
from adapters.provider_kit.spec import ProviderSpec
from domain.providers import Terms
TERMS = Terms(attribution="them", url="")
PROVIDER = ProviderSpec(
    provider_api=2, name="plain", title="A third party", databases=("PLAIN",), terms=TERMS, open=lambda options, http: options
)
"""


def installed(settings=None) -> InstalledProviders:
    """The registry under these settings."""
    return InstalledProviders(settings or {}, deadline_seconds=5)


@pytest.fixture
def install(tmp_path: Path, monkeypatch):
    """Install a distribution of somebody else's, with these modules as providers."""

    def put(**modules: str) -> None:
        metadata = tmp_path / "thirdparty-1.0.dist-info"
        metadata.mkdir()
        (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: thirdparty\nVersion: 1.0\n")
        lines = [f"{name} = {tmp_path.name.replace('-', '_')}_{name}\n" for name in modules]
        (metadata / "entry_points.txt").write_text("[lanner.providers]\n" + "".join(lines))
        for name, text in modules.items():
            (tmp_path / f"{tmp_path.name.replace('-', '_')}_{name}.py").write_text(text)
        monkeypatch.syspath_prepend(tmp_path)

    return put


def test_the_folder_is_discovered():
    """Every module and package of the folder brings its providers; those with an underscore do not."""
    names = [provider.name for provider in installed().all()]

    assert {"alfred", "ecb", "files", "fred", "quandl", "sample"} <= set(names)
    assert names == sorted(names)
    assert not [name for name in names if name.startswith("_")]


def test_facts_come_from_the_spec():
    """A provider has the facts that its spec states."""
    quandl = installed().get("quandl")

    assert quandl.databases == ("QDL",)
    assert quandl.title == "Quandl / Nasdaq Data Link"
    assert quandl.problem == ""
    assert quandl.key_url.startswith("https://")
    assert [limit.seconds for limit in quandl.limits] == [600, 86400]


def test_a_third_party_is_installed(install):
    """A distribution's entry point adds a provider, configured like any other."""
    install(third=GOOD)
    providers = installed({"third": {"api_key": "k", "retries": "7", "fast": "true"}})
    providers.check()
    providers.source("third")
    [options] = sys.modules[providers.spec("third").open.__module__].opened

    assert (options.api_key, options.retries, options.fast) == ("k", 7, True)
    assert providers.get("third").max_age == timedelta(days=2)


def test_a_provider_may_have_neither_options_nor_limits(install):
    """What a spec does not state has its default."""
    install(plain=PLAIN)
    providers = installed()

    assert providers.get("plain").limits == ()
    assert not providers.get("plain").key_needed
    assert providers.source("plain") is not None


@pytest.mark.parametrize(
    ("module", "words"),
    [
        ("import a_library_nobody_has", "a_library_nobody_has is missing"),
        ("1 +", "SyntaxError"),
        ("1 / 0", "ZeroDivisionError"),
        (GOOD.replace("provider_api=2", "provider_api=9"), "version 9"),
        (GOOD.replace("provider_api=2,", ""), "provider_api"),
        (GOOD.replace("databases=", "bases="), "bases"),
        (GOOD.replace("PROVIDER =", "PROVIDERS ="), "TypeError"),
        (GOOD.replace("PROVIDER =", "SOMETHING ="), "neither PROVIDER nor PROVIDERS"),
        ("PROVIDER_API = 1", "written for version 1, see CHANGELOG.md"),
        (GOOD.replace('return ""', "return 1 / 0"), "ZeroDivisionError"),
    ],
)
def test_a_broken_provider_harms_no_other(install, module, words):
    """A module that cannot be loaded is a provider with a problem; the others are there as ever."""
    install(broken=module.replace('"third"', '"broken"'))
    providers = installed({"broken": {"api_key": "k"}})
    providers.check()

    assert words in providers.get("broken").problem
    assert providers.get("quandl").problem == ""
    with pytest.raises(ProviderNotConfigured, match="broken"):
        providers.source("broken")


def test_the_folders_own_name_wins(install):
    """A third party cannot take the place of a provider that ships."""
    install(quandl=GOOD.replace('"third"', '"quandl"'))

    assert installed().get("quandl").title == "Quandl / Nasdaq Data Link"


def test_a_provider_that_breaks_later_keeps_its_facts(install):
    """Where a module's own check begins to raise, its limits still hold, and it has a problem that says so."""
    install(third=GOOD.replace('return ""', 'return 1 / 0 if opened else ""'))
    providers = installed({"third": {"api_key": "k"}})
    before = providers.get("third")
    providers.source("third")
    after = providers.get("third")

    assert before.problem == ""
    assert "ZeroDivisionError" in after.problem
    assert replace(after, problem="") == before


def test_a_missing_key_is_a_problem(install):
    """A provider that needs a key and has none says which variable takes it and where it is had."""
    install(third=GOOD)
    problem = installed().get("third").problem

    assert "LANNER_PROVIDERS__THIRD__API_KEY" in problem
    assert "https://them.invalid/key" in problem
    assert problem.count(".") == problem.count("them.invalid") + 1
    assert installed({"third": {"api_key": "k"}}).get("third").problem == ""


@pytest.mark.parametrize(
    ("settings", "variable", "near"),
    [
        ({"quandel": {"api_key": "s3cret"}}, "LANNER_PROVIDERS__QUANDEL__API_KEY", "LANNER_PROVIDERS__QUANDL__API_KEY"),
        ({"xyzzy": {"api_key": "s3cret"}}, "LANNER_PROVIDERS__XYZZY__API_KEY", "sample"),
        ({"quandl": {"apikey": "s3cret"}}, "LANNER_PROVIDERS__QUANDL__APIKEY", "LANNER_PROVIDERS__QUANDL__API_KEY"),
        ({"quandl": {"zzz": "s3cret"}}, "LANNER_PROVIDERS__QUANDL__ZZZ", "LANNER_PROVIDERS__QUANDL__BASE_URL"),
        ({"third": {"retries": "s3cret"}}, "LANNER_PROVIDERS__THIRD__RETRIES", "integer"),
        ({"third": {"fast": "s3cret"}}, "LANNER_PROVIDERS__THIRD__FAST", "boolean"),
        ({"quandl": {"base_url": "s3cret"}}, "LANNER_PROVIDERS__QUANDL__BASE_URL", "URL"),
        ({"quandl": {"base_url": "https://user:s3cret@host/"}}, "LANNER_PROVIDERS__QUANDL__BASE_URL", "URL"),
        ({"quandl": {"base_url": "https://host/?key=s3cret"}}, "LANNER_PROVIDERS__QUANDL__BASE_URL", "URL"),
        ({"quandl": {"base_url": "http://host:s3cret/"}}, "LANNER_PROVIDERS__QUANDL__BASE_URL", "URL"),
        ({"quandl": {"base_url": "file:///s3cret"}}, "LANNER_PROVIDERS__QUANDL__BASE_URL", "URL"),
    ],
)
def test_a_wrong_setting_names_its_variable(install, settings, variable, near):
    """A setting that is unknown or of another type stops the check: the variable is named, the nearest too, the value never."""
    install(third=GOOD)
    with pytest.raises(InvalidInput) as raised:
        installed(settings).check()

    assert raised.value.field == variable
    assert variable in raised.value.message
    assert near in raised.value.message
    assert "s3cret" not in raised.value.message + raised.value.hint


def test_a_wrong_setting_is_a_problem_too():
    """Where nobody checked, a provider with a wrong option has a problem and is not opened."""
    providers = installed({"quandl": {"zzz": "1"}})

    assert "LANNER_PROVIDERS__QUANDL__ZZZ" in providers.get("quandl").problem
    with pytest.raises(ProviderNotConfigured):
        providers.source("quandl")


@pytest.mark.parametrize("folder", ["missing", "a_file"])
def test_a_setting_that_cannot_work_stops_the_check(tmp_path, folder):
    """A provider that was configured and still has a problem of its own is told at the start; one that was not is none."""
    (tmp_path / "a_file").write_text("")
    with pytest.raises(InvalidInput) as raised:
        installed({"files": {"path": str(tmp_path / folder)}}).check()
    installed({"files": {"path": str(tmp_path)}}).check()
    installed().check()

    assert raised.value.field == "LANNER_PROVIDERS__FILES__PATH"
    assert "LANNER_PROVIDERS__FILES__PATH" in raised.value.message
    assert folder not in raised.value.message + raised.value.hint


def test_a_problem_that_passes_needs_no_new_start(tmp_path):
    """A folder that appears later is used from then on; one that goes away is a problem again."""
    folder = tmp_path / "mounted"
    providers = installed({"files": {"path": str(folder)}})
    problems = [providers.get("files").problem]
    with pytest.raises(ProviderNotConfigured):
        providers.source("files")
    folder.mkdir()
    problems += [providers.get("files").problem, next(one.problem for one in providers.all() if one.name == "files")]
    source = providers.source("files")
    folder.rmdir()
    problems.append(providers.get("files").problem)

    assert [bool(problem) for problem in problems] == [True, False, False, True]
    assert providers.source("files") is source


def test_disputed_databases_are_told(install):
    """A database that several providers declare is named, with them."""
    install(third=GOOD, rival=GOOD.replace('"third"', '"rival"').replace('("THIRD",)', '("RIVAL", "THIRD", "QDL")'))

    assert installed().disputed() == {"THIRD": ["rival", "third"], "QDL": ["quandl", "rival"]}


def test_nothing_that_ships_is_disputed():
    """No two providers of the folder declare one database."""
    assert installed().disputed() == {}


def test_an_unknown_provider_has_a_hint():
    """A name that nobody has is refused with the nearest that somebody has."""
    with pytest.raises(UnknownProvider) as raised:
        installed().get("quandel")
    with pytest.raises(UnknownProvider):
        installed().source("y" * 1000)

    assert raised.value.field == "provider"
    assert "quandl" in raised.value.hint


def test_a_source_is_opened_once(install):
    """Threads that ask at once share one source, opened by the first."""
    install(third=GOOD)
    providers = installed({"third": {"api_key": "k"}})
    with ThreadPoolExecutor(8) as threads:
        sources = list(threads.map(providers.source, ["third"] * 32))

    assert len({id(source) for source in sources}) == 1


def test_the_base_url_replaces_the_providers():
    """A base URL set by the operator, also plain http with a path, is where requests go; the key goes as a header."""
    seen = []
    body = b'{"dataset":{"name":"x","column_names":["Date","Value"],"data":[["2024-01-01",1.5]]}}'
    with a_server(lambda target, headers: [an_answer(body)] if seen.append((target, headers)) is None else []) as url:
        providers = installed({"quandl": {"base_url": url + "/my/api/", "api_key": "a-key"}})
        providers.check()
        fetched = providers.source("quandl").fetch(DatasetCode("WIKI", "FB"), PriorState(newest=None))
    [(target, headers)] = seen

    assert target == "/my/api/datasets/WIKI/FB.json"
    assert headers["x-api-token"] == "a-key"
    assert fetched.origin.request == url + "/my/api/datasets/WIKI/FB.json"


@pytest.mark.parametrize("key", ["one,two", "one two", "one\ntwo", "one;two", "k\u00e9y"])
def test_what_is_no_key_is_refused_before_any_call(install, key):
    """Two keys in one variable, or what no provider could accept, stop the start; the sentence does not tell them."""
    install(third=GOOD)
    with pytest.raises(InvalidInput) as caught:
        installed({"third": {"api_key": key}}).check()

    assert caught.value.field == "LANNER_PROVIDERS__THIRD__API_KEY"
    assert key not in caught.value.message


def test_a_module_may_bring_a_table_of_providers(install):
    """Each spec in ``PROVIDERS`` is a provider; what is none is a problem of the module, and harms no other provider."""
    row = "from dataclasses import replace\nROW = replace(PROVIDER, name='row', title='A row', databases=('ROW',))\n"
    install(table=f"{PLAIN}\n{row}PROVIDERS = (PROVIDER, ROW, 7)\n")
    providers = installed()

    assert [providers.get(name).title for name in ("plain", "row", "table")] == ["A third party", "A row", "table"]
    assert providers.get("row").databases == ("ROW",)
    assert "int is no ProviderSpec" in providers.get("table").problem


def test_limits_are_the_modules_own_or_what_the_operator_says() -> None:
    """A key has its own limits; at another address none of the module's hold; LIMITS and CONCURRENCY say otherwise."""
    url = "http://127.0.0.1:9/api"
    cases = [
        ({}, [(20, 600), (50, 86_400)], 1),
        ({"api_key": "k"}, [(300, 10), (2_000, 600), (50_000, 86_400)], 1),
        ({"base_url": url}, [], None),
        ({"base_url": url, "limits": " 20/1, 100/10", "concurrency": "3"}, [(20, 1), (100, 10)], 3),
        ({"api_key": "k", "limits": "None"}, [], 1),
    ]
    for raw, limits, concurrency in cases:
        found = installed({"quandl": raw}).get("quandl")
        assert ([(limit.calls, limit.seconds) for limit in found.limits], found.concurrency) == (limits, concurrency)


def test_gates_are_off_or_what_the_operator_says() -> None:
    """For each provider by itself, beside its own options."""
    found = installed({"quandl": {"gates": "deviations=8, frequency", "api_key": "k"}, "sample": {"gates": "none"}})

    assert found.get("quandl").gates == Gates(deviations=8, frequency=True)
    assert found.get("sample").gates == found.get("fred").gates == Gates()
    found.check()


def test_the_bureau_of_labor_statistics_permits_more_with_a_key() -> None:
    """Its FAQ: 25 queries a day without registration, 500 with it, and at most 50 in ten seconds."""
    found = {key: installed({"bls": {"api_key": key} if key else {}}).get("bls").limits for key in ("", "k")}

    assert {key: [(limit.calls, limit.seconds) for limit in limits] for key, limits in found.items()} == {
        "": [(50, 10), (25, 86_400)],
        "k": [(50, 10), (500, 86_400)],
    }


def test_keys_are_told_apart_without_being_told() -> None:
    """Each key has a mark of its own that does not hold it."""
    marks = [installed({"quandl": {"api_key": key} if key else {}}).get("quandl").key_id for key in ("", "secret-1", "secret-2")]

    assert (marks[0], len(set(marks))) == ("", 3)
    assert "secret" not in "".join(marks)


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("limits", "20"),
        ("limits", "0/1"),
        ("limits", "5/1;6/2"),
        ("concurrency", "0"),
        ("concurrency", "many"),
        ("gates", "8"),
        ("gates", ""),
    ],
)
def test_limits_that_are_none_stop_the_start(option: str, value: str) -> None:
    """The message names the variable and how it is written."""
    with pytest.raises(InvalidInput) as caught:
        installed({"sample": {option: value}}).check()

    assert caught.value.field == f"LANNER_PROVIDERS__SAMPLE__{option.upper()}"
    assert "write" in caught.value.message


@pytest.mark.parametrize(
    ("provider", "code", "own"),
    [
        ("sample", "SAMPLE/gdp", "SAMPLE/GDP"),
        ("fred", "FRED/dgs10", "FRED/DGS10"),
        ("alfred", "ALFRED/gdp", "ALFRED/GDP"),
        ("bls", "BLS/cuur0000sa0.m13", "BLS/CUUR0000SA0.M13"),
        ("ecb_fx", "ECB_FX/usdjpy", "ECB_FX/USDJPY"),
        ("worldbank", "WB/wld.account.t.d", None),
        ("csv_url", "X/y", None),
    ],
)
def test_providers_that_write_capitals_say_so(provider: str, code: str, own: str | None) -> None:
    """Their codes are known in any case, and asked for as they are written; the others' stay as they are."""
    providers = InstalledProviders({}, deadline_seconds=1)
    spelled = providers.own_spelling(provider, DatasetCode.parse(code))

    assert (str(spelled) if spelled else None) == own
    assert providers.get(provider).any_case is (provider != "csv_url")


def test_examples_are_spelled_as_their_providers_spell_them() -> None:
    """Of every provider that spells codes, the example stays as it is."""
    providers = InstalledProviders({}, deadline_seconds=1)
    specs = [spec for name in (provider.name for provider in providers.all()) if (spec := providers.spec(name)) and spec.example]
    examples = {spec.name: DatasetCode.parse(spec.example) for spec in specs}

    assert {name: found for name, code in examples.items() if (found := providers.own_spelling(name, code)) not in (None, code)} == {}
