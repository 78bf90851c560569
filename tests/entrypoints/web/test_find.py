"""Finding at providers and adding, as the pages are without scripts."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from adapters.memory.unit_of_work import MemoryStore
from domain.api_keys import Scope
from domain.codes import DatasetCode
from domain.errors import KeyRejected, RateLimited, SourceUnavailable
from domain.fetches import Failure, Lease, WaitingFor
from domain.frequency import Frequency
from domain.providers import Limit
from domain.searching import SearchHit
from domain.use_cases import UseCases
from tests.builders import NOBODY, memory_use_cases, waiting_use_cases
from tests.entrypoints.web.conftest import Browser, Page, browser_of, sample_use_cases
from tests.entrypoints.web.test_safety import EVIL
from tests.fakes import CannedSource, SearchingSource, StoppedClock

GDP = SearchHit(
    code=DatasetCode("FINDS", "GDP"),
    name="Gross product",
    description="of everything",
    frequency=Frequency.QUARTERLY,
    unit="Dollars",
    first=date(1947, 1, 1),
    last=date(2024, 4, 1),
)
FLOW = SearchHit(code=DatasetCode("FINDS", "FLOW"), name="A flow", is_series=False, hint="Write the key behind it.")
DATA_SET = SearchHit(code=DatasetCode("FINDS", "A/B"), name="A set", is_series=False, lists_series=True)


def searching(*hits: SearchHit) -> UseCases:
    sources = {
        "finds": SearchingSource(hits=hits or (GDP, FLOW, DATA_SET)),
        "refuses": SearchingSource(refusal=KeyRejected("The key is wrong.", hint="Check it.")),
        "waits": SearchingSource(refusal=RateLimited("Too often.", retry_after=12.3)),
        "mute": CannedSource(),
    }
    return memory_use_cases(sources, default="mute")


@pytest.fixture
def browser() -> Browser:
    return browser_of(searching())


def test_what_is_kept_is_found_at_once(browser: Browser) -> None:
    """Kept series are listed and no provider is asked; each that can be searched has its place and its link."""
    browser.post("/find", {"code": "WIKI/PRICES"})
    page = Page(browser.get("/find?query=prices").text)
    groups = [each for each in page.all("li") if "data-address" in each]

    assert "WIKI/PRICES · mute" in page.words
    assert [(each["data-provider"], each["data-status"], each["data-address"]) for each in groups] == [
        (name, "not_asked", f"/find?query=prices&provider={name}") for name in ("finds", "refuses", "waits")
    ]
    assert {"/find?query=prices&provider=finds"} < set(page.addresses)
    assert [each for each in page.all("script") if each["src"].endswith("/search.js")] != []


def test_without_words_there_is_nothing_to_search(browser: Browser) -> None:
    """The list of everything that is kept offers no search at providers."""
    assert "data-address" not in browser.get("/find").text


def test_what_a_provider_has(browser: Browser) -> None:
    """The provider that is named comes first, with its hits: code, frequency, unit and range."""
    page = Page(browser.get("/find?query=gdp&provider=finds").text)
    providers = [(each["data-provider"], each["data-status"]) for each in page.all("li") if "data-address" in each]

    assert providers == [("finds", "ok"), ("refuses", "not_asked"), ("waits", "not_asked")]
    assert "3 found" in page.words
    assert "Gross productFINDS/GDP · quarterly · Dollars · 1947 Q1 – 2024 Q2" in page.words
    assert "/s/finds:FINDS/GDP" in page.addresses
    assert "/find?query=FINDS/A/B&provider=finds" in page.addresses
    assert "Write the key behind it." in page.words


def test_adding_by_one_click(browser: Browser) -> None:
    """The button of a hit requests the series at that provider, and leads to its page; from then on it is kept."""
    page = Page(browser.get("/find?query=gdp&provider=finds").text)
    [button] = [each for each in page.all("button") if each.get("aria-label") == "Add FINDS/GDP"]
    hidden = {"type": "hidden", "name": "provider", "value": "finds"}
    added = browser.post("/find", {hidden["name"]: hidden["value"], button["name"]: button["value"]})

    assert hidden in page.all("input")
    assert (added.status_code, added.headers["location"]) == (303, "/s/finds:FINDS/GDP")
    again = Page(browser.get("/find?query=gdp&provider=finds").text)
    assert [each for each in again.all("button") if each.get("aria-label") == "Add FINDS/GDP"] == []
    assert "kept" in again.words


def test_adding_and_following(browser: Browser) -> None:
    """The field that a key adds has the series followed, too, once however often it is sent."""
    for _ in range(2):
        assert browser.post("/find", {"code": "finds:FINDS/GDP", "follow": "yes"}).status_code == 303

    assert "Unfollow" in Page(browser.get("/s/finds:FINDS/GDP").text).words
    assert Page(browser.get("/operations").text).words.count("when its releases are expected") == 1


def test_results_have_pictures(browser: Browser) -> None:
    """A kept series shows its latest values beside its name."""
    browser.post("/find", {"code": "WIKI/PRICES"})
    page = Page(browser.get("/find?query=prices").text)

    assert [each for each in page.all("svg") if each.get("class") == "spark"] != []


def test_completing_a_code(browser: Browser) -> None:
    """A data set's code stands in a field in which its key is written."""
    page = Page(browser.get("/find?query=flow&provider=finds").text)
    [field] = [each for each in page.all("input") if each.get("value") == "FINDS/FLOW"]
    added = browser.post("/find", {"provider": "finds", field["name"]: "FINDS/FLOW.A.B"})
    other = browser.post("/find", {"provider": "finds", "code": "mute:FINDS/FLOW.A.B"})

    assert added.headers["location"] == "/s/finds:FINDS/FLOW.A.B"
    assert (other.status_code, "Name the provider once" in other.text) == (400, True)


@pytest.mark.parametrize(
    ("provider", "said"),
    [
        ("refuses", "refuses did not answer this search: The key is wrong. Check it."),
        ("waits", "waits may not be asked just now: Too often. Search again in 13 seconds or later. Fetches go first."),
        ("mute", "mute cannot be searched: mute has no search."),
    ],
)
def test_why_there_are_no_hits(browser: Browser, provider: str, said: str) -> None:
    """One line says how many did not answer, and behind it stands what keeps each from answering, and what helps."""
    page = Page(browser.get(f"/find?query=gdp&provider={provider}").text)

    assert said in page.words
    assert "1 provider did not answer" in page.words
    assert [each for each in page.all("section") if "card" in each["class"] and each.get("id") == f"at-{provider}"] == []


def test_one_group_alone(browser: Browser) -> None:
    """The part that scripts put into the page is the group of the page; its problems are documents."""
    part = browser.get("/find?query=gdp&provider=finds&format=part")
    page = browser.get("/find?query=gdp&provider=finds")
    whole = part.text.strip()

    assert (part.status_code, whole.startswith("<section"), whole.endswith("</section>")) == (200, True, True)
    assert whole in page.text
    for query in ("query=gdp&provider=nobody&format=part", "query=gdp&format=part", "query=&provider=finds&format=part"):
        assert browser.get(f"/find?{query}").json["status"] == 400
    assert "format must be one of part" in browser.get("/find?query=gdp&provider=finds&format=svg").json["detail"]


def test_hits_are_texts() -> None:
    """Markup in what a provider says makes no element and no attribute."""
    hit = replace(GDP, name=EVIL, description=EVIL, unit=EVIL)
    flow = replace(FLOW, name=EVIL, hint=EVIL, description=EVIL)
    browser = browser_of(searching(hit, flow, replace(DATA_SET, name=EVIL, description=EVIL)))
    for path in ("/find?query=x&provider=finds", "/find?query=x&provider=finds&format=part"):
        page = Page(browser.get(path).text)
        assert (page.all("img"), "49049" in page.words) == ([], False)
        assert [each for each in page.all("script") if not each.get("src", "").startswith("/static/")] == []
        assert [name for _, attributes in page.elements for name in attributes if name.startswith("on")] == []


def test_who_may_only_read_searches_no_provider() -> None:
    """A key without the scope to fetch sees what is kept, no links to providers, and is told why if it asks all the same."""
    use_cases = searching()
    token = use_cases.manage_keys.create("reader", [Scope.READ])[1]
    browser = browser_of(use_cases, keys_required=True)
    browser.post("/sign-in", {"token": token})

    assert "data-address" not in browser.get("/find?query=gdp").text
    asked = browser.get("/find?query=gdp&provider=finds")
    assert (asked.status_code, "needs a key with the scope fetch" in Page(asked.text).words) == (403, True)


def test_pages_of_other_sites_search_no_provider(browser: Browser) -> None:
    """A link or an image elsewhere cannot use up a provider's limits."""
    answer = browser.get("/find?query=gdp&provider=finds", headers={"Sec-Fetch-Site": "cross-site"})

    assert answer.status_code == 403


def test_searches_use_the_quota_of_fetches() -> None:
    """Over it the page says when to try again."""
    browser = browser_of(searching(), fetch_limits=(Limit(1, 1000),))
    first, second = (browser.get(f"/find?query={word}&provider=finds") for word in ("a", "b"))

    assert (first.status_code, second.status_code) == (200, 429)
    assert "Too many searches and fetches were requested." in Page(second.text).words


def test_samples_are_found() -> None:
    """Whoever begins finds the samples like anything else."""
    browser = browser_of(sample_use_cases())
    words = Page(browser.get("/find?query=nile&provider=sample").text).words

    assert "Flow of the Nile at AswanSAMPLE/NILE · annual" in words


def waiting(reason: WaitingFor) -> tuple[Browser, str, StoppedClock]:
    """A page of a series whose first fetch waits for this reason."""
    clock = StoppedClock()
    store = MemoryStore(clock)
    browser = browser_of(waiting_use_cases(store))
    place = browser.post("/find", {"code": "WIKI/FB"}).headers["location"]
    [fetch_id] = store.state.fetches
    lease = Lease(NOBODY, 30)
    with store.writing() as uow:
        uow.fetches.claim(fetch_id, lease)
        if reason is WaitingFor.RETRY:
            failure = Failure.of(SourceUnavailable("Nobody there.", hint="Look again."))
            uow.fetches.schedule_retry(fetch_id, lease, failure, seconds=90, waiting_for=reason)
        else:
            uow.fetches.defer(fetch_id, lease, seconds=90, waiting_for=reason)
        uow.commit()
    return browser, place, clock


@pytest.mark.parametrize(
    ("reason", "said"),
    [
        (WaitingFor.RATE_LIMIT, "it waits for its turn within the provider's limits, until 12:01:30 UTC."),
        (WaitingFor.CIRCUIT, "it waits because the provider has not answered lately, until 12:01:30 UTC."),
        (WaitingFor.RETRY, "it is tried again at 12:01:30 UTC. Nobody there. Look again."),
    ],
)
def test_a_pending_page_says_what_it_waits_for(reason: WaitingFor, said: str) -> None:
    """Why, and until when, in words; while nothing happens the page stays the same, so that looking again costs next to nothing."""
    browser, place, clock = waiting(reason)
    page = browser.get(place)
    clock.forward(20)
    again = browser.get(place, headers={"If-None-Match": page.headers["etag"]})

    assert "Being fetched Requested at 12:00:00 UTC; " + said in Page(page.text).words
    assert (again.status_code, again.text) == (304, "")
    [part] = [each for each in Page(page.text).all("section") if "data-poll" in each]
    assert int(part["data-poll"]) > 1000
