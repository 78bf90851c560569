"""Words that this project used for things which have a usual name: see docs/glossary.md for those in use."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from tests.architecture.source import ROOT

#: What each was called, and what it is called now.
RETIRED = {
    "bell": "notification",
    "doorbell": "notification",
    "ring": "notify, notification",
    "rung": "notified",
    "leash": "shutdown pipe",
    "glance": "version reader",
    "gathering": "collector",
    "holdings": "lease table",
    "quandl door": "the Quandl-compatible API",
}
_FORMS = r"door ?bells?|bells?|ring(?:s|ing)?|rung|leash(?:es)?|glances?|gatherings?|holdings|quandl(?:'s)? door"
_RETIRED = re.compile(rf"\b(?:{_FORMS})\b")
#: Where a word of an identifier ends: at an underscore, or before a capital.
_SEAM = re.compile(r"_|(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")

ROOMS = ("domain", "adapters", "entrypoints", "config", "tests", "docs", ".ci", ".")
ENDINGS = (".py", ".md", ".yml", ".conf", ".sql", ".toml", ".json", "file", "run")
#: What others wrote, what providers sent, and what must be able to name the words.
EXCEPTED = ("CHANGELOG.md", "entrypoints/rest/swagger/", "tests/payloads/", "tests/architecture/test_retired_words.py")


def written(room: str) -> Iterator[str]:
    """Name every file of a room, or of the root alone."""
    for path in sorted((ROOT / room).glob("*") if room == "." else (ROOT / room).rglob("*")):
        name = str(path.relative_to(ROOT))
        if path.is_file() and name.endswith(ENDINGS) and not name.startswith(EXCEPTED):
            yield name


def retired_in(text: str, *, start: int = 1) -> Iterator[tuple[int, str]]:
    for number, line in enumerate(text.splitlines(), start):
        yield from ((number, found[0]) for found in _RETIRED.finditer(_SEAM.sub(" ", line).lower()))


@pytest.mark.parametrize("room", ROOMS)
def test_no_retired_word_is_used(room: str) -> None:
    """No file's name, identifier, docstring, comment, message, log event or page says one of them."""
    found = [
        f"{name}:{number}: {word}"
        for name in written(room)
        for number, word in retired_in(f"{name}\n{(ROOT / name).read_text(errors='replace')}", start=0)
    ]

    assert found == [], "\n" + "\n".join(found)


def test_words_of_identifiers_are_told_apart() -> None:
    """A word is found in any spelling of a name, but not within another word."""
    text = "string = labelled(spring)\nself._ring(CeleryBell, die_when_ringing)\n# the Quandl door\nHOLDINGS"

    assert list(retired_in(text)) == [(2, "ring"), (2, "bell"), (2, "ringing"), (3, "quandl door"), (4, "holdings")]
    assert all(_RETIRED.fullmatch(word) for word in RETIRED)
