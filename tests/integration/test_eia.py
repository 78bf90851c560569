"""The EIA's answers."""

from __future__ import annotations

import pytest

from adapters.providers.eia.provider import code_from_alias, request_for
from domain.codes import DatasetCode
from domain.errors import AnswerNotUnderstood, DatasetNotFound, FetchError, KeyMissing, RateLimited
from domain.frequency import Frequency
from tests.reading import read, rows

SALES = "https://api.eia.gov/v2/electricity/retail-sales/data/"


def an_answer(*rows, frequency="monthly"):
    return {"response": {"total": "264", "frequency": frequency, "data": list(rows)}, "apiVersion": "2.1.8"}


def a_sale(period="2024-01", state="CO", sector="RES", **fields):
    names = {"stateid": state, "stateDescription": "A state", "sectorid": sector, "sectorName": "a sector"}
    return {"period": period, **names, "price": "12.3", "sales": 5, "price-units": "cents", "sales-units": "GWh", **fields}


@pytest.mark.parametrize(
    ("said", "period", "start", "frequency"),
    [
        ("hourly", "2022-10-31T11", "2022-10-31T11:00:00Z", None),
        ("local-hourly", "2022-10-31T11-07", "2022-10-31T18:00:00Z", None),
        ("daily", "2024-01-02", "2024-01-02", Frequency.DAILY),
        ("weekly", "2024-01-05", "2024-01-05", Frequency.WEEKLY),
        ("monthly", "2024-02", "2024-02-01", Frequency.MONTHLY),
        ("quarterly", "2024-Q2", "2024-04-01", Frequency.QUARTERLY),
        ("annual", "2024", "2024-01-01", Frequency.ANNUAL),
        ("", 2024, "2024-01-01", Frequency.ANNUAL),
    ],
)
def test_periods_begin_on_a_day_or_at_an_hour(said, period, start, frequency):
    """Periods of each frequency become their first days, hours moments in UTC."""
    [series] = read("eia", an_answer({"period": period, "series": "X", "value": "0.1", "units": "$"}, frequency=said))

    assert (rows(series), series.metadata.frequency, series.metadata.column_units) == ({start: [0.1]}, frequency, ("$",))


def test_each_combination_of_facets_is_a_series():
    """Several columns and facets give a series for each combination, under a code that can be asked for."""
    found = read("eia", an_answer(a_sale(), a_sale("2024-02", price="--", sales=None), a_sale(state="UT")), url=SALES)

    assert [str(series.code) for series in found] == [
        "EIA/electricity/retail-sales:monthly:price,sales:stateid=CO,sectorid=RES",
        "EIA/electricity/retail-sales:monthly:price,sales:stateid=UT,sectorid=RES",
    ]
    assert rows(found[0]) == {"2024-01-01": [12.3, 5.0], "2024-02-01": [None, None]}
    assert found[0].metadata.column_units == ("cents", "GWh")


def test_a_code_may_leave_out_facets():
    """Facets in any order, and not all of them, name a series as long as there is one."""
    answer = an_answer(a_sale(), a_sale(state="UT", sales=7))
    code = "EIA/electricity/retail-sales:monthly:price,sales:"

    assert rows(read("eia", answer, f"{code}sectorid=RES,stateid=UT", url=SALES)[0]) == {"2024-01-01": [12.3, 7.0]}
    assert rows(read("eia", answer, f"{code}stateid=UT", url=SALES)[0]) == {"2024-01-01": [12.3, 7.0]}
    with pytest.raises(AnswerNotUnderstood, match=r"stateid=CO,sectorid=RES, .*stateid=UT,sectorid=RES"):
        read("eia", answer, f"{code}sectorid=RES", url=SALES)


def test_the_address_tells_columns_and_series():
    """Columns are those that were asked for; a series of the first version keeps its name."""
    row = {"period": "2024-01-02", "product": "EPCWTI", "product-name": "WTI", "capacity": 3, "value": 70.1}

    assert rows(read("eia", an_answer(row), url=f"{SALES}?data[0]=capacity&data[1]=value")[0]) == {"2024-01-02": [3.0, 70.1]}
    assert str(read("eia", an_answer(row), url="https://api.eia.gov/v2/seriesid/PET.RWTC.D")[0].code) == "EIA/PET.RWTC.D"


def test_units_tell_series_apart_where_periods_repeat():
    """The same facets in several units are several series."""
    answer = an_answer(*({"period": "2024", "countryRegionId": "USA", "unit": unit, "value": 1} for unit in ("TJ", "QBTU")))

    assert [str(series.code).rpartition(":")[2] for series in read("eia", answer)] == [
        "countryRegionId=USA,unit=TJ",
        "countryRegionId=USA,unit=QBTU",
    ]


@pytest.mark.parametrize(
    ("letter", "period", "start", "frequency"),
    [
        ("D", "20240102", "2024-01-02", Frequency.DAILY),
        ("4", "20240105", "2024-01-05", Frequency.WEEKLY),
        ("M", "202402", "2024-02-01", Frequency.MONTHLY),
        ("Q", "2024Q2", "2024-04-01", Frequency.QUARTERLY),
        ("A", "2024", "2024-01-01", Frequency.ANNUAL),
        ("H", "20240102T11Z", "2024-01-02T11:00:00Z", None),
        ("HL", "20240102T11-07", "2024-01-02T18:00:00Z", None),
    ],
)
def test_the_first_version_is_read(letter, period, start, frequency):
    """Old bodies hold pairs of periods and values, newest first."""
    body = {"request": {}, "series": [{"series_id": "PET.X.Y", "name": "X", "units": "$", "f": letter, "data": [[period, 70.1]]}]}
    [series] = read("eia", body)

    assert (str(series.code), rows(series), series.metadata.frequency) == ("EIA/PET.X.Y", {start: [70.1]}, frequency)


def test_missing_values_have_many_spellings():
    """What is withheld, not available or not meaningful is missing."""
    words = [None, "--", "NA", "W", "NM", "-", ""]
    answer = an_answer(*({"period": f"20{i + 10}", "value": word} for i, word in enumerate([*words, "1"])))

    assert list(rows(read("eia", answer)[0]).values()) == [[None]] * len(words) + [[1.0]]


@pytest.mark.parametrize(
    ("body", "status", "error"),
    [
        ({"error": {"code": "API_KEY_MISSING", "message": "No api_key was supplied."}}, 403, KeyMissing),
        ({"error": {"code": "API_KEY_INVALID", "message": "An invalid api_key was supplied."}}, 403, KeyMissing),
        ({"error": {"code": "OVER_RATE_LIMIT", "message": "You have exceeded your rate limit."}}, 429, RateLimited),
        ({"error": "Not found.", "code": 404}, 404, DatasetNotFound),
        ({"error": "Invalid facet", "code": 400}, 400, AnswerNotUnderstood),
        ({"request": {}, "data": {"error": "invalid series_id. For key registration …"}}, 200, DatasetNotFound),
        ({"response": {"id": "electricity", "routes": []}}, 200, AnswerNotUnderstood),
        ({"response": {"data": [{"period": "2024", "name": "x"}]}}, 200, AnswerNotUnderstood),
        ({"response": {"data": [{"value": 1}]}}, 200, AnswerNotUnderstood),
        ({"response": {"data": [{"period": [], "value": 1}]}}, 200, AnswerNotUnderstood),
    ],
)
def test_errors_are_named(body, status, error):
    """Errors of either version, and lists of routes, are told apart."""
    with pytest.raises(FetchError) as raised:
        read("eia", body, status=status)

    assert type(raised.value) is error
    assert "broke" not in raised.value.message


def test_a_route_is_asked_for_with_its_facets():
    """A code becomes a path with a frequency, columns and facets, oldest rows first."""
    request = request_for(DatasetCode("EIA", "electricity/rto/region-data:hourly:value,other:respondent=BPAT,type=D"))

    assert request.segments == ("electricity", "rto", "region-data", "data")
    assert request.params == {
        "frequency": "hourly",
        "data[0]": "value",
        "data[1]": "other",
        "facets[respondent][]": "BPAT",
        "facets[type][]": "D",
        "sort[0][column]": "period",
        "sort[0][direction]": "asc",
    }


@pytest.mark.parametrize("code", ["electricity", "electricity/rto:hourly", "a:b:c:d", "a:b:c:d=1,e"])
def test_other_codes_are_not_found(code):
    """What is neither a series nor a whole route is not asked for."""
    with pytest.raises(DatasetNotFound):
        request_for(DatasetCode("EIA", code))


@pytest.mark.parametrize(
    ("old", "today"),
    [
        ("PET_RBRTE_D", "PET.RBRTE.D"),
        ("PET_EMD_EPD2D_PTE_NUS_DPG_W", "PET.EMD_EPD2D_PTE_NUS_DPG.W"),
        ("NG_RNGWHHD_D", "NG.RNGWHHD.D"),
        ("PET.RBRTE.D", None),
        ("RBRTE", None),
    ],
)
def test_old_codes_of_quandls(old, today):
    """The first and the last underscore of an old code stand where the API has dots; anything else is left as it is."""
    found = code_from_alias(DatasetCode("EIA", old))

    assert (found and found.dataset) == today


@pytest.mark.parametrize("cells", [["1,234", "1,235"], ["1 234", "y"], ["1_234.5"], ["-1-", "2-"], ["12,34,567"], ["inf"], ["1.2K", "W"]])
def test_an_only_column_is_never_left_out(cells):
    """Cells that are no numbers, or may be two, end in an error that names one of them, not in a series of dates alone."""
    data = [{"period": f"2023-{month:02}", "series": "RWTC", "value": cell} for month, cell in enumerate(cells, 1)]
    with pytest.raises(AnswerNotUnderstood, match=r"Row [12]: column 'value' holds '.*' (where a number must be|in which a comma may)"):
        read(
            "eia",
            {"response": {"frequency": "monthly", "data": data}},
            "EIA/PET.RWTC.M",
            url="https://api.eia.gov/v2/x/data/?data[0]=value",
        )
