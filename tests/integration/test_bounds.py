"""What a body may hold: levels and rows, counted without parsing it."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.provider_kit.http.body import is_self_delimiting
from adapters.provider_kit.parsing import limits
from adapters.provider_kit.parsing.limits import Bound, check_body
from domain.errors import AnswerNotUnderstood, AnswerTooLarge

TEXTS = st.text(alphabet=st.sampled_from('[]{}"\\é a,:'), max_size=12)
DOCUMENTS = st.recursive(TEXTS | st.integers(), lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=3))


def depth(document: object) -> int:
    """How many lists and objects lie inside each other."""
    if isinstance(document, dict):
        document = list(document.values())
    return 1 + max(map(depth, document), default=0) if isinstance(document, list) else 0


@given(DOCUMENTS, st.integers(1, 6), st.integers(2, 9))
def test_levels_are_counted_outside_of_texts(document, limit, size):
    """Whatever stands in its texts, and wherever a slice ends, a document deeper than the limit is refused and no other."""
    body = json.dumps([document] * 2, ensure_ascii=False).encode()
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(limits, "DEPTH", limit)
        patched.setattr(limits, "_SLICE", size)
        try:
            check_body(body)
            refused = False
        except AnswerNotUnderstood:
            refused = True

    assert refused == (1 + depth(document) > limit)


@pytest.mark.parametrize("body", [b"[" + b"{}," * 9 + b"{}]", b"a\n" * 11, b"a\r" * 11, b"<a>" + b"<b></b>" * 11 + b"</a>"])
def test_rows_are_bounded(monkeypatch, body):
    """Lists, objects, lines and elements count as rows."""
    monkeypatch.setattr(limits, "ROWS", Bound(10, "rows"))
    with pytest.raises(AnswerTooLarge, match="more than 10 rows"):
        check_body(body)
    check_body(body[: len(body) // 2])


@given(DOCUMENTS)
def test_json_shows_its_end(document):
    """A JSON object is complete as a whole, and at no byte before its last."""
    body = json.dumps({"x": document}).encode()

    assert is_self_delimiting(body)
    assert not any(is_self_delimiting(body[:cut]) for cut in range(len(body)))
