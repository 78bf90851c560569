"""Statistics of governments, central banks and international organisations."""

from __future__ import annotations

from domain.old_databases.entries import ONLY, Answer, OldDatabase

_VALUE = {"Value": ONLY}
_FIRST_DAYS = "dated by the first day of its period, where Quandl had the last"
_TENORS = {
    **{f"{months} MO": f"BC_{months}MONTH" for months in (1, 2, 3, 6)},
    **{f"{years} YR": f"BC_{years}YEAR" for years in (1, 2, 3, 5, 7, 10, 20, 30)},
    # Begun since: behind the old ones, whose places scripts count.
    "1.5 MO": "BC_1_5MONTH",
    "4 MO": "BC_4MONTH",
}
_REAL_TENORS = {f"{years} YR": f"TC_{years}YEAR" for years in (5, 7, 10, 20, 30)}
_BILLS = {
    f"{weeks} Wk {name}": f"ROUND_B1_{field}_{weeks}WK_2"
    for weeks in (4, 13, 26, 52, 6, 8, 17)
    for name, field in (("Bank Discount Rate", "CLOSE"), ("Coupon Equiv", "YIELD"))
}
_LONG_TERM = {
    "LT Composite > 10 Yrs": "Over_10_Years",
    "Treasury 20-Yr CMT": "BC_20year",
    "Extrapolation Factor": "BC_20year EXTRAPOLATION_FACTOR",
}
_OF_LABOR = (Answer(pattern=r"([A-Z0-9_]+)", provider="bls", code="BLS/{}", columns=_VALUE, example="CUSR0000SA0", note=_FIRST_DAYS),)
_OF_THE_WORLD_BANK = (
    Answer(
        pattern=r"([A-Z0-9]{2,3})_([A-Z0-9_]+)",
        provider="worldbank",
        code="WB/{}.{}",
        columns=_VALUE,
        underscore=".",
        example="USA_NY_GDP_MKTP_CD",
        note=_FIRST_DAYS,
    ),
)


def _treasury(name: str, dataset: str, columns: dict[str, str]) -> Answer:
    return Answer(
        pattern=name,
        provider="us_treasury",
        code=f"US_TREASURY/{dataset}",
        columns=columns,
        may_lack=True,
        example=name,
        note="tenors that began later stand behind the old ones" if columns in (_TENORS, _BILLS) else "",
    )


DATABASES = (
    OldDatabase(
        code="FRED",
        title="Federal Reserve Economic Data",
        answers=(
            Answer(pattern=r"([A-Z0-9_]+)", provider="fred", code="FRED/{}", columns=_VALUE, example="GDP", note="with every vintage"),
        ),
    ),
    OldDatabase(
        code="USTREASURY",
        title="US Treasury",
        answers=(
            _treasury("YIELD", "daily_treasury_yield_curve", _TENORS),
            _treasury("REALYIELD", "daily_treasury_real_yield_curve", _REAL_TENORS),
            _treasury("BILLRATES", "daily_treasury_bill_rates", _BILLS),
            _treasury("LONGTERMRATES", "daily_treasury_long_term_rate.ALL", _LONG_TERM),
            _treasury("REALLONGTERM", "daily_treasury_real_long_term", {"LT Real Average (>10Yrs)": "RATE"}),
        ),
        reason="the Treasury's feeds of daily rates have its five sets of rates alone, not the debt or the corporate curve",
        unanswered="HQMYC",
    ),
    OldDatabase(code="WORLDBANK", title="World Bank Cross Country Data", answers=_OF_THE_WORLD_BANK),
    OldDatabase(code="WWDI", title="World Bank World Development Indicators", answers=_OF_THE_WORLD_BANK),
    OldDatabase(code="BLSI", title="BLS Inflation and Prices", answers=_OF_LABOR),
    OldDatabase(code="BLSE", title="BLS Employment and Unemployment", answers=_OF_LABOR),
    OldDatabase(code="BLSN", title="BLS International", answers=_OF_LABOR),
    OldDatabase(
        code="BUNDESBANK",
        title="Deutsche Bundesbank Data Repository",
        answers=(
            Answer(
                pattern=r"(BB[A-Z0-9]+)_([A-Z0-9_]+)",
                provider="bundesbank",
                code="BUNDESBANK/{}/{}",
                columns=_VALUE,
                underscore=".",
                example="BBEX3_M_AUD_EUR_BB_AC_A01",
                note=_FIRST_DAYS,
            ),
        ),
    ),
    OldDatabase(
        code="ECB",
        title="European Central Bank",
        answers=(Answer(pattern=r"EUR([A-Z]{3})", provider="ecb_fx", code="ECB_FX/{}", columns=_VALUE, example="EURUSD"),),
        reason="its old codes of series do not tell the dimensions apart; write the ECB's own, as ECB/EXR.D.USD.EUR.SP00.A",
        unanswered="RTD_Q_S0_S_G_GDPM_TO_U_E",
    ),
    OldDatabase(
        code="BOE",
        title="Bank of England Official Statistics",
        answers=(Answer(pattern=r"([A-Z0-9]+)", provider="boe", code="BOE/{}", columns=_VALUE, example="XUDLUSS"),),
        reason="codes of the Bank's statistics have letters and digits only",
        unanswered="XUDL_USS",
    ),
    OldDatabase(
        code="EIA",
        title="U.S. Energy Information Administration",
        answers=(
            Answer(
                pattern=r"([A-Z]+)_([A-Z0-9_]+)_([ADHMQW])",
                provider="eia",
                code="EIA/{}.{}.{}",
                columns=_VALUE,
                example="PET_RWTC_D",
                note=_FIRST_DAYS,
            ),
        ),
        reason="codes of the EIA's series are its category, the series and the letter of the frequency, as EIA/PET_RWTC_D",
        unanswered="RWTC",
    ),
    OldDatabase(
        code="DOE",
        title="U.S. Department of Energy",
        answers=(Answer(pattern=r"(RWTC|RBRTE)", provider="eia", code="EIA/PET.{}.D", columns=_VALUE, example="RWTC"),),
        reason="of its codes, the EIA's prices DOE/RWTC and DOE/RBRTE are known; write others as EIA/PET_RWTC_D",
        unanswered="NGAS",
    ),
    OldDatabase(
        code="ODA",
        title="IMF Cross Country Macroeconomic Statistics",
        answers=(
            Answer(
                pattern=r"([A-Z]{3})_([A-Z][A-Z0-9_]*)",
                provider="imf",
                code="IMF/IMF.RES,WEO/{}.{}.A",
                columns=_VALUE,
                example="DEU_PCPIPCH",
                note=_FIRST_DAYS,
            ),
        ),
        reason="only indicators of countries are in the World Economic Outlook; FRED has prices of commodities, as FRED/PALUMUSDM",
        unanswered="PALUM_USD",
    ),
    OldDatabase(
        code="FMAC",
        title="Freddie Mac",
        answers=(
            Answer(
                pattern=r"(30|15|5)US", provider="fred", code="FRED/MORTGAGE{}US", columns=_VALUE, example="30US", note="weekly averages"
            ),
        ),
        reason="FRED has Freddie Mac's mortgage rates, but not its house price index; FRED/USSTHPI is that of the FHFA",
        unanswered="HPI_TX",
    ),
    OldDatabase(
        code="ML",
        title="Merrill Lynch corporate bond indices",
        answers=tuple(
            Answer(
                pattern=name,
                provider="fred",
                code=f"FRED/{series}",
                columns={series: ONLY},
                date_column="DATE",
                example=name,
                note="FRED shows the last years alone, as the owner of the indices permits",
            )
            for name, series in {"AAAEY": "BAMLC0A1CAAAEY", "HYOEY": "BAMLH0A0HYM2EY", "USEY": "BAMLC0A0CMEY"}.items()
        ),
        reason="only ML/AAAEY, ML/HYOEY and ML/USEY are known by FRED's codes; look for others with `lanner search --provider fred`",
        unanswered="EMCTRI",
    ),
    OldDatabase(
        code="UMICH",
        title="University of Michigan, Surveys of Consumers",
        answers=(Answer(pattern="SOC1", provider="fred", code="FRED/UMCSENT", columns={"Index": ONLY}, example="SOC1", note=_FIRST_DAYS),),
        reason="of the tables of the survey, FRED has the index of sentiment, UMICH/SOC1",
        unanswered="SOC2",
    ),
)
