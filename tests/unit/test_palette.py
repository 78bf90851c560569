"""The colours of several series: they stay apart, on light and dark pages, for all eyes."""

from __future__ import annotations

import re
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest

import entrypoints.web
from entrypoints.web.charts.palette import DASHES, MOST, SERIES_COLOURS

CSS = (Path(entrypoints.web.__file__).parent / "static" / "chart.css").read_text()
PAGE = (Path(entrypoints.web.__file__).parent / "static" / "page.css").read_text()
#: Linear RGB as eyes without one kind of cones see it (Machado, Oliveira and Fernandes, 2009, severity 1).
EYES = {
    "all cones": np.eye(3),
    "protanopia": np.array([[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]),
    "deuteranopia": np.array([[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]]),
    "tritanopia": np.array([[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]]),
}
#: Linear RGB to Oklab (Ottosson, 2020).
TO_CONES = np.array(
    [[0.4122214708, 0.5363325363, 0.0514459929], [0.2119034982, 0.6806995451, 0.1073969566], [0.0883024619, 0.2817188376, 0.6299787005]]
)
TO_LAB = np.array(
    [[0.2104542553, 0.7936177850, -0.0040720468], [1.9779984951, -2.4285922050, 0.4505937099], [0.0259040371, 0.7827717662, -0.8086757660]]
)


def themes() -> dict[str, list[dict[str, str]]]:
    found = [
        dict(re.findall(r"--(c[0-9]+): (#[0-9a-f]{6})", block)) for block in re.findall(r"--c1:.*?--c12: #[0-9a-f]{6}", CSS, re.DOTALL)
    ]
    return {"light": found[:1], "dark": found[1:]}


def linear(colour: str) -> np.ndarray:
    value = np.array([int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)])
    return np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4)


def contrast(first: str, second: str) -> float:
    low, high = sorted(float(linear(colour) @ [0.2126, 0.7152, 0.0722]) for colour in (first, second))
    return (high + 0.05) / (low + 0.05)


def distance(first: str, second: str, eyes: np.ndarray) -> float:
    seen = [TO_LAB @ np.cbrt(TO_CONES @ np.clip(eyes @ linear(colour), 0, 1)) for colour in (first, second)]
    return float(np.linalg.norm(seen[0] - seen[1]))


def test_pages_and_files_have_the_same_roles() -> None:
    """Files have the colours of light pages; both ways to a dark page have the same ones."""
    found = themes()

    assert found["light"] == [SERIES_COLOURS]
    assert len(found["dark"]) == 2
    assert found["dark"][0] == found["dark"][1]
    assert list(found["dark"][0]) == [f"c{number}" for number in range(1, MOST + 1)]
    papers = re.findall(r"--paper: (#[0-9a-f]+)", PAGE)
    assert papers == ["#fff", "#14171c", "#14171c"]


@pytest.mark.parametrize(("theme", "paper"), [("light", "#ffffff"), ("dark", "#14171c")])
def test_lines_stand_out(theme: str, paper: str) -> None:
    """Each has a contrast of at least 3 to 1 to the page (WCAG 2.2, 1.4.11)."""
    assert {role: contrast(colour, paper) for role, colour in themes()[theme][0].items() if contrast(colour, paper) < 3} == {}


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("eyes", EYES)
def test_no_two_look_alike(theme: str, eyes: str) -> None:
    """Any two colours differ clearly, and at most four curves have the same dashes."""
    colours = themes()[theme][0]
    near = {pair: distance(colours[pair[0]], colours[pair[1]], EYES[eyes]) for pair in combinations(colours, 2)}

    assert {pair: size for pair, size in near.items() if size < 0.06} == {}
    assert {pair: size for pair, size in near.items() if DASHES[pair[0]] == DASHES[pair[1]] and size < 0.09} == {}
    assert [list(DASHES.values()).count(dashes) for dashes in dict.fromkeys(DASHES.values())] == [4, 4, 4]
