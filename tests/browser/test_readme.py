"""The picture on the README's first screen: the page as it is, from a sample; ``make picture`` draws it anew."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.acceptance.running import Lanner
from tests.browser.conftest import Browse
from tests.browser.pages import THEN
from tests.servers import SETTINGS

pytestmark = pytest.mark.browser

ROOT = Path(__file__).parents[2]
PICTURE = ROOT / "docs" / "pictures" / "series.png"
SIZE = {"width": 1240, "height": 832}
MOST_BYTES = 200_000


def test_the_picture_is_of_this_page(service: Lanner, browse: Browse) -> None:
    """What the README's picture shows and its text says is on the page, at the picture's size; the file is small."""
    page = browse(viewport=SIZE)
    page.goto(service.address + THEN, wait_until="networkidle")
    expect(page.locator("#picture .read")).to_contain_text("2008 Q4 −4.1 % as known then −7.6 % today")
    expect(page.locator("#which")).to_be_in_viewport()
    if SETTINGS.get("LANNER_TEST_PICTURES") == "write":
        page.screenshot(path=PICTURE, animations="disabled")
    content = PICTURE.read_bytes()

    assert f"]({PICTURE.relative_to(ROOT)})" in (ROOT / "README.md").read_text().partition("\n## ")[0]
    assert len(content) < MOST_BYTES
    # Width and height stand in the first chunk of a PNG (RFC 2083, 4.1.1).
    assert (int.from_bytes(content[16:20]), int.from_bytes(content[20:24])) == tuple(SIZE.values())
