"""Prices of shares, indices, currencies and crypto-currencies."""

from __future__ import annotations

from functools import partial

from domain.old_databases.entries import ONLY, Answer, OldDatabase

_PRICES = ("Open", "High", "Low", "Close", "Volume")
_TIINGO_PRICES = {name: name.lower() for name in _PRICES}
_TIINGO_WIKI = {
    **_TIINGO_PRICES,
    "Ex-Dividend": "divCash",
    "Split Ratio": "splitFactor",
    **{f"Adj. {name}": f"adj{name}" for name in _PRICES},
}
_TIINGO_EOD = {**_TIINGO_PRICES, "Dividend": "divCash", "Split": "splitFactor", **{f"Adj_{name}": f"adj{name}" for name in _PRICES}}
_YAHOO_PRICES = {name: name for name in _PRICES}
_YAHOO_INDEX = {**_YAHOO_PRICES, "Adjusted Close": "Adj Close"}
_NSE = {"Open": "Open", "High": "High", "Low": "Low", "Last": "", "Close": "Close", "Total Trade Quantity": "Volume", "Turnover (Lacs)": ""}
_NSE_INDEX = {"Open": "Open", "High": "High", "Low": "Low", "Close": "Close", "Shares Traded": "Volume", "Turnover (Rs. Cr)": ""}
_NSE_INDICES = {
    **dict.fromkeys(("CNX_NIFTY", "NIFTY_50", "S_P_CNX_NIFTY"), "^NSEI"),
    **dict.fromkeys(("CNX_BANK", "BANK_NIFTY", "NIFTY_BANK"), "^NSEBANK"),
    "CNX_IT": "^CNXIT",
}
_BSE = {
    "Open": "Open",
    "High": "High",
    "Low": "Low",
    "Close": "Close",
    "WAP": "",
    "No. of Shares": "Volume",
    "No. of Trades": "",
    "Total Turnover": "",
    "Deliverable Quantity": "",
    "% Deli. Qty to Traded Qty": "",
    "Spread H-L": "",
    "Spread C-O": "",
}
_BITFINEX = {"High": "high", "Low": "low", "Mid": "", "Last": "close", "Bid": "", "Ask": "", "Volume": "volume"}
_BCHARTS = {
    "Open": "open",
    "High": "high",
    "Low": "low",
    "Close": "close",
    "Volume (BTC)": "volume",
    "Volume (Currency)": "volumeNotional",
    "Weighted Price": "",
}
_ALL_EXCHANGES = "the price over all exchanges that Tiingo knows, not that of the one exchange"
_CROSS = "fixed at 14:15 CET on working days, from 1999 on"

_tiingo = partial(Answer, provider="tiingo", code="TIINGO/{}", underscore="-")
_yahoo = partial(Answer, provider="yahoo", underscore="-", may_lack=True)
_tiingo_crypto = partial(Answer, provider="tiingo", in_small_letters=True, note=_ALL_EXCHANGES)

DATABASES = (
    OldDatabase(
        code="WIKI",
        title="Wiki EOD Stock Prices",
        answers=(_tiingo(pattern=r"(?!PRICES$)([A-Z0-9_]+)", columns=_TIINGO_WIKI, example="AAPL"),),
        reason="the table of all prices (WIKI/PRICES) is no series; ask for WIKI/TICKER",
        unanswered="PRICES",
    ),
    OldDatabase(
        code="EOD",
        title="End of Day US Stock Prices",
        answers=(_tiingo(pattern=r"([A-Z0-9_]+)", columns=_TIINGO_EOD, example="AAPL"),),
    ),
    OldDatabase(
        code="GOOG",
        title="Google Finance",
        answers=(
            _tiingo(
                pattern=r"(?:NASDAQ|NYSE|NYSEARCA|NYSEMKT|AMEX|BATS)_([A-Z0-9_]+)",
                columns=_TIINGO_PRICES,
                example="NASDAQ_AAPL",
                note="prices as traded, not adjusted for splits",
            ),
            _yahoo(pattern=r"LON_([A-Z0-9_]+)", code="YAHOO/{}.L", columns=_YAHOO_PRICES, example="LON_VOD"),
        ),
        reason="only its exchanges of the USA and London are answered; write others with Yahoo's suffixes, as YAHOO/500325.BO",
        unanswered="BOM_500325",
    ),
    OldDatabase(
        code="YAHOO",
        title="Yahoo Finance",
        answers=(
            _yahoo(pattern="INDEX_SPY", code="YAHOO/SPY", columns=_YAHOO_INDEX, example="INDEX_SPY"),
            _yahoo(pattern=r"INDEX_([A-Z0-9]+)", code="YAHOO/^{}", columns=_YAHOO_INDEX, example="INDEX_GSPC"),
            Answer(
                pattern=r"((?!INDEX_)[A-Z0-9^][A-Za-z0-9.^=:\-]*)",
                provider="yahoo",
                code="YAHOO/{}",
                example="AAPL",
                note="as any code of the provider's: “Adjusted Close” is called “Adj Close”, and stands before “Volume”",
            ),
        ),
        reason="its codes of exchanges (YAHOO/LS_CDU) have no fixed form; write Yahoo's own symbol, as YAHOO/VOD.L",
        unanswered="LS_CDU",
    ),
    OldDatabase(
        code="NSE",
        title="National Stock Exchange of India",
        answers=(
            _yahoo(pattern=f"({'|'.join(_NSE_INDICES)})", code="YAHOO/{}", names=_NSE_INDICES, columns=_NSE_INDEX, example="CNX_NIFTY"),
            _yahoo(pattern=r"(?!CNX_|NIFTY_)([A-Z0-9_]+)", code="YAHOO/{}.NS", columns=_NSE, example="OIL"),
        ),
        reason="of the exchange's indices, Yahoo has NSE/CNX_NIFTY, NSE/CNX_BANK and NSE/CNX_IT",
        unanswered="CNX_MIDCAP",
    ),
    OldDatabase(
        code="BSE",
        title="Bombay Stock Exchange",
        answers=(
            _yahoo(pattern="SENSEX", code="YAHOO/^BSESN", columns=_YAHOO_PRICES, example="SENSEX"),
            _yahoo(pattern=r"BOM(\d{6})", code="YAHOO/{}.BO", columns=_BSE, example="BOM500325"),
        ),
        reason="of the exchange's indices, Yahoo has BSE/SENSEX; shares are BSE/BOM and six digits",
        unanswered="SPBSE500",
    ),
    OldDatabase(
        code="NASDAQOMX",
        title="NASDAQ OMX Global Index Data",
        answers=(
            Answer(
                pattern=r"(COMP|NDX)",
                provider="fred",
                code="FRED/{}",
                names={"COMP": "NASDAQCOM", "NDX": "NASDAQ100"},
                columns={"Index Value": ONLY, "High": "", "Low": "", "Total Market Value": "", "Dividend Market Value": ""},
                date_column="Trade Date",
                example="COMP",
                note="the closing value alone",
            ),
        ),
        reason="FRED has the indices COMP and NDX under codes that are known here; look for others with `lanner search --provider fred`",
        unanswered="XQC",
    ),
    OldDatabase(
        code="CBOE",
        title="Chicago Board Options Exchange",
        answers=(
            Answer(
                pattern="VIX",
                provider="fred",
                code="FRED/VIXCLS",
                columns={"VIX Open": "", "VIX High": "", "VIX Low": "", "VIX Close": ONLY},
                example="VIX",
                note="the close alone",
            ),
        ),
        reason="of the exchange's indices and futures, FRED has the close of CBOE/VIX",
        unanswered="SKEW",
    ),
    OldDatabase(
        code="CUR",
        title="Currencies per US dollar",
        answers=(
            Answer(
                pattern=r"([A-Z]{3})",
                provider="ecb_fx",
                code="ECB_FX/USD{}",
                columns={"RATE": ONLY},
                date_column="DATE",
                example="GBP",
                note=_CROSS,
            ),
        ),
    ),
    OldDatabase(
        code="CURRFX",
        title="Foreign exchange rates",
        answers=(
            Answer(
                pattern=r"([A-Z]{3})([A-Z]{3})",
                provider="ecb_fx",
                code="ECB_FX/{}{}",
                columns={"Rate": ONLY, "High (est)": "", "Low (est)": ""},
                example="USDJPY",
                note=_CROSS,
            ),
        ),
    ),
    OldDatabase(
        code="BITFINEX",
        title="Bitfinex",
        answers=(_tiingo_crypto(pattern=r"([A-Z0-9]{6,12})", code="TIINGO/crypto/{}", columns=_BITFINEX, example="BTCUSD"),),
    ),
    OldDatabase(
        code="BCHARTS",
        title="Bitcoin Charts",
        answers=(_tiingo_crypto(pattern=r"[A-Z0-9]+?([A-Z]{3})", code="TIINGO/crypto/btc{}", columns=_BCHARTS, example="KRAKENEUR"),),
    ),
)
