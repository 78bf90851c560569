"""
The calls of an unmodified Quandl client, run in a Python of its own: ``python quandl_calls.py MODULE ADDRESS FOLDER``.

The server keeps ``SAMPLE/…`` and knows ``WIKI/FB``; ``WIKI/BLOCKED`` is refused by its provider, ``WIKI/NOSUCH`` unknown.
"""

import datetime as dt
import importlib
import sys
import warnings
import zipfile
from pathlib import Path

import numpy as np

warnings.simplefilter("ignore")
module, address, folder = sys.argv[1], sys.argv[2], Path(sys.argv[3])
client = importlib.import_module(module)
errors = importlib.import_module(f"{module}.errors.{'quandl_error' if module == 'quandl' else 'data_link_error'}")
client.ApiConfig.api_protocol = "http://"
client.ApiConfig.api_base = f"{address}/api/v3"
client.ApiConfig.api_key = "any-key"


def raises(kind, call):
    try:
        call()
    except kind as error:
        return error
    raise AssertionError(f"{kind.__name__} was not raised")


# One dataset, fetched by this very call.
fb = client.get("WIKI/FB")
assert list(fb.columns) == ["Open", "Adj. Close", "Volume", "Ex-Dividend"], fb.columns
assert fb.index.name == "Date"
assert [str(day.date()) for day in fb.index] == ["2012-05-18", "2018-03-23", "2018-03-26", "2018-03-27"]
assert fb["Adj. Close"].tolist()[:2] == [38.2318, 0.0023958471981899]
assert np.isnan(fb["Adj. Close"].iloc[2])

# Columns by number; one that is not there; numpy; the other options.
assert list(client.get("WIKI/FB.2").columns) == ["Adj. Close"]
assert list(client.get("WIKI/FB.9").columns) == [] or client.get("WIKI/FB.9").empty
array = client.get("WIKI/FB", returns="numpy")
assert array.dtype.names == ("Date", "Open", "Adj. Close", "Volume", "Ex-Dividend"), array.dtype
assert len(client.get("SAMPLE/GDP", rows=3)) == 3
assert str(client.get("SAMPLE/GDP", rows=1).index[0].date()) == "2024-07-01"
late = client.get("SAMPLE/GDP", trim_start="2023-01-01", trim_end="2023-12-31", order="desc")
assert [str(day.date()) for day in late.index] == ["2023-10-01", "2023-07-01", "2023-04-01", "2023-01-01"]
yearly = client.get("SAMPLE/GDP", collapse="annual", transformation="rdiff", start_date="2020-01-01")
assert str(yearly.index[0].date()) == "2021-12-31"
then = client.get("SAMPLE/GDP", as_of="2009-01-30", rows=1)
assert then["Value"].iloc[0] == 14264.6, then

# Errors.
raises(errors.NotFoundError, lambda: client.get("WIKI/NOSUCH"))
raises(errors.ForbiddenError, lambda: client.get("WIKI/BLOCKED"))
raises(errors.InvalidRequestError, lambda: client.get("SAMPLE/GDP", start_date="2000-00-00"))

# Several at once.
merged = client.get(["SAMPLE/GDP", "WIKI/FB.1"])
assert list(merged.columns) == ["SAMPLE/GDP - Value", "WIKI/FB - Open"], merged.columns
assert str(merged.index[-1].date()) == "2024-07-01"
missing = client.get(["SAMPLE/GDP", "WIKI/NOSUCH"], order="desc")
assert list(missing.columns) == ["SAMPLE/GDP - Value", "WIKI/NOSUCH - Not Found"], missing.columns
assert str(missing.index[0].date()) == "2024-07-01"
both = client.MergedDataset(["SAMPLE/GDP", ("WIKI/FB", {"column_index": [1, 2]})])
assert list(both.data().to_pandas().columns) == ["SAMPLE/GDP - Value", "WIKI/FB - Open", "WIKI/FB - Adj. Close"]
assert both.data().to_list()[-1][1] == 29349.924
assert both.column_names == ["Date", "SAMPLE/GDP - Value", "WIKI/FB - Open", "WIKI/FB - Adj. Close"]
assert both.oldest_available_date == dt.date(1946, 1, 1)

# The object model.
dataset = client.Dataset("WIKI/FB")
rows = dataset.data(params={"order": "asc"})
assert rows[0].date == dt.date(2012, 5, 18), rows[0].date
assert rows[0].adj_close == 38.2318
assert dataset.name.startswith("Facebook Inc.")
assert dataset.newest_available_date == dt.date(2018, 3, 27)
assert isinstance(dataset.refreshed_at, dt.datetime)
assert dataset.column_names == ["Date", "Open", "Adj. Close", "Volume", "Ex-Dividend"]
assert dataset.frequency == "daily"
assert dataset.database().database_code == "WIKI"
found = client.Dataset.all(params={"query": "gross"})
assert [each.code for each in found.values] == ["SAMPLE/GDP"], [each.code for each in found.values]
assert not found.has_more_results()
assert {each.database_code for each in client.Database.all().values} >= {"SAMPLE", "WIKI"}
database = client.Database("SAMPLE")
assert database.datasets_count >= 1
assert "SAMPLE/GDP" in [each.code for each in database.datasets().values]

# Whole databases.
assert "/api/v3/databases/SAMPLE/data" in database.bulk_download_url()
client.bulkdownload("SAMPLE", download_type="complete", filename=str(folder / "sample.zip"))
with zipfile.ZipFile(folder / "sample.zip") as archive:
    lines = archive.read(archive.namelist()[0]).decode().splitlines()
assert "GDP,2024-07-01,29349.924" in lines
database.bulk_download_to_file(str(folder), params={"download_type": "partial"})
assert [path.name for path in folder.glob("SAMPLE_*.partial.zip")], list(folder.iterdir())
sys.stdout.write("all calls passed\n")
