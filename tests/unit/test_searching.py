"""Hits: what is made of providers' texts, how lanner finds among them, and for how long they are kept."""

from __future__ import annotations

import pytest

from adapters.provider_kit.hits import day_in, only_hits, search_hit
from domain.budgets import Budget
from domain.codes import DatasetCode
from domain.errors import ThrottledLocally
from domain.fetching.search_cache import SearchCache
from domain.providers import Limit
from domain.searching import SearchHit, SearchKind, matching


def a_hit(code: str, name: str = "") -> SearchHit:
    return SearchHit(code=DatasetCode.parse(code), name=name)


NAMES = [
    a_hit("WB/WLD.NY.GDP.MKTP.CD", "GDP (current US$)"),
    a_hit("WB/WLD.NY.GDP.PCAP.CD", "GDP per capita (current US$)"),
    a_hit("WB/WLD.SP.POP.TOTL", "Population, total"),
    a_hit("WB/WLD.GDPX", "Gdpx of everything"),
]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("gdp", ["GDP (current US$)", "GDP per capita (current US$)", "Gdpx of everything"]),
        ("GDP capita", ["GDP per capita (current US$)"]),
        ("pop tot", ["Population, total"]),
        ("sp.pop.totl", ["Population, total"]),
        ("gdp population", []),
        ("...", []),
        ("", []),
    ],
)
def test_looking_in_a_list(text, found):
    """Each word begins one of code or name, in any case; whole words come before beginnings, short names before long ones."""
    assert [hit.name for hit in matching(NAMES, text)] == found


def test_texts_of_providers_become_clean():
    """A name is one line of bounded length without characters that cannot be stored; without one the code is the name."""
    hit = search_hit("FRED", "GDP", " Gross\n\tDomestic \0 <b>Product</b> " + "x" * 500, first="1947-01-01", last="2024-13-01", unit=7)
    bare = search_hit("FRED", "GDP", None)

    assert hit is not None
    assert hit.name.startswith("Gross Domestic \ufffd <b>Product</b> xxx")
    assert (len(hit.name), str(hit.first), hit.last, hit.unit) == (301, "1947-01-01", None, "")
    assert bare is not None
    assert bare.name == "GDP"


@pytest.mark.parametrize("dataset", ["", None, 5, "with space", "a//b", "../up", "x" * 201, "<script>"])
def test_what_cannot_be_a_code_is_no_hit(dataset):
    """A hit that could not be fetched is left out."""
    assert search_hit("FRED", dataset, "Name") is None


def test_each_code_once():
    """Of hits with one code the first one stays."""
    hits = [a_hit("A/B", "one"), None, a_hit("A/C", "two"), a_hit("A/B", "three")]

    assert [hit.name for hit in only_hits(hits)] == ["one", "two"]


@pytest.mark.parametrize(
    ("text", "day"), [("2024-01-31T00:00:00.000Z", "2024-01-31"), ("2024-01-31", "2024-01-31"), ("Jan", None), (3, None)]
)
def test_days(text, day):
    """A text that begins with an ISO date has a day."""
    assert (str(day_in(text)) if day else day_in(text)) == day


@pytest.mark.parametrize(
    ("limits", "share"),
    [
        ([Limit(120, 60)], [Limit(30, 60)]),
        ([Limit(5, 60), Limit(25, 86_400)], [Limit(1, 60), Limit(6, 86_400)]),
        ([Limit(1, 1)], [Limit(1, 4)]),
        ([Limit(3, 10)], [Limit(1, 14)]),
        ([], [Limit(30, 60)]),
    ],
)
def test_searches_have_a_quarter(limits, share):
    """Of each limit searches may use a quarter at most; where there is none, a call every two seconds in the mean."""
    budget = Budget(provider="p", key="k", limits=tuple(limits), concurrency=2)

    assert budget.of_searches.limits == tuple(share)
    assert (budget.of_searches.identity, budget.of_searches.concurrency) == (("p", "k:search"), None)


class Clock:
    time = 0.0

    def __call__(self) -> float:
        return self.time


def test_hits_are_kept_for_minutes():
    """Hits of a query are kept for five minutes, a list for an hour."""
    clock = Clock()
    cache = SearchCache(seconds=clock)
    cache.put(("p", "", "gdp"), NAMES, SearchKind.QUERY)
    cache.put(("q", "", ""), NAMES, SearchKind.LIST)

    assert (cache.get(("p", "", "gdp")), cache.get(("p", "", "cpi"))) == (tuple(NAMES), None)
    clock.time = 300
    assert (cache.get(("p", "", "gdp")), cache.get(("q", "", ""))) == (None, tuple(NAMES))
    clock.time = 3600
    assert (cache.get(("q", "", "")), cache.size) == (None, 0)


def test_the_cache_is_bounded():
    """It has at most so many entries and bytes, of which the longest unused go first; what alone is larger is not kept."""
    few = SearchCache(entries=2)
    for name in "abac":
        few.put((name, "", ""), NAMES, SearchKind.QUERY)
        few.get(("a", "", ""))
    small = SearchCache(capacity=8_000)
    small.put(("a", "", ""), NAMES, SearchKind.QUERY)
    small.put(("b", "", ""), NAMES * 2, SearchKind.QUERY)
    small.put(("large", "", ""), NAMES * 20, SearchKind.QUERY)
    small.put(("b", "", ""), NAMES * 20, SearchKind.QUERY)

    assert [name for name in "abc" if few.get((name, "", ""))] == ["a", "c"]
    assert [name for name in ("a", "b", "large") if small.get((name, "", ""))] == ["a"]
    assert 0 < small.size <= 8_000


def test_one_search_at_a_time():
    """While a search of a provider runs, another one waits, and of another provider none does."""
    cache = SearchCache(wait_seconds=0.01)
    with cache.one_at_a_time("p"):
        with cache.one_at_a_time("q"):
            pass
        with pytest.raises(ThrottledLocally, match="under way"), cache.one_at_a_time("p"):
            pass
    with cache.one_at_a_time("p"):
        pass
