"""The pages, as a person comes to them."""

from __future__ import annotations

import re

GDP = "/s/SAMPLE/GDP"
THEN = f"{GDP}?as_of=2009-01-30&transform=annualized&start=2003-01-01&end=2010-12-31"
TABS = ("releases", "first", "table", "history", "diff", "vintages", "fetches", "source")
#: What the fixture ``service`` keeps besides samples: a series that its provider does not have, and one whose provider is away.
FAILED, PENDING = "SAMPLE/NOPE", "WIKI/FB"
#: Pages of a service that keeps something and needs no key.
PAGES = {
    "home": "/",
    "find-all": "/find",
    "find": "/find?query=gdp",
    "find-code": "/find?query=WIKI%2FAAPL",
    "find-nothing": "/find?query=xyz",
    "series": GDP,
    "series-then": THEN,
    **{f"series-{tab}": f"{THEN}&view={tab}" for tab in TABS},
    "series-columns": "/s/SAMPLE/MACRO?column=cpi&transform=index",
    "series-pending": f"/s/{PENDING}",
    "series-failed": f"/s/{FAILED}",
    "series-not-kept": "/s/SAMPLE/NILE",
    "problem": f"{GDP}?column=none",
    "compare": "/compare?s=SAMPLE/GDP&s=SAMPLE/CO2;axis=right&index=2008-01",
    "compare-scatter": "/compare?s=SAMPLE/GDP&s=SAMPLE/CO2&collapse=quarterly&view=scatter",
    "compare-nothing": "/compare",
    "compare-adding": "/compare?s=SAMPLE/GDP&query=SAMPLE%2FNILE",
    "find-comparing": "/find?query=gdp&compare=%3Fs%3DSAMPLE%2FCO2",
    "embed": "/embed/s/SAMPLE/GDP",
    "embed-compare": "/embed/compare?s=SAMPLE/GDP&s=SAMPLE/CO2&index=2008-01",
    "file": "/file",
    "operations": "/operations",
    "operations-failed": "/operations?status=error",
    "schedules": "/operations/schedules",
    "keys": "/operations/keys",
}


def matches(template: str, path: str) -> bool:
    """Return whether a path belongs to a URI template of Falcon."""
    pattern = re.sub(r"\\{[^:}]*:path\\}", ".+", re.escape(template))
    return re.fullmatch(re.sub(r"\\{[^}]*\\}", "[^/]+", pattern), path.partition("?")[0]) is not None
