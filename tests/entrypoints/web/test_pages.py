"""The pages as they are without scripts."""

from __future__ import annotations

from datetime import timedelta

import pytest

from adapters.memory.unit_of_work import MemoryStore
from domain.codes import DatasetCode
from domain.schedules.schedule import NextLook, Rule, ScheduleQuery
from domain.schedules.selector import Selector
from domain.series import Metadata
from tests.builders import memory_use_cases, waiting_use_cases
from tests.entrypoints.web.conftest import HTML, Browser, Page, browser_of, sample_use_cases
from tests.fakes import CannedSource, StoppedClock

THEN = "as_of=2009-01-30&transform=annualized&start=2003-01-01&end=2010-12-31"
PAGES = [
    "/",
    "/find",
    "/find?query=gdp",
    "/operations",
    "/operations/keys",
    "/operations/schedules",
    "/s/SAMPLE/GDP",
    f"/s/sample:SAMPLE/GDP?{THEN}",
]
PAGES += ["/compare", "/compare?s=SAMPLE/GDP&s=SAMPLE/GDP;transform=yoy;axis=right", "/compare?s=SAMPLE/GDP&query=gdp"]
TABS = ["releases", "first", "history", "diff", "table", "vintages", "fetches", "source"]


@pytest.mark.parametrize(
    "path",
    [*PAGES, *(f"/s/SAMPLE/GDP?view={tab}" for tab in TABS), "/s/SAMPLE/MACRO", "/s/SAMPLE/NOPE", "/s/x", "/compare?s=x", "/compare?s=A/B"],
)
def test_every_page_keeps_to_the_policy(samples: Browser, path: str) -> None:
    """No page has inline scripts, styles or handlers, or an address of another host; caches ask again."""
    answer = samples.get(path)
    page = Page(answer.text)
    policy = answer.headers["content-security-policy"]

    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert "unsafe" not in policy
    assert "default-src 'none'" in policy
    assert answer.headers["cache-control"].startswith("private, no-")
    assert [each for each in page.all("script") if "src" not in each] == page.all("style") == []
    assert [name for _, attributes in page.elements for name in attributes if name == "style" or name.startswith("on")] == []
    assert [each for each in page.addresses if "//" in each and not each.startswith("http://localhost:8000/s/")] == []
    assert len(page.all("main")) == len(page.all("h1")) == 1


def test_the_root_is_for_both(samples: Browser) -> None:
    """A browser gets the home page, any other client the links, and a cache can tell them apart."""
    plain = samples.client.simulate_get("/")
    asked = [samples.client.simulate_get("/", headers={"Accept": accept}) for accept in ("*/*", "application/json", "text/*;q=0.5, */*")]
    home = samples.get("/")

    assert {answer.headers["content-type"] for answer in (plain, *asked)} == {"application/json"}
    assert (plain.json["name"], plain.json["links"]["docs"], plain.headers["vary"]) == ("lanner", "/docs", "Accept")
    assert "Gross Domestic Product" in Page(home.text).words
    assert "Accept" in home.headers["vary"]


def test_the_home_page_of_an_empty_store() -> None:
    """It says what to begin with; the first card adds a series in one step and leads to it."""
    browser = browser_of(sample_use_cases())
    page = Page(browser.get("/").text)
    added = browser.post("/find", {"code": "SAMPLE/GDP"})

    assert "Nothing is kept yet" in page.words
    assert {"type": "hidden", "name": "code", "value": "SAMPLE/GDP"} in page.all("input")
    assert (added.status_code, added.headers["location"]) == (303, "/s/sample:SAMPLE/GDP")
    assert "393 new vintages" in Page(browser.get(added.headers["location"]).text).words


def test_a_series_as_known_then(samples: Browser) -> None:
    """The page says in words and figures what was known, what is known, and how it was revised."""
    words = Page(samples.get(f"/s/SAMPLE/GDP?{THEN}").text).words

    assert "2008 Q4 −4.1 % as known then −7.6 % today revised by −3.5 points in 10 steps" in words
    assert "vintage 207 of 393 · published 30 Jan 2009 · 252 quarters" in words
    assert "As known on 30 Jan 2009: last −4.1 % in 2008 Q4" in words
    assert "Billions of dollars · quarterly · seasonally adjusted annual rate" in words


def test_stepping_through_vintages(samples: Browser) -> None:
    """Links lead to the vintage before and after, and to today; the rest of the state stays."""
    page = Page(samples.get(f"/s/SAMPLE/GDP?{THEN}").text)
    steps = {each["aria-label"]: each["href"] for each in page.all("a") if each.get("class") == "step" and "aria-label" in each}
    later = samples.get("/s/SAMPLE/GDP" + steps["Later vintage"].removesuffix("#chart"))

    assert steps["Earlier vintage"] == "?transform=annualized&start=2003-01-01&end=2010-12-31&vintage=206#chart"
    assert "−5.8 % as known then" in Page(later.text).words


def test_lines_for_other_tools_carry_the_state(samples: Browser) -> None:
    """Each names the series, the range and the moment; stored values are offered in each format."""
    page = Page(samples.get("/s/SAMPLE/GDP?as_of=2009-01-30&start=2008-01-01").text)

    query = "code=sample:SAMPLE/GDP&start_date=2008-01-01&as_of=2009-01-30"
    assert page.text.count(f"http://localhost:8000/data.csv?{query}") == 6
    assert page.text.count(f"http://localhost:8000/data.parquet?{query}") == 2
    assert 'quandl.get("SAMPLE/GDP", start_date="2008-01-01", as_of="2009-01-30")' in page.text
    assert "# http://localhost:8000/s/sample:SAMPLE/GDP\nimport pandas" in Page(samples.get("/s/SAMPLE/GDP").text).text
    paths = [each for each in page.addresses if "/data." in each]
    assert [samples.get(path).status_code for path in paths] == [200] * 4


def test_releases_are_coloured_by_their_revisions(samples: Browser) -> None:
    """Cells of values revised down and up have other classes, and lead to their vintages."""
    page = Page(samples.get(f"/s/SAMPLE/GDP?{THEN}").text)
    shades = {each.get("class", "")[:2] for each in page.all("td")}
    titles = [each.get("title", "") for each in page.all("a")]

    assert {"up", "dn"} < shades
    assert "27 Feb 2009: −5.8, revised by −1.7 points" in titles


def test_a_series_with_columns(samples: Browser) -> None:
    """The page shows one column and lets choose another."""
    page = Page(samples.get("/s/SAMPLE/MACRO").text)
    columns = page.all("option")
    named = Page(samples.get("/s/SAMPLE/MACRO?column=nothing").text)

    assert len(columns) > 3
    assert "The series has no column 'nothing'." in named.text


@pytest.mark.parametrize(
    ("path", "status", "said"),
    [
        ("/s/SAMPLE/NOPE", 404, "SAMPLE/NOPE is not kept here"),
        ("/s/nonsense", 400, "has no slash"),
        ("/s/SAMPLE/GDP?transform=cube", 400, "transform must be one of"),
        ("/s/SAMPLE/GDP?colunm=Value", 400, "Did you mean column?"),
        ("/s/SAMPLE/GDP?as_of=1970-01-01", 404, "It begins at 1991-12-04"),
        ("/s/SAMPLE/GDP?vintage=9999", 404, "no vintage 9999"),
        ("/s/SAMPLE/GDP?as_of=soon", 400, "is not a day or a moment"),
        ("/s/SAMPLE/GDP?start=2000-13-01", 400, "start is not a day of the calendar"),
        ("/s/SAMPLE/GDP?scale=lin", 400, "scale must be log"),
        ("/s/SAMPLE/GDP?view=history&date=1900-01-01", 400, "No vintage has a value"),
        ("/operations?status=done", 400, "status must be one of"),
        ("/find?cursor=x", 400, "cursor must be a whole number"),
    ],
)
def test_problems_are_pages_that_help(samples: Browser, path: str, status: int, said: str) -> None:
    """A browser gets a page with the message and the hint; a script that asks for a file gets the problem."""
    answer = samples.get(path)

    assert (answer.status_code, said in Page(answer.text).words) == (status, True)
    if path.startswith("/s/") and "view=" not in path:
        document = samples.get(f"{path}{'&' if '?' in path else '?'}format=json")
        assert (document.status_code, document.json["status"]) == (status, status)


def test_a_fetch_under_way() -> None:
    """The page of a series that is being fetched looks again by itself, with scripts and without."""
    browser = browser_of(waiting_use_cases())
    place = browser.post("/find", {"code": "WIKI/FB"}).headers["location"]
    page = Page(browser.get(place).text)

    assert "Being fetched" in page.words
    assert {"http-equiv": "refresh", "content": "2"} in page.all("meta")
    assert any("data-poll" in each for each in page.all("section"))


def test_a_series_that_has_ended() -> None:
    """Its page shows the data as before, and says what the provider said."""
    source = CannedSource(metadata=Metadata(name="Prices (DISCONTINUED)"))
    use_cases = memory_use_cases({"canned": source})
    use_cases.request_fetch(DatasetCode("WIKI", "FB"))
    words = Page(browser_of(use_cases).get("/s/WIKI/FB").text).words

    assert "Discontinued at its source since" in words
    assert "The provider's description says that it is discontinued. “Prices (DISCONTINUED)” (canned:WIKI/FB)" in words


def test_cancelling_and_fetching_again() -> None:
    """The buttons of the list of fetches do what they say, and lead back to it."""
    use_cases = waiting_use_cases()
    browser = browser_of(use_cases)
    browser.post("/find", {"code": "WIKI/FB"})
    [form] = [each["action"] for each in Page(browser.get("/operations").text).all("form") if "/fetches/" in each.get("action", "")]
    cancelled = browser.post(form, {"action": "cancel", "next": "/operations?status=pending"})

    assert (cancelled.status_code, cancelled.headers["location"]) == (303, "/operations?status=pending")
    assert "Cancelled" in Page(browser.get("/operations?status=cancelled").text).words
    assert browser.post(form, {"action": "retry", "next": "//evil.example"}).headers["location"] == "/"
    assert "Waiting" in Page(browser.get("/operations?status=pending").text).words


def test_colours_are_remembered(samples: Browser) -> None:
    """The switch sets a cookie, which the next page obeys."""
    answer = samples.post("/theme", {"theme": "dark", "next": "/find?query=gdp"})
    dark = samples.get("/find")
    samples.post("/theme", {"theme": "auto", "next": "/"})

    assert (answer.status_code, answer.headers["location"]) == (303, "/find?query=gdp")
    assert Page(dark.text).all("html") == [{"lang": "en", "data-theme": "dark"}]
    assert Page(samples.get("/find").text).all("html") == [{"lang": "en"}]


def test_an_unchanged_page_is_not_sent_again(samples: Browser) -> None:
    """A page has an entity tag."""
    first = samples.get("/operations/keys")
    again = samples.get("/operations/keys", headers={"If-None-Match": first.headers["etag"]})

    assert (again.status_code, again.content) == (304, b"")


def test_files_of_pages_are_kept_for_ever(samples: Browser) -> None:
    """Style sheet, scripts and icon have addresses that change with them; an old address asks again."""
    page = Page(samples.get("/s/SAMPLE/GDP").text)
    files = [each for each in page.addresses if "/static/" in each]
    answers = [samples.get(file) for file in files]

    assert len(files) == 16
    assert {answer.headers["cache-control"] for answer in answers} == {"public, max-age=31536000, immutable"}
    assert samples.get(files[0], headers={"If-None-Match": answers[0].headers["etag"]}).status_code == 304
    assert samples.get("/static/older/page.css").headers["cache-control"] == "no-cache"
    assert samples.get(files[0].rpartition("/")[0] + "/nothing.css").status_code == 404
    assert sum(len(samples.get(file, headers={"Accept-Encoding": "gzip"}).content) for file in files) < 150_000


@pytest.mark.parametrize("path", PAGES)
def test_below_a_prefix_all_links_carry_it(path: str) -> None:
    """Every address on a page begins with the prefix, redirections too."""
    browser = browser_of(sample_use_cases(), root_path="/lanner")
    added = browser.post("/find", {"code": "SAMPLE/GDP"})
    page = Page(browser.get(path).text)
    addresses = [each for each in page.addresses if not each.startswith(("?", "#"))]

    assert added.headers["location"] == "/lanner/s/sample:SAMPLE/GDP"
    assert [each for each in addresses if not each.removeprefix("http://localhost:8000").startswith("/lanner/")] == []


def test_a_page_has_a_head(samples: Browser) -> None:
    """HEAD is answered like GET, without the page."""
    answer = samples.client.simulate_head("/s/SAMPLE/GDP", headers={"Accept": HTML})

    assert (answer.status_code, answer.content) == (200, b"")


def test_a_series_is_followed_and_unfollowed(samples: Browser) -> None:
    """A button follows it, after which the page says when it is looked at next, and why then; another one ends that."""
    path = "/s/sample:SAMPLE/GDP"
    followed = samples.post(path, {"follow": "yes"})
    again = samples.post(path, {"follow": "yes"})
    page = Page(samples.get(path).text)

    assert [answer.status_code for answer in (followed, again)] == [303, 303]
    assert page.words.count("Next look in ") == page.words.count("It is looked at six hours later.") == 1
    assert "counts as fresh for" not in page.words
    assert [each["value"] for each in page.all("button") if each.get("name") == "follow"] == ["no"]
    assert "/operations/schedules" in page.addresses
    samples.post(path, {"follow": "no"})
    page = Page(samples.get(path).text)
    assert "Next look" not in page.words
    assert "/operations/schedules" not in page.addresses
    assert "counts as fresh for" in page.words
    assert [each["value"] for each in page.all("button") if each.get("name") == "follow"] == ["yes"]


def test_an_overdue_release_is_not_called_fresh() -> None:
    """Its card, and the home page, say since when it has been expected and when it is looked for next; one click looks now."""
    clock = StoppedClock()
    use_cases = memory_use_cases({"canned": CannedSource()}, store=MemoryStore(clock))
    for number in range(ScheduleQuery().limit):
        use_cases.manage_schedules.create(Selector.parse(f"OTHER{number}/*"), Rule())
    clock.forward(86_400)
    browser = browser_of(use_cases)
    browser.post("/find", {"code": "WIKI/FB", "follow": "yes"})
    assert "Fresh" in Page(browser.get("/s/canned:WIKI/FB").text).words
    with use_cases.read_series.store.writing() as uow:
        series = use_cases.describe_series.by_code(DatasetCode("WIKI", "FB"), "canned").series
        [(_, look)] = uow.schedules.following(series.id)
        overdue = NextLook(at=clock() + timedelta(hours=2), reason="It came at noon.", overdue_since=clock() - timedelta(hours=1))
        assert uow.schedules.plan(look, overdue, succeeded_at=clock(), failures=0)
        uow.commit()
    card = Page(browser.get("/s/canned:WIKI/FB").text).words
    home = Page(browser.get("/").text)

    assert "Overdue A release has been expected since" in card
    assert card.count("Next look in 2 hours, 14:00:00 UTC. It came at noon. Until it comes, looks are at most a week apart.") == 1
    assert "Fresh" not in card
    assert "A release has been expected since" in home.words
    assert [each["value"] for each in home.all("button") if each.get("name") == "action"] == ["look"]


def test_a_series_that_is_not_followed_becomes_stale() -> None:
    """Its card says so, for how long it counted as fresh, and what fetches it; no release is called overdue."""
    clock = StoppedClock()
    browser = browser_of(memory_use_cases({"canned": CannedSource()}, store=MemoryStore(clock)))
    browser.post("/find", {"code": "WIKI/FB"})
    clock.forward(hours=7)
    card = Page(browser.get("/s/canned:WIKI/FB").text).words

    assert "Stale Checked 7 hours ago" in card
    assert "It is fetched again when it is next requested. It counted as fresh for 6 hours." in card
    assert "verdue" not in card


def test_usual_revisions_are_those_of_what_is_shown(samples: Browser) -> None:
    """The card counts the dates in range, and with a chosen state its revisions until today, too; few dates have none."""
    path = "/s/sample:SAMPLE/GDP?transform=annualized"
    whole, part = (Page(samples.get(f"{path}{more}").text).words for more in ("", "&start=2003-01-01&end=2010-12-31&as_of=2009-01-30"))
    few = Page(samples.get(f"{path}&start=2010-01-01&end=2010-12-31").text).words
    level = Page(samples.get("/s/sample:SAMPLE/GDP?start=2003-01-01").text)

    assert "First release to latest, 32 quarters" in part
    assert "30 Jan 2009 to today, 24 quarters" in part
    assert part.count("mean absolute") == 2
    assert "Chosen vintage to today choose one by the slider" in whole
    assert "too few in the range that is shown" in few
    assert "Levels also change with a new base year" in level.words
    assert "?transform=rdiff&start=2003-01-01#revisions" in level.addresses
    assert "Levels also change" not in whole


def test_a_mask_that_follows_a_series_is_named() -> None:
    """It cannot be ended here; a paused one says so."""
    use_cases = sample_use_cases()
    browser = browser_of(use_cases)
    browser.post("/find", {"code": "SAMPLE/NILE"})
    state = use_cases.manage_schedules.create(Selector.parse("SAMPLE/*"), Rule())
    use_cases.manage_schedules.change(state.schedule.id, {"paused": True})
    page = Page(browser.get("/s/sample:SAMPLE/NILE").text)

    assert "Followed with SAMPLE/*, but paused." in page.words
    assert [each["value"] for each in page.all("button") if each.get("name") == "follow"] == ["yes"]
