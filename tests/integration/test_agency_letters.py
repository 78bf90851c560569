"""Letters of periods and codes of frequencies: each belongs to the standard, or to one agency."""

from __future__ import annotations

import json
from string import ascii_uppercase
from typing import Any

import pytest

from adapters.provider_kit.parsing.periods import frequency_of
from adapters.provider_kit.registry.installed import InstalledProviders
from adapters.providers.sdmx.agencies import AGENCIES, ANY_SDMX
from adapters.providers.sdmx.source import Agency
from domain.codes import DatasetCode
from domain.errors import AnswerNotUnderstood
from domain.ports import ParsedSeries, RawResponse


def read(provider: str, body: Any, code: str | None = None, **options: str) -> list[ParsedSeries]:
    raw = json.dumps(body) if isinstance(body, dict) else body
    installed = InstalledProviders({provider: options}, deadline_seconds=5)
    source: Any = installed.offline_source(provider)
    return list(source.parse(code and DatasetCode.parse(code), RawResponse(body=raw.encode(), url="https://host.invalid/x")))


def cube(*periods: str) -> dict[str, Any]:
    time = {"category": {"index": list(periods)}}
    return {
        "version": "2.0",
        "id": ["Tid"],
        "size": [len(periods)],
        "role": {"time": ["Tid"]},
        "value": [1] * len(periods),
        "dimension": {"Tid": time},
    }


def table(*periods: str, frequency: str = "") -> str:
    return "FREQ,TIME_PERIOD,OBS_VALUE\n" + "".join(f"{frequency},{period},1\n" for period in periods)


def flat(*periods: str, frequency: str = "") -> str:
    rows = "".join(f'<obs value="1" periode="{period}"/>' for period in periods)
    return f'<OeNBData><dataSet pos="V" freq="{frequency}"><values>{rows}</values></dataSet></OeNBData>'


def said_of(series: ParsedSeries) -> tuple[list[str], str | None]:
    return [str(day) for day in series.vintages[0][1].dates], series.metadata.frequency


@pytest.mark.parametrize(
    ("provider", "body", "days", "frequency"),
    [
        ("ssb", cube("2024K1", "2024K4"), ["2024-01-01", "2024-10-01"], "quarterly"),
        ("ssb", cube("2024U01", "2024U05"), ["2024-01-01", "2024-01-29"], "weekly"),
        ("ssb", cube("2024M01", "2024M12"), ["2024-01-01", "2024-12-01"], "monthly"),
        ("dst", cube("2024K2"), ["2024-04-01"], "quarterly"),
        ("dst", cube("2024H1", "2024H2"), ["2024-01-01", "2024-07-01"], "semiannual"),
        ("dst", cube("2020U53"), ["2020-12-28"], "weekly"),
        ("dst", cube("2024M01D05"), ["2024-01-05"], "daily"),
        ("cso_ie", cube("2024H2"), ["2024-07-01"], "semiannual"),
        ("cso_ie", cube("2024Q3"), ["2024-07-01"], "quarterly"),
        ("insee", table("2020-T2", frequency="T"), ["2020-04-01"], "quarterly"),
        ("insee", table("2020-B2", "2020-B6", frequency="B"), ["2020-03-01", "2020-11-01"], "bimonthly"),
        ("insee", table("2020-S2", frequency="S"), ["2020-07-01"], "semiannual"),
        ("imf", table("2019-B2", frequency="B"), ["2019-07-01"], "semiannual"),
        ("onb", flat("2020-H2", frequency="H"), ["2020-07-01"], "semiannual"),
        ("ecb", table("2020-S2", frequency="H"), ["2020-07-01"], "semiannual"),
        ("bis", table("2020-06-30", "2020-12-31", frequency="H"), ["2020-06-30", "2020-12-31"], "semiannual"),
        ("eurostat", table("2020-S1", frequency="H"), ["2020-01-01"], "semiannual"),
        ("norges_bank", table("2020-01-02", frequency="B"), ["2020-01-02"], "daily"),
        ("sdmx", table("2020-M03", frequency="M"), ["2020-03-01"], "monthly"),
        ("sdmx", table("2020-T2"), ["2020-05-01"], None),
        ("sdmx", table("2020-W05", frequency="W"), ["2020-01-27"], "weekly"),
        ("sdmx", table("2020-01-01/P2M", frequency="M2"), ["2020-01-01"], "bimonthly"),
        ("sdmx", table("2020-01-01/P6M"), ["2020-01-01"], "semiannual"),
    ],
)  # fmt: skip
def test_a_letter_means_what_its_agency_says(provider: str, body: Any, days: list[str], frequency: str | None) -> None:
    """K is a quarter in the north, T and B are INSEE's, H is half a year where the list of frequencies says so."""
    [series] = read(provider, body)

    assert said_of(series) == (days, frequency)


@pytest.mark.parametrize(
    ("provider", "body"),
    [
        ("sdmx", table("2020-K1")),
        ("sdmx", table("2020-H2")),
        ("sdmx", table("2020-B2")),
        ("sdmx", table("2020U05")),
        ("jsonstat", cube("2020K1")),
        ("jsonstat", cube("2020V05")),
        ("jsonstat", cube("2020H1")),
        ("ecb", table("2020-B2")),
        ("eurostat", table("2020-K2")),
        ("ssb", cube("2020B1")),
        ("dst", cube("2020V05")),
        ("cso_ie", cube("2020K1")),
        ("insee", table("2020-K2")),
        ("insee", table("2020-B7")),
        ("bis", table("2020-U01")),
    ],
)  # fmt: skip
def test_a_letter_of_others_is_no_period(provider: str, body: Any) -> None:
    """A letter that neither the standard nor the agency has is refused, and the period named."""
    period = body["dimension"]["Tid"]["category"]["index"][0] if isinstance(body, dict) else body.splitlines()[1].split(",")[1]
    with pytest.raises(AnswerNotUnderstood, match=f"'{period}' stands where a period such as"):
        read(provider, body)


@pytest.mark.parametrize(
    ("provider", "frequency", "periods"),
    [
        ("sdmx", "T", ["2020-Q1"]),
        ("sdmx", "E", ["2020-01-02", "2020-03-04"]),
        ("sdmx", "A5", ["2010", "2015"]),
        ("sdmx", "W2", ["2020-01-03", "2020-01-17"]),
        ("sdmx", "K", ["2020-01", "2020-04"]),
        ("sdmx", "H", ["2020-06-30", "2020-12-31"]),
        ("ecb", "T", ["2020-01", "2020-04"]),
        ("insee", "K", ["2020-01", "2020-04"]),
        ("oecd", "_Z", ["2020-01", "2020-04"]),
        ("bis", "N", ["2020-01-01"]),
    ],
)
def test_a_frequency_that_nobody_explains_is_unknown(provider: str, frequency: str, periods: list[str]) -> None:
    """The form of periods is not taken for a frequency where the answer says another, or one that is finer than they are."""
    [series] = read(provider, table(*periods, frequency=frequency))

    assert series.metadata.frequency is None


@pytest.mark.parametrize("agency", [*AGENCIES, ANY_SDMX], ids=lambda agency: agency.name)
def test_every_agency_has_its_own_letters_alone(agency: Agency) -> None:
    """A letter is a period, and a code a frequency, where the SDMX standard or the agency's entry has it, and nowhere else."""
    conventions = agency.naming.conventions
    periods = {letter for letter in ascii_uppercase if conventions.forms.read(f"2020-{letter}1")}
    frequencies = {letter for letter in ascii_uppercase if frequency_of(conventions.frequencies.get(letter, letter))}

    assert periods == {*"ASTQMWD", *agency.letters}
    assert frequencies == {*"ASQMWDBH", *agency.frequencies}


def test_the_operator_says_the_letters_of_any_service() -> None:
    """Letters of a service that has no entry are an option; the refusal names it, and what is no letter is a problem."""
    with pytest.raises(AnswerNotUnderstood) as raised:
        read("jsonstat", cube("2020K1"))
    [series] = read("jsonstat", cube("2020K1", "2020K2"), letters="K=Q, V=W,B=2M")
    [coded] = read("sdmx", table("2020-01", "2020-03", frequency="B"), letters="B=2M")

    assert raised.value.hint == "Say what a letter of its periods means in LANNER_PROVIDERS__JSONSTAT__LETTERS, such as K=Q."
    assert said_of(series) == (["2020-01-01", "2020-04-01"], "quarterly")
    assert coded.metadata.frequency == "bimonthly"
    for wrong in ("K", "K=X", "KK=Q", "K=Q;U=W"):
        installed = InstalledProviders({"jsonstat": {"base_url": "https://host.invalid", "letters": wrong}}, deadline_seconds=5)
        assert "LANNER_PROVIDERS__JSONSTAT__LETTERS is not written as K=Q,U=W" in installed.get("jsonstat").problem


def test_numbers_of_periods_need_their_labels() -> None:
    """202405 may be a month or a week: where labels stand beside it that are not understood, it is not guessed at."""
    labelled = cube("202405", "202406")
    for words, days in (
        ({"202405": "2024 Week 05", "202406": "2024W06"}, ["2024-01-29", "2024-02-05"]),
        (None, ["2024-05-01", "2024-06-01"]),
    ):
        labelled["dimension"]["Tid"]["category"]["label"] = words
        assert said_of(read("cso_ie", labelled)[0])[0] == days

    labelled["dimension"]["Tid"]["category"]["label"] = {"202405": "Woche 5", "202406": "Woche 6"}
    with pytest.raises(AnswerNotUnderstood, match="periods such as '202405', labelled 'Woche 5', of which nothing says their form"):
        read("cso_ie", labelled)


@pytest.mark.parametrize(
    ("body", "dates", "frequency"),
    [
        (table("2020-W05", frequency="W"), "first day of the week", "weekly"),
        (table("2020-Q2", frequency="Q"), "first day of the quarter", "quarterly"),
        (table("2020-B2", frequency="B"), "first day of the two months", "bimonthly"),
        (table("2020-S2"), "first day of the half-year", "semiannual"),
        (table("2020-01-03", frequency="W"), "the provider's own day", "weekly"),
        (table("2020-03-31", frequency="Q"), "the provider's own day", "quarterly"),
        (table("2020-03", frequency="Q"), "the provider's own day", "quarterly"),
        (table("2020-01-03", frequency="D"), "the day itself", "daily"),
        (table("2020-01-03T10:00:00", frequency="H"), "moments in UTC", "hourly"),
        (table("2020"), "first day of the year", "annual"),
    ],
)
def test_the_day_of_a_period_is_stated_and_never_guessed(body: str, dates: str, frequency: str) -> None:
    """A period stands on its first day; of a day that stands for a longer period nothing is claimed."""
    [series] = read("insee", body)

    assert (series.metadata.extra["dates"], series.metadata.frequency) == (dates, frequency)
