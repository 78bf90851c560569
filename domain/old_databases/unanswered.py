"""Databases that nobody answers, each with the reason."""

from __future__ import annotations

from domain.old_databases.entries import OldDatabase

_LICENSED = "the exchange licenses its prices of futures, and no provider here has them"
_FILES = "no provider here reads what its publisher offers; save it as a file of your own and route the database to `files` or `csv_url`"
_OVER_EXCHANGES = "no provider here has the prices of this exchange; TIINGO/crypto/btcusd is the price over all exchanges"
_METALS = "fixings of precious metals are licensed, and no provider here has them; YAHOO/GC=F is the future of gold"
_SOLD = "its vendor sells it, and no provider here has it; save what you have bought as files and route the database to `files`"
_YAHOO = "no provider here answers its columns; Yahoo has the prices under its own symbols"


def _not(code: str, title: str, unanswered: str, reason: str) -> OldDatabase:
    return OldDatabase(code=code, title=title, reason=reason, unanswered=unanswered)


DATABASES = (
    _not("LBMA", "London Bullion Market Association", "GOLD", f"its prices left FRED in January 2022; {_METALS}"),
    _not("LPPM", "London Platinum & Palladium Market", "PLAT", _METALS),
    _not("PERTH", "Perth Mint", "GOLD_USD_D", _METALS),
    _not("WGC", "World Gold Council", "GOLD_DAILY_USD", _METALS),
    _not("JOHNMATT", "Johnson Matthey", "PALL", _METALS),
    _not("BCHAIN", "Blockchain.info", "MKPRU", f"{_FILES}. TIINGO/crypto/btcusd is the price of bitcoin"),
    _not("BAVERAGE", "BitcoinAverage", "USD", _OVER_EXCHANGES),
    _not("BITSTAMP", "Bitstamp", "USD", _OVER_EXCHANGES),
    _not("GDAX", "GDAX, today Coinbase", "BTCUSD", _OVER_EXCHANGES),
    _not("CHRIS", "Wiki Continuous Futures", "CME_CL1", f"{_LICENSED}; Yahoo has some under symbols of its own, as YAHOO/CL=F"),
    _not("CME", "Chicago Mercantile Exchange", "CLZ2015", _LICENSED),
    _not("ICE", "Intercontinental Exchange", "RGM2014", _LICENSED),
    _not("SHFE", "Shanghai Futures Exchange", "RBV2013", _LICENSED),
    _not("LIFFE", "London International Financial Futures", "BAH2014", _LICENSED),
    _not("SCF", "Stevens Continuous Futures", "CME_CL1_FW", _SOLD),
    _not("OWF", "OptionWorks Futures Options", "CBT_C_PY1_J2015_IVM", _SOLD),
    _not("SF1", "Sharadar Core US Fundamentals", "AAPL_NI_MRQ", _SOLD),
    _not("DMDRN", "Damodaran Financial Data", "AAPL_ALLFINANCIALRATIOS", _FILES),
    _not("RAYMOND", "Raymond", "AAPL_NETINCOME_Q", "its author has ended it; SEC filings are the source"),
    _not("PSYCH", "PsychSignal", "AAPL_I", _SOLD),
    _not("NS1", "FinSentS News Sentiment", "AAPL_US", _SOLD),
    _not("ZILLOW", "Zillow Real Estate Research", "Z77006_ZRISFRR", f"{_FILES}: Zillow has one file for each indicator, of all regions"),
    _not("OPEC", "OPEC", "ORB", f"{_FILES}. EIA/PET_RBRTE_D is the price of Brent"),
    _not("CFTC", "Commodity Futures Trading Commission", "CL_F_ALL", f"{_FILES}: the Commission has one file a year"),
    _not("MULTPL", "S&P 500 Ratios", "SHILLER_PE_RATIO_MONTH", "multpl.com has pages alone, and no interface"),
    _not("YALE", "Yale Department of Economics", "SPCOMP", f"{_FILES}: Robert Shiller offers a workbook"),
    _not("KFRENCH", "Ken French", "FACTORS_D", f"{_FILES}: the library has ZIP archives of text"),
    _not("FF", "Fama-French", "M", f"{_FILES}: the library has ZIP archives of text"),
    _not("AAII", "American Association of Individual Investors", "AAII_SENTIMENT", f"{_FILES}: the survey is a workbook"),
    _not("URC", "Unicorn Research Corporation", "NYSE_ADV", "its author has ended it, and no provider here has advances and declines"),
    _not("FINRA", "Financial Industry Regulatory Authority", "FNSQ_AAPL", f"{_FILES}: the Authority has one file a day"),
    _not("SI", "Short Interest", "AAPL_SI", "no provider here has the exchanges' short interest"),
    _not("ISM", "Institute for Supply Management", "MAN_PMI", "the Institute withdrew its indices from FRED in 2016 and sells them"),
    _not("ADP", "ADP National Employment Report", "EMPL_SEC", "ADP began a new series in 2022; FRED has it, as FRED/ADPMNUSNERSA"),
    _not("RATEINF", "Inflation Rates", "CPI_USA", "rateinflation.com has pages alone; FRED/CPIAUCNS is the index of the USA"),
    _not(
        "FED",
        "US Federal Reserve Data Releases",
        "SVENY",
        "the Board's codes are not answered; FRED has its releases, as FRED/DEXUSEU, FRED/DGS10",
    ),
    _not("OECD", "OECD", "KEI_LOLITOAA_OECDE_ST_M", "the OECD has given its data new codes; write them as the provider `oecd` does"),
    _not("UKONS", "UK Office of National Statistics", "MM23", f"{_FILES}: the Office has one file for each series"),
    _not("UFAO", "UN Food and Agriculture", "LV_BEE_GBR", f"{_FILES}. DBNOMICS/FAO has some of it"),
    _not(
        "UGID",
        "United Nations Global Indicators",
        "GDP_USA",
        "its codes are not answered; the World Bank has most of it, as WB/USA.NY.GDP.MKTP.CD",
    ),
    _not("UIFS", "IMF International Financial Statistics", "BP_CAB_BEL", "the IMF closed that interface in 2025 and renamed its data sets"),
    _not("WGEP", "World Bank Global Economic Prospects", "AFG_BNCABFUNDCD_", "the World Bank keeps no series of these codes"),
    _not(
        "WMDG",
        "World Bank Millennium Development Goals",
        "AFG_DT_HPC_COMR_PV",
        "ended in 2015; its living indicators are among the World Bank's, as WB/AFG.SP.POP.TOTL",
    ),
    _not("MOFJ", "Ministry of Finance, Japan", "INTEREST_RATE_JAPAN", f"{_FILES}: the Ministry has files with Japanese years"),
    _not("YIELDCURVE", "Yield curves", "JPN", "its author has ended it; USTREASURY/YIELD is the curve of the USA"),
    _not("BP", "BP Energy Production and Consumption", "CRUDE_OIL_PRICES", f"{_FILES}: the review is a workbook"),
    _not("SGE", "Trading Economics", "USACPI", _SOLD),
    _not("SPDJ", "S&P Dow Jones Indices", "SPX", "the owner licenses its indices; FRED/SP500 has the last ten years of one"),
    _not("FSE", "Frankfurt Stock Exchange", "BMW_X", f"{_YAHOO}, as YAHOO/BMW.DE"),
    _not("SSE", "Boerse Stuttgart", "BMW_X", f"{_YAHOO}, as YAHOO/BMW.SG"),
    _not("LSE", "London Stock Exchange", "VOD", f"{_YAHOO}, as YAHOO/VOD.L"),
    _not("TSE", "Tokyo Stock Exchange", "7203", f"{_YAHOO}, as YAHOO/7203.T"),
    _not("HKEX", "Hong Kong Exchange", "00700", f"{_YAHOO}, as YAHOO/0700.HK"),
    _not("TFGRAIN", "TFGRAIN", "CORN", "its author has ended it, and no provider here has cash prices of grain"),
    _not("RICI", "Rogers International Commodity Index", "RICI", "the owner licenses its indices, and no provider here has them"),
    _not("EUREKA", "Eurekahedge", "473", _SOLD),
    _not("CASS", "Cass Information Systems", "CFI", "FRED has the index of shipments, as FRED/FRGSHPUSM649NCIS"),
    _not("BNP", "BNP Paribas exchange rates", "USDEUR", "its rates are no longer published; CURRFX/USDEUR is the ECB's"),
    _not("GOOGLEORG", "Google Flu Trends", "FLU_USA", "Google ended it in 2015"),
    _not("WSJ", "Wall Street Journal", "COIL_BRNT", "the newspaper licenses its prices; EIA/PET_RBRTE_D is the price of Brent"),
    _not("OFDP", "Open Financial Data Project", "GOLD_2", "the project has ended, and its codes are not answered"),
    _not("FBI", "FBI crime statistics", "V1", _FILES),
)
