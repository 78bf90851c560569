"""Secrets are found in every spelling in which software repeats them, and nothing else is touched."""

from __future__ import annotations

import html
import json
import random
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Callable, Mapping
from time import thread_time
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.provider_kit.http.redaction import BodyRedactor
from domain.redaction import HIDDEN, Redactor

KEYS = ("c4naryKEY0123456789", "0123456789abcdef0123456789abcdef", "cän ary+key/0123?456&=\"'<~>", "sk-Live_9a.8B~7C:d6")
#: Software that repeats a key.
SPELLINGS: Mapping[str, Callable[[str], str]] = {
    "as it is": str,
    "capitals": str.upper,
    "small letters": str.lower,
    "the other case": str.swapcase,
    "a URL's part": lambda key: quote(key, safe=""),
    "a URL's path": quote,
    "a form": quote_plus,
    "a form in small letters": lambda key: quote_plus(key).lower(),
    "every character in percent": lambda key: "".join(f"%{byte:02x}" for byte in key.encode()),
    "every character in percent, capitals": lambda key: "".join(f"%{byte:02X}" for byte in key.encode()),
    "percent twice": lambda key: quote(quote(key, safe=""), safe=""),
    "every character in percent twice": lambda key: quote("".join(f"%{byte:02x}" for byte in key.encode()), safe=""),
    "percent three times": lambda key: quote(quote(quote(key, safe=""), safe=""), safe=""),
    "hex digits": lambda key: key.encode().hex(),
    "hex digits in capitals": lambda key: key.encode().hex().upper(),
    "HTML": html.escape,
    "HTML twice": lambda key: html.escape(html.escape(key)),
    "HTML, decimal": lambda key: "".join(f"&#{ord(character)};" for character in key),
    "HTML, padded": lambda key: "".join(f"&#{ord(character):05};" for character in key),
    "HTML, hex": lambda key: "".join(f"&#x{ord(character):x};" for character in key),
    "HTML, hex in capitals": lambda key: "".join(f"&#X{ord(character):X};" for character in key),
    "JSON": lambda key: json.dumps(key)[1:-1],
    "JSON with slashes as PHP writes it": lambda key: json.dumps(key)[1:-1].replace("/", "\\/"),
    "JSON in JSON": lambda key: json.dumps(json.dumps(key))[1:-1],
    "JSON, every character": lambda key: "".join(f"\\u{ord(character):04x}" for character in key),
    "JSON, every character, capitals": lambda key: "".join(f"\\u{ord(character):04X}" for character in key),
    "JavaScript": lambda key: "".join(f"\\x{ord(character):02x}" for character in key),
    "base64": lambda key: b64encode(key.encode()).decode(),
    "base64 without padding": lambda key: b64encode(key.encode()).decode().rstrip("="),
    "base64 for URLs": lambda key: urlsafe_b64encode(key.encode()).decode(),
    "base64 of what a form sends": lambda key: b64encode(quote_plus(key).encode()).decode(),
    "base64 in a URL": lambda key: quote_plus(b64encode(key.encode())),
    "base64 in JSON as PHP writes it": lambda key: b64encode(key.encode()).decode().replace("/", "\\/"),
    **{
        f"base64 with {before} before and {behind} behind": lambda key, before=before, behind=behind: b64encode(  # type: ignore[misc]
            b"u" * before + key.encode() + b":" * behind
        ).decode()
        for before in range(4)
        for behind in range(3)
    },
}
TEXT = "GET /x?id=GDP&y=a%20b says &quot;caf\\u00e9&quot; of 2024-01-01 "


def remains(key: str, found: str, before: str, behind: str) -> bool:
    """Whether more is left of a key than the first and last character of its base64."""
    assert found.startswith(before)
    assert found.endswith(behind)
    return len(found[len(before) : len(found) - len(behind)].replace(HIDDEN, "").strip("=")) > 8 + len("u:")


@pytest.mark.parametrize("key", KEYS, ids=range(len(KEYS)))
@pytest.mark.parametrize("spelling", SPELLINGS)
def test_a_secret_is_taken_out_of_texts_and_bodies(key: str, spelling: str) -> None:
    """In every spelling, wherever it stands; what stands around stays."""
    spelled = SPELLINGS[spelling](key)
    texts, bodies = Redactor([key]), BodyRedactor([key])
    for shift in range(9):
        before, behind = f"{TEXT}{'.' * shift} ", f" {TEXT}"
        for around in ((before, behind), (before, ""), ("", behind), ("", "")):
            text = spelled.join(around)
            found = texts.text(text)

            assert HIDDEN in found
            assert not remains(key, found, *around)
            assert bodies.body(text.encode()).decode() == found


@settings(max_examples=300, deadline=None)
@given(data=st.data(), key=st.text(st.characters(min_codepoint=33, exclude_categories=["Cs"]), min_size=12, max_size=30))
def test_any_mixture_of_escapes_is_found(data: st.DataObject, key: str) -> None:
    """Some characters may be escaped one way, some another."""
    ways = [str, lambda each: "".join(f"%{byte:02X}" for byte in each.encode()), lambda each: f"&#{ord(each)};"]
    ways += [lambda each: json.dumps(f"\0{each}")[7:-1], lambda each: f"&#x{ord(each):X};", lambda each: f"\\u{{{ord(each):x}}}"]
    spelled = "".join(data.draw(st.sampled_from(ways))(character) for character in key)
    before, behind = data.draw(st.tuples(st.text("ab<> ", max_size=9), st.text("ab<> ", max_size=9)))
    text = f"{before}~{spelled}~{behind}"

    assert Redactor([key]).text(text) == f"{before}~{HIDDEN}~{behind}"
    assert BodyRedactor([key]).body(text.encode()).decode() == f"{before}~{HIDDEN}~{behind}"


@pytest.mark.parametrize(("mark", "escaped"), [("%", "%25"), ("\\", "\\u{5c}"), ("\\", "\\u005c"), ("&", "&amp;"), ("&", "&#38;")])
def test_an_escape_of_what_escapes_begin_with_is_taken_out_whole(mark: str, escaped: str) -> None:
    """Though its first character alone would end the secret too."""
    key = f"c4nary-of-a-key{mark}"
    text = f"key={key[:-1]}{escaped} is wrong"

    assert Redactor([key]).text(text) == f"key={HIDDEN} is wrong"
    assert BodyRedactor([key]).body(text.encode()).decode() == f"key={HIDDEN} is wrong"


def test_many_secrets_in_one_body() -> None:
    """Each is taken out, however many there are and however far apart."""
    chance = random.Random(1)
    spelled = [SPELLINGS[name](key) for key in KEYS for name in ("as it is", "hex digits", "JSON, every character", "a form")]
    parts = [chance.choice(spelled) if number % 2 else "x," * chance.randrange(3000) for number in range(300)]
    found = BodyRedactor(KEYS).body("|".join(parts).encode()).decode()

    assert found.split("|") == [HIDDEN if number % 2 else part for number, part in enumerate(parts)]


@pytest.mark.parametrize("text", ["", "c4nary", "%63%34nary", "YzRuYXJ5", TEXT, "&" * 50, "%" * 50, "\\" * 50, "ä" * 50])
def test_other_texts_stay(text: str) -> None:
    """A part of a secret is none, and what has no secret comes back as it is."""
    assert Redactor(KEYS).text(text) == text
    assert BodyRedactor(KEYS).body(text.encode()) == text.encode()
    assert Redactor([""]).text(text) == text
    assert BodyRedactor([]).body(text.encode()) == text.encode()


def test_short_secrets_stay_in_bodies() -> None:
    """One of fewer than twelve characters may stand there by chance; in texts it is taken out, but not as bits of other words."""
    assert BodyRedactor(["demo", "12345678901"]).body(b"demo 12345678901") == b"demo 12345678901"
    assert Redactor(["demo", "ab"]).text("Demo %64emo 64656d6f ab 6162 YWI") == f"{HIDDEN} {HIDDEN} {HIDDEN} {HIDDEN} 6162 YWI"


def test_the_longest_secret_is_taken_out_first() -> None:
    """One that begins with another leaves no end of itself behind, escaped or not."""
    assert Redactor(["abcd", "abcd-t/ail"]).text("abcd-t/ail abcd-t%2Fail abcd") == f"{HIDDEN} {HIDDEN} {HIDDEN}"


def test_a_body_without_a_secret_costs_next_to_nothing() -> None:
    """Of 1.3 MB, as of a long series: less than a thousandth part of a second on an idle machine."""
    row = '["2024-01-01",101.25,103.5,0.0001,1e-05],'
    body = f'{{"name":"50 % of \\"A & B\\"","data":[{row * (1_300_000 // len(row))}]}}'.encode()
    redactor = BodyRedactor([KEYS[0]])

    assert redactor.body(body) is body
    assert min(seconds(lambda: redactor.body(body)) for _ in range(20)) < 0.003


def seconds(run: Callable[[], object]) -> float:
    begun = thread_time()
    run()
    return thread_time() - begun
