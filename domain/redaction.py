"""Redaction: find secrets in foreign texts, in every encoding in which software repeats them."""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Iterable, Iterator, Sequence
from functools import cache, cached_property
from urllib.parse import quote, quote_plus

HIDDEN = "***"
#: Shorter texts occur in other words by chance.
_SHORTEST_HEX, _SHORTEST_BASE64 = 8, 6
#: Of one character in UTF-8 with repeated escapes; the bound keeps matching linear in the text's length.
_LONGEST_ESCAPE = 120
_MOST_LATIN1 = 0xFF


def _percent(byte: int) -> str:
    """Return the pattern of a percent-encoded byte, itself escaped or not."""
    return f"%(?:25){{0,3}}{byte:02x}"


#: The first character of an escape may itself be escaped.
_BACKSLASHES = rf"(?:\\|{_percent(0x5C)}){{1,8}}"
_AMPERSAND = rf"(?:&|{_percent(0x26)}|\\{{1,8}}u0026)(?:amp(?:;|{_percent(0x3B)})){{0,3}}"
_HASH = f"(?:#|{_percent(0x23)})"


class Redactor:
    """
    Removes secrets from texts.

    They are found in upper and lower case, as hex digits, inside longer base64, and escaped as URLs, HTML, JSON and
    JavaScript do, whole or in part, once or several times. Of a secret inside longer base64, the first and last character
    may stay, which hold a few of its bits.
    """

    def __init__(self, secrets: Iterable[str]) -> None:
        self._secrets = sorted(dict.fromkeys(filter(None, secrets)), key=len, reverse=True)
        self._small = sorted({form.lower() for form in self.literals})

    def may_stand_in(self, text: str) -> bool:
        """Return False if a text, say a line of a log, certainly holds no secret: a quick check before ``text``."""
        if not self._secrets:
            return False
        small = text.lower()
        for form in self._small:
            if form in small:
                return True
        return ("%" in text or "&" in text or "\\" in text) and self._escape.search(text) is not None

    def text(self, text: str) -> str:
        """Return a text without the secrets."""
        return self._plain.sub(HIDDEN, self._escaped.sub(HIDDEN, text)) if self.may_stand_in(text) else text

    def piece(self, piece: bytes) -> bytes:
        """Return a piece of a UTF-8 body without the secrets."""
        hidden = HIDDEN.encode()
        return self._plain_bytes.sub(hidden, self._escaped_bytes.sub(hidden, piece))

    @cached_property
    def literals(self) -> Sequence[str]:
        """All encodings without escapes, in one case."""
        return [form for secret in self._secrets for form, _ in _literals(secret)]

    @cached_property
    def escapes(self) -> Sequence[str]:
        """The lower-case beginnings of all escapes of a secret's characters, each of at least two characters."""
        characters = {character for text in self.literals for character in text}
        return sorted({head.lower() for character in characters for head in _heads(character)})

    @cached_property
    def longest(self) -> int:
        """The length in bytes of the longest encoding."""
        return max((len(text.encode()) for text in self.literals), default=0) + max(map(len, self._secrets), default=0) * _LONGEST_ESCAPE

    @cached_property
    def _escape(self) -> re.Pattern[str]:
        return re.compile("|".join(map(re.escape, self.escapes)), re.IGNORECASE)

    @cached_property
    def _plain(self) -> re.Pattern[str]:
        return re.compile(self._literal_pattern())

    @cached_property
    def _plain_bytes(self) -> re.Pattern[bytes]:
        return re.compile(self._literal_pattern().encode())

    @cached_property
    def _escaped(self) -> re.Pattern[str]:
        return re.compile(self._escaped_pattern())

    @cached_property
    def _escaped_bytes(self) -> re.Pattern[bytes]:
        return re.compile(self._escaped_pattern().encode())

    def _literal_pattern(self) -> str:
        """Return the pattern of the encodings without escapes; alternatives begin with one literal letter, which the engine finds fast."""
        forms = {form: is_blind for secret in self._secrets for form, is_blind in _literals(secret)}
        rests: dict[str, list[str]] = {}
        for form in sorted(forms, key=len, reverse=True):
            rest = f"(?i:{re.escape(form[1:])})" if forms[form] else re.escape(form[1:])
            for first in _either(form[0]) if forms[form] else form[0]:
                rests.setdefault(first, []).append(rest)
        return "|".join(f"{re.escape(first)}(?:{'|'.join(behind)})" for first, behind in rests.items())

    def _escaped_pattern(self) -> str:
        """Return the pattern of the encodings with some or all characters escaped."""
        whole = [f"(?i:{''.join(map(_character, secret))})" for secret in self._secrets]
        cores = [core for secret in self._secrets for core in _base64(secret) if not core.isalnum()]
        return "|".join((*whole, *("".join(map(_digit, core)) for core in cores)))


@cache
def redactor(secrets: tuple[str, ...]) -> Redactor:
    """Return the redactor of these secrets, cached since its patterns take long to compile."""
    return Redactor(secrets)


def _literals(secret: str) -> Iterator[tuple[str, bool]]:
    """Return encodings, each with whether it is matched without regard to case."""
    yield secret, True
    for variant in _variants(secret):
        digits = variant.encode().hex()
        if len(digits) >= _SHORTEST_HEX:
            yield digits, True
    yield from ((core, False) for core in _base64(secret))


def _variants(secret: str) -> Iterable[str]:
    return dict.fromkeys((secret, quote(secret, safe=""), quote_plus(secret)))


def _base64(secret: str) -> Iterator[str]:
    """Return a secret's base64 characters that do not depend on its neighbours, for each alignment and both alphabets."""
    for variant in map(str.encode, _variants(secret)):
        for before in range(3):
            first, last = -(-before * 8 // 6), (before + len(variant)) * 8 // 6
            core = b64encode(b"\0" * before + variant).decode()[first:last]
            if len(core) >= _SHORTEST_BASE64:
                yield from dict.fromkeys((core, core.replace("+", "-").replace("/", "_")))


def _either(character: str) -> Sequence[str]:
    """Return a character in all its cases of one character."""
    return [each for each in dict.fromkeys((character, character.lower(), character.upper())) if len(each) == 1]


def _character(character: str) -> str:
    """Return the pattern of a character in either case, plain and escaped."""
    return f"(?:{'|'.join(form for each in _either(character) for form in _escapes(each))})"


def _digit(digit: str) -> str:
    return digit if digit.isalnum() else f"(?i:{_character(digit)})"


@cache
def _escapes(character: str) -> Sequence[str]:
    number = ord(character)
    short = rf"|x{number:02x}" if number <= _MOST_LATIN1 else ""
    names = "".join(rf"|{name}" for name in _names(character))
    plain = re.escape(character)
    return [
        "".join(_percent(byte) for byte in character.encode()),
        rf"{_AMPERSAND}(?:{_HASH}0{{0,6}}{number}(?![0-9])|{_HASH}x0{{0,6}}{number:x}(?![0-9a-f]){names})(?:;|{_percent(0x3B)})?",
        rf"{_BACKSLASHES}(?:u\{{0{{0,6}}{number:x}\}}{short})",
        "".join(rf"{_BACKSLASHES}u{unit}" for unit in _units(character)),
        *([r"\+", _percent(0x2B)] if character == " " else []),
        # Last, since an escape of an escape character begins with that character.
        plain if character.isalnum() else rf"(?:{_BACKSLASHES})?{plain}",
    ]


def _heads(character: str) -> Iterator[str]:
    """Return the beginnings of all escapes of a character."""
    for each in _either(character):
        yield f"%{each.encode()[0]:02x}"
        yield f"\\u{_units(each)[0]}"
        yield f"\\x{ord(each):02x}"
        yield from (f"&{name}" for name in _names(each))
        if not each.isalnum():
            yield f"\\{each}"
    yield from ("%25", "%26", "%2b", "%5c", "\\u{", "\\u0026", "&#", "&amp;#", "&amp;amp;")


def _units(character: str) -> Sequence[str]:
    """Return a character's UTF-16 code units in hex."""
    digits = character.encode("utf-16-be").hex()
    return [digits[place : place + 4] for place in range(0, len(digits), 4)]


@cache
def _names(character: str) -> Sequence[str]:
    """Return a character's names in HTML."""
    if character.isalnum():
        return []
    from html.entities import html5

    return sorted({name.removesuffix(";") for name, meaning in html5.items() if meaning == character}, key=len, reverse=True)
