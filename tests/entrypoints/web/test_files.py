"""Views as files: pictures that stand alone, PNG where it can be drawn, and what pages say of themselves to others."""

from __future__ import annotations

import hashlib
import io
import re
import xml.etree.ElementTree as ET
from datetime import date
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
from markupsafe import Markup
from PIL import Image

import entrypoints.web
from domain.observations import Observations
from domain.series import Metadata
from entrypoints.web.charts import png
from entrypoints.web.charts.markup import COLOURS, FONT
from entrypoints.web.charts.palette import DASHED, DASHES, SERIES_COLOURS
from entrypoints.web.charts.sheet import Key, Sheet, sheet_svg
from tests.builders import CannedSource, memory_use_cases
from tests.entrypoints.web.conftest import Browser, Page, browser_of, sample_use_cases

KEPT = Path(__file__).parent / "pictures"
FONTS = Path(entrypoints.web.__file__).parent / "fonts"
SVG = "{http://www.w3.org/2000/svg}"
PICTURES = {
    "series": "/s/SAMPLE/GDP?transform=annualized&as_of=2009-01-30&start=2003-01-01&end=2010-12-31",
    "comparison": "/compare?s=SAMPLE/GDP&s=SAMPLE/MACRO;column=unemp;axis=right&start=2000-01-01&index=2000",
    "twelve": "/compare?index=1990&start=1980-01-01&" + "&".join(f"s=SAMPLE/MACRO;column={number}" for number in range(1, 13)),
    "scatter": "/compare?s=SAMPLE/MACRO;column=infl&s=SAMPLE/MACRO;column=unemp&view=scatter",
    "spread": "/compare?s=SAMPLE/MACRO;column=tbilrate&s=SAMPLE/MACRO;column=infl&view=spread",
}
can_draw = pytest.mark.skipif(find_spec("resvg_py") is None, reason="the extra png is not installed")


@pytest.mark.parametrize("name", list(PICTURES)[1:])
def test_a_picture_of_a_comparison_is_the_kept_one(samples: Browser, name: str) -> None:
    """The same view is the same picture, byte for byte."""
    answer = samples.get(f"{PICTURES[name]}&format=svg")
    file = KEPT / f"{name}.svg"
    if not file.exists():
        file.write_bytes(answer.content)
        pytest.fail(f"{file} was written anew: look at it.")

    assert answer.headers["content-type"] == "image/svg+xml"
    assert answer.text == file.read_text()


def test_a_dashed_curve_is_dashed_in_the_legend() -> None:
    """As it is in the chart, so that another state of a column is told from today's."""
    keys = [Key(role="c1", label="a"), Key(role="c1", label="a then", dashed=True)]
    svg = sheet_svg(Sheet(title="T", subtitle="", legend=keys, source=""), Markup("<svg></svg>"))

    assert re.findall(r'stroke-width="3"(?: stroke-dasharray="([^"]+)")?', svg) == ["", DASHED]


@can_draw
@pytest.mark.parametrize("name", PICTURES)
def test_png_is_the_kept_one_but_for_a_hundredth(samples: Browser, name: str) -> None:
    """At most one pixel in a hundred differs from the kept picture, and text is there."""
    answer = samples.get(f"{PICTURES[name]}&format=png")
    file = KEPT / f"{name}.png"
    if not file.exists():
        file.write_bytes(answer.content)
        pytest.fail(f"{file} was written anew: look at it.")
    drawn, kept = (np.asarray(Image.open(io.BytesIO(content)).convert("RGB"), dtype=int) for content in (answer.content, file.read_bytes()))

    assert answer.headers["content-type"] == "image/png"
    assert drawn.shape == kept.shape
    assert drawn.shape[1] == 1600
    assert (np.abs(drawn - kept).max(axis=2) > 16).mean() < 0.01
    # The title's line has ink of the title's colour; without a font it would be blank.
    ink = np.array([int(COLOURS["ink"][place : place + 2], 16) for place in (1, 3, 5)])
    assert (np.abs(drawn[28:70] - ink).max(axis=2) < 24).sum() > 500


@can_draw
def test_png_needs_no_font_of_the_machine() -> None:
    """Only the shipped font is used, whatever a picture names, so that it is the same file everywhere; Greek and Cyrillic are in it."""
    text = '<svg xmlns="http://www.w3.org/2000/svg" width="200" height="40"><text x="2" y="25" font-family="{}">{}</text></svg>'

    def drawn(family: str, word: str) -> np.ndarray:
        return np.asarray(Image.open(io.BytesIO(png.png_of(text.format(family, word)))))

    assert (drawn(FONT, "Ωмега") == drawn("DejaVu Sans", "Ωмега")).all()
    assert drawn(FONT, "Ωмега")[..., 3].any()
    assert not drawn("DejaVu Serif", "Ωмега")[..., 3].any()


@pytest.mark.parametrize("path", ["/s/SAMPLE/GDP", "/compare?s=SAMPLE/GDP"])
def test_without_the_extra_it_is_said_what_to_install(samples: Browser, monkeypatch: pytest.MonkeyPatch, path: str) -> None:
    """PNG is refused with the name of the extra, is not offered, and links to the page have no picture; SVG works as ever."""
    monkeypatch.setattr(png, "find_spec", lambda name: None)
    joint = "&" if "?" in path else "?"
    refused = samples.get(f"{path}{joint}format=png")
    page = Page(samples.get(path).text)

    assert (refused.status_code, refused.json["code"]) == (501, "png_not_installed")
    assert "lanner[png]" in refused.json["hint"]
    assert samples.client.simulate_get("/problems/png_not_installed").json["status"] == 501
    assert not [each for each in page.addresses if "format=png" in each]
    assert not [each for each in page.all("meta") if each.get("property") == "og:image"]
    assert samples.get(f"{path}{joint}format=svg").status_code == 200


def test_the_font_is_what_its_makers_released() -> None:
    """The font and its licence are those of DejaVu 2.37, unchanged."""
    digests = {file.name: hashlib.sha256(file.read_bytes()).hexdigest() for file in FONTS.iterdir()}

    assert digests == {
        "DejaVuSans.ttf": "7da195a74c55bef988d0d48f9508bd5d849425c1770dba5d7bfc6ce9ed848954",
        "LICENSE-DejaVu.txt": "7a083b136e64d064794c3419751e5c7dd10d2f64c108fe5ba161eae5e5958a93",
    }


@pytest.mark.parametrize("name", PICTURES)
def test_a_picture_stands_alone(samples: Browser, name: str) -> None:
    """It has size, background, title, legend and source, and every mark has its colour as an attribute."""
    root = ET.fromstring(samples.get(f"{PICTURES[name]}&format=svg").content)  # noqa: S314 - our own
    texts = [each.text or "" for each in root.iter(f"{SVG}text")]

    assert (root.get("width"), root[0].get("fill")) == ("800", "#ffffff")
    assert any("Source: " in text for text in texts)
    for tag in ("path", "rect", "circle", "text"):
        assert [each.attrib for each in root.iter(f"{SVG}{tag}") if not (each.get("stroke") or each.get("fill"))] == []
    assert list(root.iter(f"{SVG}style")) == []
    if name == "twelve":
        lines = [each for each in root.iter(f"{SVG}path") if (each.get("class") or "").endswith(" line")]
        assert [(each.get("stroke"), each.get("stroke-dasharray")) for each in lines] == [
            (SERIES_COLOURS[role], DASHES[role]) for role in SERIES_COLOURS
        ]


def test_any_name_makes_a_valid_picture() -> None:
    """Control characters, which XML has no place for, and markup are text or are replaced; names of any length stay inside."""
    name = "control \x07 <script>alert(1)</script> & ]]> \x1b \ufffe " + "very long " * 60
    metadata = Metadata(name=name, unit="<b>\x0c", source="\x01" + name)
    states = Observations.of([date(2024, 1, 1), date(2024, 2, 1)], ["<i>\x02", "b;c"], [[1, 2], [3, 4]])
    browser = browser_of(memory_use_cases({"canned": CannedSource(observations=states, metadata=metadata)}))
    browser.post("/find", {"code": "X/Y"})

    for path in ("/s/X/Y?", "/compare?s=X/Y&s=X/Y;column=2&"):
        svg = browser.get(f"{path}format=svg")
        root = ET.fromstring(svg.content)  # noqa: S314 - our own
        assert {each.tag for each in root.iter()} <= {f"{SVG}{tag}" for tag in ("svg", "rect", "text", "path", "circle", "title", "desc")}
        assert max(len(each.text or "") for each in root.iter(f"{SVG}text")) < 140
        if png.can_draw():
            assert browser.get(f"{path}format=png").status_code == 200


@pytest.mark.parametrize(("prefix", "path"), [("", "/s/SAMPLE/GDP?start=2000-01-01"), ("/lanner", "/compare?s=SAMPLE/GDP&index=2000")])
def test_links_to_a_page_show_its_picture(prefix: str, path: str) -> None:
    """Title, description and the address of the picture are there for link previews, with the prefix; the picture is there."""
    browser = browser_of(sample_use_cases(), root_path=prefix)
    browser.post("/find", {"code": "SAMPLE/GDP"})
    page = Page(browser.get(path).text)
    told = {each["property"]: each["content"] for each in page.all("meta") if "property" in each}
    origin = f"http://localhost:8000{prefix}"

    assert told["og:title"].startswith("Gross Domestic Product")
    assert "2024 Q3" in told["og:description"]
    assert len(told["og:description"]) <= 300
    assert told["og:url"].startswith(f"{origin}/")
    if png.can_draw():
        assert told["og:image"] == f"{told['og:url']}&format=png"
        assert browser.get(told["og:image"].removeprefix(origin)).headers["content-type"] == "image/png"


def test_an_unchanged_file_is_not_sent_again(samples: Browser) -> None:
    """A file has an entity tag, and its name."""
    first = samples.get("/compare?s=SAMPLE/GDP&format=csv")
    again = samples.get("/compare?s=SAMPLE/GDP&format=csv", headers={"If-None-Match": first.headers["etag"]})

    assert (again.status_code, again.content) == (304, b"")
    assert first.headers["content-disposition"] == 'inline; filename="comparison.csv"'
