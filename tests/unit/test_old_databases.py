"""The table of old Quandl databases, and the page that shows it."""

from __future__ import annotations

import re

import pytest

from domain.codes import DatasetCode
from domain.old_databases import answers_to, old_databases, reason_against
from tests.architecture.source import ROOT
from tests.old_databases import answered_rows, unanswered_rows

PAGE = (ROOT / "docs" / "old-quandl-databases.md").read_text()


def test_the_page_is_the_table() -> None:
    """docs/old-quandl-databases.md has each database with its answers, or with the reason; and no other. The README counts them."""
    rows = re.findall(r"^\| [A-Z0-9]+ \|.*", PAGE, re.MULTILINE)

    assert rows == [*answered_rows(), *unanswered_rows()]
    assert len(rows) >= 60
    assert f"[{len(rows)} old databases](docs/old-quandl-databases.md)" in (ROOT / "README.md").read_text()


def test_every_entry_is_sound() -> None:
    """An example fits its pattern, a reason has its code, and no provider's column stands for two old ones."""
    for old in old_databases().values():
        assert bool(old.reason) == bool(old.unanswered)
        assert old.answers or old.reason
        for answer in old.answers:
            assert answer.own_code(answer.example)
            own = [name for name in answer.columns.values() if name]
            assert len(own) == len(set(own))
        if old.unanswered:
            assert reason_against(DatasetCode(old.code, old.unanswered)) == old.reason


@pytest.mark.parametrize(
    ("code", "asked"),
    [
        ("WIKI/BRK_A", ["TIINGO/BRK-A"]),
        ("EOD/AAPL", ["TIINGO/AAPL"]),
        ("GOOG/NASDAQ_AAPL", ["TIINGO/AAPL"]),
        ("GOOG/NYSE_BRK_B", ["TIINGO/BRK-B"]),
        ("YAHOO/INDEX_GSPC", ["YAHOO/^GSPC"]),
        ("WWDI/USA_NY_GDP_MKTP_CD", ["WB/USA.NY.GDP.MKTP.CD"]),
        ("BUNDESBANK/BBK01_WT5511", ["BUNDESBANK/BBK01/WT5511"]),
        ("BUNDESBANK/BBEX3_M_AUD_EUR_BB_AC_A01", ["BUNDESBANK/BBEX3/M.AUD.EUR.BB.AC.A01"]),
        ("NSE/BAJAJ_AUTO", ["YAHOO/BAJAJ-AUTO.NS"]),
        ("BSE/BOM500325", ["YAHOO/500325.BO"]),
        ("CUR/EUR", ["ECB_FX/USDEUR"]),
        ("CURRFX/EURUSD", ["ECB_FX/EURUSD"]),
        ("BITFINEX/ETHUSD", ["TIINGO/crypto/ethusd"]),
        ("BCHARTS/BITSTAMPUSD", ["TIINGO/crypto/btcusd"]),
        ("ML/HYOEY", ["FRED/BAMLH0A0HYM2EY"]),
        ("ECB/EXR.D.USD.EUR.SP00.A", []),
        ("YAHOO/LS_CDU", []),
        ("LBMA/GOLD", []),
        ("SHOP/sales", []),
    ],
)
def test_old_codes_are_spelled_as_their_providers_do(code: str, asked: list[str]) -> None:
    """Underscores become what they stood for; other codes are no old ones."""
    assert [str(own) for _, own in answers_to(DatasetCode.parse(code))] == asked
