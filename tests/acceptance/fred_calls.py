"""
The calls of an unmodified client of FRED's API, run in a Python of its own: ``python fred_calls.py CLIENT ADDRESS KEY FOLDER``.

The server keeps ``GDP`` as it was recorded, whose answers are in the folder, and ``SAMPLE/…``; other names do not exist.
"""

import asyncio
import json
import os
import sys
import warnings
from pathlib import Path

import pandas as pd

warnings.simplefilter("ignore")
name, address, key, folder = sys.argv[1], sys.argv[2], sys.argv[3], Path(sys.argv[4])
WHOLE = ("1776-07-04", "9999-12-31")


def recorded(file):
    return json.loads((folder / f"{file}.json").read_text())


ALL = recorded("alfred/fred_series_all_releases")["observations"]
AS_OF = recorded("alfred/fred_series_asof_date")["observations"]
INITIAL = recorded("alfred/fred_series_initial_release")["observations"]
VINTAGES = recorded("alfred/fred_series_vintagedates")["vintage_dates"]
INFO = recorded("fred/fred_series_info")["seriess"][0]
LATEST = [row for row in ALL if row["realtime_end"] == WHOLE[1]]
#: What is not kept of a series, or says when it was asked for.
UNKNOWN = ("popularity", "last_updated", "realtime_start", "realtime_end")


def floats(rows):
    return [float("nan") if row["value"] == "." else float(row["value"]) for row in rows]


def known(rows):
    return [float(row["value"]) for row in rows if row["value"] != "."]


def days(rows, member="date"):
    return [row[member] for row in rows]


def same(found, expected):
    pd.testing.assert_frame_equal(pd.DataFrame(found), pd.DataFrame(expected))


def numbers(values):
    """Return values as floats: fredapi has NaT where one is missing."""
    return pd.to_numeric(values.where(values.notna(), float("nan")).astype(object), errors="coerce").astype(float)


def cut(rows):
    """Cut periods at the first day of 2019, as ALFRED does; here they are whole."""
    return [{**row, "realtime_end": min(row["realtime_end"], "2019-01-01")} for row in rows]


def raised(kind, call):
    try:
        call()
    except kind as error:
        return error
    raise AssertionError(f"{kind.__name__} was not raised")


def fredapi():
    from fredapi import Fred

    Fred.root_url = f"{address}/fred"
    fred = Fred(api_key=key)
    expected = {"realtime_start": pd.to_datetime(days(ALL, "realtime_start")), "date": pd.to_datetime(days(ALL)), "value": floats(ALL)}
    everything = fred.get_series_all_releases("GDP")
    same(everything.assign(value=numbers(everything["value"])).infer_objects(), expected)
    same({"value": fred.get_series("GDP")}, {"value": pd.Series(floats(LATEST), pd.to_datetime(days(LATEST)))})
    assert fred.get_series_latest_release("GDP").equals(fred.get_series("GDP"))
    first = fred.get_series_first_release("GDP")
    expected_first = pd.DataFrame(expected).groupby("date").head(1).set_index("date")["value"]
    assert numbers(first).equals(expected_first), first
    # Of each date the last row is what was known then; the recorded answer of that day says the same.
    then = fred.get_series_as_of_date("GDP", "1/1/2019").groupby("date").tail(1).set_index("date")["value"]
    valid = [row for row in AS_OF if row["realtime_end"] == "2019-01-01"]
    assert numbers(then).equals(pd.Series(floats(valid), pd.DatetimeIndex(days(valid), name="date"), name="value")), then
    # mortada/fredapi#52: however it is asked in parts, each row has its own first day.
    half = fred.get_series_all_releases("GDP", realtime_start="2005-01-01", realtime_end="2010-01-01")
    assert set(half["realtime_start"]) <= set(everything["realtime_start"])
    assert [str(day.date()) for day in fred.get_series_vintage_dates("GDP")] == VINTAGES
    info = fred.get_series_info("GDP").to_dict()
    assert {k: v for k, v in info.items() if k not in UNKNOWN} == {k: str(v) for k, v in INFO.items() if k not in UNKNOWN}, info
    found = fred.search("gross domestic product").T
    assert "GDP" in found.columns, found
    released = fred.search_by_release(int(fred._Fred__fetch_data(f"{Fred.root_url}/series/release?series_id=GDP")[0].get("id")), limit=5)
    assert list(released["title"]) == ["Gross Domestic Product"], released
    assert fred.get_series("SAMPLE/NILE").iloc[0] == 1120.0
    assert str(raised(ValueError, lambda: fred.get_series("NOSUCH"))) == "Bad Request.  The series does not exist."


def pyfredapi():
    import pyfredapi as pf
    from pyfredapi import _base
    from pyfredapi.utils._convert_to_df import _convert_to_pandas as frame

    _base._get_request.__wrapped__.__defaults__ = (None, None, f"{address}/fred")
    os.environ["FRED_API_KEY"] = key
    about = {"series_id": "GDP", "api_key": key}
    same(pf.get_series_all_releases(**about), frame(ALL))
    same(pf.get_series_initial_release(**about), frame(INITIAL))
    same(frame(cut(pf.get_series_asof_date(date="2019-01-01", return_format="json", **about))), frame(AS_OF))
    same(pf.get_series(**about)[["date", "value"]], frame(LATEST)[["date", "value"]])
    assert pf.get_series_vintagedates(**about) == VINTAGES
    info = pf.get_series_info(**about).model_dump()
    assert {k: v for k, v in info.items() if k not in UNKNOWN} == {k: v for k, v in INFO.items() if k not in UNKNOWN}, info
    assert pf.get_series_releases(**about)["releases"][0]["name"].startswith("FRED: ")
    assert pf.get_series_tags(**about)["tags"] == pf.get_series_categories(**about)["categories"] == []
    assert list(pf.search_series("gross domestic product", api_key=key)["id"])[:1] == ["GDP"]
    collection = pf.SeriesCollection(series_id=["GDP", "SAMPLE/NILE"])  # the only way in which it finds its key
    assert (
        sorted(collection.list_series()) == ["GDP", "SAMPLE/NILE"]
        if hasattr(collection, "list_series") and collection.list_series()
        else True
    )
    refused = raised(pf.exceptions.FredAPIRequestError, lambda: pf.get_series("NOSUCH", api_key=key))
    assert "The series does not exist" in str(refused), refused


def fedfred():
    import fedfred as fd

    fred = fd.FredAPI(api_key=key)
    fred.base_url = fred.Async.base_url = f"{address}/fred"
    everything = fred.get_series_observations("GDP", realtime_start=WHOLE[0], realtime_end=WHOLE[1])
    expected = pd.DataFrame(ALL).assign(date=lambda frame: pd.to_datetime(frame["date"]), value=floats(ALL)).set_index("date")
    pd.testing.assert_frame_equal(everything, expected)
    [series] = fred.get_series("GDP")
    assert (series.title, series.units_short, series.frequency) == (INFO["title"], INFO["units_short"], INFO["frequency"])
    assert series.observations["value"].dropna().tolist() == known(LATEST)
    assert [each.vintage_date for each in fred.get_series_vintagedates("GDP")] == VINTAGES
    assert [each.id for each in fred.get_series_search("gross domestic product")] == ["GDP"]
    [release] = fred.get_series_release("GDP")
    assert [each.id for each in fred.get_release_series(release.id)] == ["GDP"]
    assert fred.get_series_observations("GDP", units="pc1", frequency="a", limit=2, sort_order="desc").shape == (2, 3)
    asynchronous = asyncio.run(fred.Async.get_series_observations("GDP"))
    assert len(asynchronous) == len(LATEST)


def pandas_datareader():
    import pandas_datareader.data as web
    import requests
    from pandas_datareader.fred import FredReader

    FredReader.url = f"{address}/graph/fredgraph.csv"
    session = requests.Session()
    session.headers["X-Api-Token"] = key
    frame = web.DataReader(["GDP", "SAMPLE/NILE"], "fred", "1946-01-01", "2024-12-31", session=session)
    values = frame["GDP"].dropna()
    assert values.tolist() == known(LATEST)
    assert str(values.index[0].date()) == "1947-01-01"
    # Scripts without any package of FRED's.
    options = {"index_col": "observation_date", "parse_dates": True, "storage_options": {"X-Api-Token": key}}
    keyless = pd.read_csv(f"{address}/graph/fredgraph.csv?id=GDP&cosd=2024-01-01", **options)
    assert keyless["GDP"].tolist() == floats(LATEST)[-3:]
    vintage = pd.read_csv(f"{address}/graph/fredgraph.csv?id=GDP&vintage_date=2019-01-01", **options)
    assert vintage["GDP_20190101"].dropna().tolist() == known(row for row in AS_OF if row["realtime_end"] == "2019-01-01")


def openbb_fred():
    from openbb_fred.models.search import FredSearchFetcher
    from openbb_fred.models.series import FredSeriesFetcher
    from openbb_fred.utils import api

    api.build_url.__kwdefaults__["root"] = f"{address}/fred"
    credentials = {"fred_api_key": key}

    def fetch(fetcher, **query):
        return asyncio.run(fetcher.fetch_data({"use_cache": False, **query}, credentials))

    found = fetch(FredSeriesFetcher, symbol="GDP,SAMPLE/NILE", start_date="1947-01-01")
    values = [row.model_dump()["GDP"] for row in found.result]
    assert [value for value in values if value is not None] == known(LATEST)
    assert found.metadata["GDP"]["units"] == INFO["units"]
    assert [row.series_id for row in fetch(FredSearchFetcher, query="gross domestic product")] == ["GDP"]
    [release] = [row for row in fetch(FredSearchFetcher, search_type="release") if row.name.startswith("FRED: ")]
    assert [row.series_id for row in fetch(FredSearchFetcher, release_id=int(release.release_id))] == ["GDP"]


CLIENTS = {each.__name__: each for each in (fredapi, pyfredapi, fedfred, pandas_datareader, openbb_fred)}
CLIENTS[name]()
print("\nall calls passed")  # noqa: T201 - the test reads it
