"""Searching with scripts: providers are asked by themselves, those without an answer take one line, and keys act on hits."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.acceptance.running import Lanner

pytestmark = [pytest.mark.browser, pytest.mark.slow]

SOON = 20_000


def searched(page: Page, service: Lanner, words: str) -> None:
    """Search, and wait until all providers have been asked."""
    page.goto(f"{service.address}/find?query={words}")
    page.wait_for_selector("lanner-search .dot.ok", timeout=SOON, state="attached")
    expect(page.get_by_role("status")).not_to_contain_text("0 found", timeout=SOON)
    page.wait_for_function("() => !document.querySelector('[role=status] .busy')", timeout=60_000)


def test_providers_without_an_answer_take_one_line(service: Lanner, page: Page) -> None:
    """Only hits have cards; the line opens to the reasons."""
    searched(page, service, "sunspot")
    silent = page.locator(".silent")
    count = silent.locator(".group").count()
    box = silent.bounding_box()

    assert page.locator(".groups .group").count() == page.locator(".groups .group:has(.hit)").count() >= 1
    assert count > 1
    assert box
    assert box["height"] < 40
    expect(silent.locator("summary")).to_have_text(f"{count} providers did not answer")
    silent.locator("summary").click()
    expect(silent.locator(".group").first).to_be_visible()


def test_f_follows(new_service: Lanner, page: Page) -> None:
    """On a hit it adds and follows, on the page of a series it follows."""
    searched(page, new_service, "nile")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("f")
    expect(page.get_by_role("button", name="Unfollow")).to_be_visible(timeout=SOON)
    page.get_by_role("button", name="Unfollow").click()
    expect(page.get_by_role("button", name="Follow", exact=True)).to_be_visible()
    page.keyboard.press("f")

    expect(page.get_by_role("button", name="Unfollow")).to_be_visible()
    expect(page.locator("#fresh")).to_contain_text("Next look")
