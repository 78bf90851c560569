"""Charts in frames: who may show them, what they hold, and what they are where keys are required."""

from __future__ import annotations

import re
from urllib.parse import unquote

import pytest

from domain.api_keys import Scope
from entrypoints.web.pages import embed
from tests.builders import CannedSource, memory_use_cases
from tests.entrypoints.web.conftest import Browser, Page, browser_of, sample_use_cases

VIEWS = [
    "/embed/s/SAMPLE/GDP?transform=annualized&as_of=2009-01-30&start=2003-01-01",
    "/embed/s/sample:SAMPLE/MACRO?column=cpi&theme=dark",
    "/embed/s/SAMPLE/GDP?as_of=2009-01-30&start=2003-01-01&fan=6",
    "/embed/compare?s=SAMPLE/GDP&s=SAMPLE/MACRO;column=2;axis=right&index=2000",
    "/embed/compare?s=SAMPLE/GDP&s=SAMPLE/MACRO&view=scatter",
]


def ancestors(policy: str) -> str:
    return policy.partition("frame-ancestors ")[2]


@pytest.mark.parametrize("path", VIEWS)
def test_a_frame_has_the_chart_alone(samples: Browser, path: str) -> None:
    """Title, chart, source and a link to the page of the same view; no form, no script, no key's name; each picture is that of the page."""
    answer = samples.get(path)
    page = Page(answer.text)
    full = unquote(next(each["href"] for each in page.all("a")))

    assert answer.status_code == 200
    assert (page.all("form"), page.all("script"), page.all("input")) == ([], [], [])
    assert len(page.all("h1")) == len(page.all("main")) == 1
    assert "Source: " in page.words
    assert page.all("a") == [{"href": page.all("a")[0]["href"], "target": "_blank", "rel": "noopener"}]
    assert full.startswith(path.removeprefix("/embed").partition("?")[0].replace("/s/SAMPLE", "/s/sample:SAMPLE"))
    shown = samples.get(full)
    assert shown.status_code == 200
    assert "theme" not in full
    narrow = re.search(r'<svg[^>]*class="chart narrow".*?</svg>', answer.text, re.DOTALL)
    assert narrow is not None
    assert narrow[0] in shown.text


def test_by_default_no_other_site_may_show_a_chart(samples: Browser) -> None:
    """Frames are for this service's own pages, other pages for none at all."""
    framed = samples.get(VIEWS[0]).headers["content-security-policy"]

    assert ancestors(framed) == "'self'"
    assert "form-action 'none'" in framed
    assert "unsafe" not in framed
    assert ancestors(samples.get("/s/SAMPLE/GDP").headers["content-security-policy"]) == "'none'"
    assert ancestors(samples.get("/compare").headers["content-security-policy"]) == "'none'"


def test_the_setting_names_the_sites() -> None:
    """The sites that are set, and only for frames; a problem is shown in the frame too."""
    browser = browser_of(sample_use_cases(), embed_origins=["https://blog.example.org", "http://localhost:3000"])
    browser.post("/find", {"code": "SAMPLE/GDP"})
    paths = [VIEWS[0], "/embed/s/SAMPLE/NOPE", "/embed/compare?s=nonsense", "/embed/compare"]
    answers = [browser.get(path) for path in paths]

    assert [answer.status_code for answer in answers] == [200, 404, 400, 400]
    assert {ancestors(answer.headers["content-security-policy"]) for answer in answers} == {
        "'self' https://blog.example.org http://localhost:3000"
    }
    assert all("This chart cannot be shown here" in Page(answer.text).words for answer in answers[1:])
    for path in ("/", "/s/SAMPLE/GDP", "/compare?s=SAMPLE/GDP", "/s/SAMPLE/GDP?format=svg", "/operations"):
        assert ancestors(browser.get(path).headers["content-security-policy"]) == "'none'"


def test_colours_are_chosen_by_the_frame(samples: Browser) -> None:
    """A frame of another site has no cookie of ours, so its address says light or dark."""
    assert Page(samples.get(f"{VIEWS[0]}&theme=light").text).all("html") == [{"lang": "en", "data-theme": "light"}]
    assert Page(samples.get(VIEWS[0]).text).all("html") == [{"lang": "en"}]
    assert samples.get(f"{VIEWS[0]}&theme=pink").status_code == 400


def test_with_keys_a_frame_needs_one_too() -> None:
    """Without a session there is neither the chart nor a sign-in, which no frame should hold; with one there is the chart."""
    use_cases = memory_use_cases({"canned": CannedSource()})
    token = use_cases.manage_keys.create("reader", [Scope.READ, Scope.FETCH])[1]
    browser = browser_of(use_cases, keys_required=True, embed_origins=["https://blog.example.org"])
    refused = [browser.get(path) for path in ("/embed/s/X/Y", "/embed/compare?s=X/Y", "/embed/s/X/Y?theme=dark")]

    assert {answer.status_code for answer in refused} == {401}
    assert all("It needs a key" in Page(answer.text).words and not Page(answer.text).all("form") for answer in refused)
    assert "/s/X/Y" in Page(refused[2].text).addresses
    browser.post("/sign-in", {"token": token})
    browser.post("/find", {"code": "X/Y"})
    assert browser.cookies
    assert browser.get("/embed/s/X/Y").status_code == browser.get("/embed/compare?s=X/Y").status_code == 200


def test_below_a_prefix_frames_carry_it() -> None:
    """All addresses in a frame, and the frame that the page offers, begin with the prefix."""
    browser = browser_of(sample_use_cases(), root_path="/lanner")
    browser.post("/find", {"code": "SAMPLE/GDP"})
    frames = [Page(browser.get(path).text) for path in ("/embed/s/SAMPLE/GDP", "/embed/compare?s=SAMPLE/GDP", "/embed/s/SAMPLE/NOPE")]
    page = browser.get("/compare?s=SAMPLE/GDP&start=2000-01-01")

    assert [address for frame in frames for address in frame.addresses if not address.startswith("/lanner/")] == []
    assert 'src="http://localhost:8000/lanner/embed/compare?s=SAMPLE/GDP&amp;start=2000-01-01"' in page.text.replace("&#34;", '"')


@pytest.mark.parametrize("parameters", [embed._OF_SERIES, embed._OF_COMPARISON], ids=["series", "comparison"])
def test_a_frame_takes_no_file_or_search(parameters: object) -> None:
    """What only pages have is refused."""
    assert not {"format", "query", "pixels", "date"} & set(parameters)  # type: ignore[call-overload]
