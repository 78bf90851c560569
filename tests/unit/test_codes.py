"""Codes: what is one, how it is read, printed and aliased."""

from __future__ import annotations

import pytest

from domain.codes import DatasetCode, parse_reference
from domain.errors import InvalidCode


@pytest.mark.parametrize(
    ("text", "database", "dataset"),
    [
        ("WIKI/FB", "WIKI", "FB"),
        ("wiki/fb", "WIKI", "fb"),
        ("ECB/EXR/D.USD.EUR.SP00.A", "ECB", "EXR/D.USD.EUR.SP00.A"),
        ("STOOQ/^SPX", "STOOQ", "^SPX"),
        ("A/" + "x" * 200, "A", "x" * 200),
    ],
)
def test_a_code_splits_at_its_first_slash(text: str, database: str, dataset: str) -> None:
    """The database is upper-cased, the dataset keeps the provider's spelling."""
    code = DatasetCode.parse(text)

    assert (code.database, code.dataset) == (database, dataset)
    assert DatasetCode.parse(str(code)) == code


@pytest.mark.parametrize(
    ("text", "field"),
    [
        ("WIKI", "code"),
        ("", "code"),
        ("/FB", "database_code"),
        ("_WIKI/FB", "database_code"),
        ("WI KI/FB", "database_code"),
        ("W" * 33 + "/FB", "database_code"),
        ("WIKI/", "dataset_code"),
        ("WIKI/../../admin", "dataset_code"),
        ("WIKI/.", "dataset_code"),
        ("WIKI/a//b", "dataset_code"),
        ("WIKI/a/", "dataset_code"),
        ("WIKI/x?y=1#", "dataset_code"),
        ("WIKI/F B", "dataset_code"),
        ("WIKI/FB\n", "dataset_code"),
        ("WIKI/é", "dataset_code"),
        ("WIKI/" + "x" * 201, "dataset_code"),
    ],
)
def test_a_wrong_code_names_its_field(text: str, field: str) -> None:
    """Whatever has another form is refused with the field, a hint and no flood of text."""
    with pytest.raises(InvalidCode) as caught:
        DatasetCode.parse(text)

    assert caught.value.field == field
    assert caught.value.hint
    assert len(caught.value.message) < 120


@pytest.mark.parametrize(
    ("text", "provider", "code"),
    [
        ("quandl:WIKI/FB", "quandl", "WIKI/FB"),
        ("WIKI/FB", None, "WIKI/FB"),
        ("WB/DEU:GDP", None, "WB/DEU:GDP"),
        ("my_files:A/b:c", "my_files", "A/b:c"),
    ],
)
def test_a_reference_may_name_the_provider(text: str, provider: str | None, code: str) -> None:
    """Only a colon before the first slash parts a provider from the code."""
    assert parse_reference(text) == (provider, DatasetCode.parse(code))


def test_a_reference_with_an_odd_provider_is_no_code() -> None:
    """What stands before the colon must look like a provider's name."""
    with pytest.raises(InvalidCode):
        parse_reference("Quandl:WIKI/FB")


@pytest.mark.parametrize(
    ("text", "bare"),
    [
        ("FRED/GDPC1-Real-Gross-Domestic-Product", "FRED/GDPC1"),
        ("FRED/GDPC1-Real-Gross-Domestic-Product-3-Decimal", "FRED/GDPC1"),
        ("RATEINF/INFLATION_USA-Inflation-YOY-USA", "RATEINF/INFLATION_USA"),
        ("YAHOO/BRK-B", None),
        ("YAHOO/BTC-USD", None),
        ("SHOP/umsatz-Mai", None),
        ("ECB/EXR/D-Usd", None),
        ("ECB/EXR.D-Usd", None),
        ("FRED/GDP", None),
        ("FRED/GDP-", None),
    ],
)
def test_a_title_behind_a_code(text: str, bare: str | None) -> None:
    """A title has small letters and stands behind a code of Quandl's characters."""
    assert DatasetCode.parse(text).without_title == (DatasetCode.parse(bare) if bare else None)


def test_an_alias_has_only_quandls_characters() -> None:
    """Every other character becomes an underscore."""
    assert DatasetCode.parse("ECB/EXR/D.USD-eur^1").alias == "ECB/EXR_D_USD_EUR_1"
