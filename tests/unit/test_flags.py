"""Flags go with their values through every cut, difference and block; without them nothing is another than before there were any."""

from __future__ import annotations

import hashlib
import struct
import zlib
from datetime import date
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.sql.vintage_blocks.codec import FLAGGED, PCODEC, PCODEC_WITH_FLAGS, ZLIB, ZLIB_WITH_FLAGS, Block, check_size, decode, encode
from domain.deltas import difference, replay
from domain.errors import InvalidObservations
from domain.flags import Flags, stacked
from domain.observations import Observations, Unit
from domain.revisions import revision
from domain.window import Window
from tests.fakes import NAN

CODES = st.sampled_from(["", "", "p", "b", "B E", "CONF_C", "é"])
CELLS = st.tuples(st.sampled_from([NAN, 0.0, -0.0, 1.0]), CODES)
ROWS = st.dictionaries(st.integers(0, 12), st.tuples(CELLS, CELLS), max_size=10)
Rows = dict[int, tuple[tuple[float, str], tuple[float, str]]]

#: Digests of the code before there were flags.
OF_TWO_COLUMNS = "e45c190b64680ea8e4a4c775a689c34c772fd614c0638dd0d3b928e1944c046a"
OF_A_SECOND = "1e0060e3fa36a05071c3e7db882ea209c7eb8e4f44136415d300edf80d44e593"
OF_NO_DATE = "8e4d75d7e9ae442189c32bf27144e42c6b832a4a0ff71f8cf09b89e619fa27e3"
OF_NOTHING = "640dee618ce0ffa6f861eecee886e026af477afdaf963b2ebb8f728621cb1e0c"
OF_300_DAYS = "67ee30a6152a6e8b68513b3e439ffc3709cca0cd57d6f5a5192660ada5349e53"


def a_state(rows: Rows, unit: Unit = "D") -> Observations:
    flags = Flags.from_texts([[cells[place][1] for cells in rows.values()] for place in (0, 1)])
    values = np.array([[cells[place][0] for place in (0, 1)] for cells in rows.values()]).reshape(len(rows), 2)
    return Observations.of(list(rows), ["a", "b"], values, unit=unit, flags=flags)


def texts(state: Observations) -> list[list[str]]:
    """The flags of each column, empty where there is none."""
    return [[code or "" for code in state.flags.column(place)] if state.flags else [""] * len(state) for place in range(len(state.columns))]


def two_columns() -> Observations:
    return Observations.of(["2024-01-01", "2024-02-01", "2024-03-01"], ["Value", "é"], [[1.5, NAN], [-0.0, 2.0], [3.25, 1e300]])


def many_days() -> Observations:
    return Observations.of(np.datetime64("2001-01-01") + np.arange(300), ["Value"], (np.arange(300) // 7 * 0.25)[:, None])


@pytest.mark.parametrize(
    ("state", "digest"),
    [
        (two_columns(), OF_TWO_COLUMNS),
        (Observations.of(["2024-01-01T10:00:00"], ["x"], [[1]], unit="s"), OF_A_SECOND),
        (Observations.empty(["x"]), OF_NO_DATE),
        (Observations.empty(), OF_NOTHING),
        (many_days(), OF_300_DAYS),
    ],
)
def test_digests_without_flags_are_those_of_before(state: Observations, digest: str) -> None:
    """What was stored before there were flags is verified by the same digests."""
    assert state.digest().hex() == digest


def test_blocks_without_flags_are_those_of_before() -> None:
    """Codecs 1 and 2, byte for byte: a snapshot, a row that is put with a date that is dropped, and a long one."""
    state, days = two_columns(), many_days()
    snapshot = (
        "440200000003000000000000000500000056616c756502000000c3a90b4d0000000000002a4d000000000000474d0000"
        "00000000000000000000f83f00000000000000800000000000000a40000000000000f87f00000000000000409c7500883ce4377e"
    )
    delta = "44020000000100000001000000474d0000000000000b4d0000000000000000000000000a409c7500883ce4377e"

    for (codec, payload), expected in (
        (encode(state, state.dates[:0], snapshot=True), snapshot),
        (encode(state.latest(1), state.dates[:1], snapshot=False), delta),
    ):
        assert codec == ZLIB == 1
        assert zlib.decompress(payload).hex() == expected
        assert payload == zlib.compress(bytes.fromhex(expected), 3)
    codec, payload = encode(days, days.dates[:0], snapshot=True)
    assert (codec, len(payload), hashlib.sha256(payload).hexdigest()) == (
        PCODEC,
        161,
        "aa1bd3132915d1dd9c2d53ea0ab30a09c0c01119637961643d593609795ae399",
    )
    assert Block(3, 2, (1, 2), codec, payload).checksum(7).hex() == "f2580bb4d1ae90c0b14849d9cb82accc"


@settings(max_examples=100, deadline=None)
@given(ROWS)
def test_a_state_without_flags_is_as_before(rows: Rows) -> None:
    """Whatever the values, bytes and digest are what the first format says; flags change the digest and are an appendix of the bytes."""
    state = a_state(rows)
    bare = state.without_flags()
    head = struct.pack("<cIII", b"D", 2, len(bare), 0) + struct.pack("<I", 1) + b"a" + struct.pack("<I", 1) + b"b"
    parts = bare.dates.astype("<i8").tobytes() + bare.values.tobytes(order="F")
    canonical = b"lanner observations 1\nD" + struct.pack("<I", 2) + struct.pack("<I", 1) + b"a" + struct.pack("<I", 1) + b"b"

    assert bare.digest() == hashlib.sha256(canonical + struct.pack("<Q", len(bare)) + parts).digest()
    assert encode(bare, bare.dates[:0], snapshot=True) == (ZLIB, zlib.compress(head + parts, 3))
    assert (state.digest() == bare.digest()) == (state.flags is None)
    assert encode(state, state.dates[:0], snapshot=True)[1].startswith(encode(bare, bare.dates[:0], snapshot=True)[1])


@settings(max_examples=150, deadline=None)
@given(st.lists(ROWS, min_size=1, max_size=6), st.sampled_from(["D", "s"]), st.sampled_from([True, False]))
def test_flags_come_back_from_differences_and_blocks(history: list[Rows], unit: Unit, one_by_one) -> None:
    """A chain of differences, each written as a block and read again, gives each state with its flags; counts are of values alone."""
    states = [a_state(rows, unit) for rows in history]
    read = decode(*encode(states[0], states[0].dates[:0], snapshot=True), None).put
    assert read == states[0]
    steps = []
    for before, after in pairwise(states):
        delta, bare = difference(before, after), difference(before.without_flags(), after.without_flags())
        assert delta
        assert bare
        assert (delta.added, delta.changed, list(delta.drop), delta.put) == (bare.added, bare.changed, list(bare.drop), bare.put)
        codec, payload = encode(delta.put, delta.drop, snapshot=False, flags=delta.step.flags)
        assert (codec in FLAGGED) == (delta.step.flags is not None)
        check_size(codec, payload)
        steps.append(decode(codec, payload, before.columns))
        read = replay(read, [steps[-1]]) if one_by_one else replay(states[0], steps)
        assert read == after
        assert texts(read) == texts(after)
        assert read.digest() == after.digest()


@settings(max_examples=100, deadline=None)
@given(ROWS, st.integers(0, 12), st.integers(0, 12))
def test_flags_are_cut_with_their_values(rows: Rows, first: int, last: int) -> None:
    """Windows, columns and numbers of rows keep each flag beside its value, and a cut without flags has none at all."""
    state, days = a_state(rows), sorted(rows)
    start, end = (np.datetime64(day, "D").astype(object) for day in (first, last))
    inside = [day for day in days if first <= day <= last]

    assert texts(state.window(start, end)) == [[rows[day][place][1] for day in inside] for place in (0, 1)]
    assert texts(state.select([1, 0]).latest(3)) == [[rows[day][place][1] for day in days[-3:]] for place in (1, 0)]
    assert (state.one("b").flags is None) == (not any(rows[day][1][1] for day in days))


@settings(max_examples=100, deadline=None)
@given(ROWS, ROWS)
def test_revisions_tell_flags_apart(before: Rows, after: Rows) -> None:
    """Flags of dates that both states have are listed apart from values, and alone if nothing else changed."""
    old, new = a_state(before), a_state(after)
    found = revision(old, new)
    both = sorted(before.keys() & after.keys())
    expected = [
        (date(1970, 1, 1 + day), "ab"[place], before[day][place][1] or None, after[day][place][1] or None)
        for day in both
        for place in (0, 1)
        if before[day][place][1] != after[day][place][1]
    ]

    assert [(each.date, each.column, each.old, each.new) for each in found.flags_changed] == expected
    assert found.has_flags_alone == (bool(expected) and old.without_flags() == new.without_flags())
    assert found.changed == revision(old.without_flags(), new.without_flags()).changed


@settings(max_examples=100, deadline=None)
@given(ROWS, ROWS, st.integers(0, 12))
def test_a_window_brings_its_flags(kept: Rows, answer: Rows, first: int) -> None:
    """Inside a window the answer's flags hold, outside those that were stored; another flag of a firm date is no other value."""
    answered = {day: cells for day, cells in answer.items() if day >= first}
    window = Window(start=np.datetime64(first, "D").astype(object), end=None, revises_last=20)
    merged = window.merged(a_state(kept), a_state(answered))
    expected = a_state({day: cells for day, cells in sorted(kept.items()) if day < first} | answered)

    assert merged == expected
    flagged = a_state({day: ((cells[0][0], "x"), cells[1]) for day, cells in kept.items()})
    assert Window(start=date(1970, 1, 1), end=None).merged(a_state(kept), flagged) == flagged


def test_a_flip_is_small() -> None:
    """Taking one flag from 400 rows costs some thirty bytes, and puts no row."""
    days = np.datetime64("2001-01-01") + np.arange(400)
    values = np.random.default_rng(1).normal(size=(400, 1))
    before = Observations.of(days, ["Value"], values, flags=Flags.from_texts([["p"] * 400]))
    after = Observations.of(days, ["Value"], values)

    for old, new in ((before, after), (after, before)):
        delta = difference(old, new)
        assert delta
        codec, payload = encode(delta.put, delta.drop, snapshot=False, flags=delta.step.flags)
        _, bare = encode(delta.put, delta.drop, snapshot=False)
        assert (codec, len(delta.put)) == (ZLIB_WITH_FLAGS, 0)
        assert len(payload) - len(bare) <= 32


def test_a_long_state_with_flags_is_packed() -> None:
    """Above the size of small blocks flags stand behind what pcodec packs."""
    days, codes = np.datetime64("2001-01-01") + np.arange(5_000), ["", "p", "B E", "e"]
    flags = Flags.from_texts([[codes[n % 4] for n in range(5_000)], [""] * 5_000])
    state = Observations.of(days, ["a", "b"], np.random.default_rng(1).normal(size=(5_000, 2)), flags=flags)
    codec, payload = encode(state, days[:0], snapshot=True)

    assert codec == PCODEC_WITH_FLAGS
    assert decode(codec, payload, None).put == state
    assert payload.startswith(encode(state.without_flags(), days[:0], snapshot=True)[1])


@pytest.mark.parametrize("code", ["x" * 33, " p", "p ", "a  b", "a\tb", "a\nb", "\0", "\ud800", "\x1b[31m", "a\N{NO-BREAK SPACE}b"])
def test_a_flag_is_a_short_code(code: str) -> None:
    """Texts that are long, or have blanks or signs that nobody sees, are refused."""
    with pytest.raises(InvalidObservations) as refused:
        Flags.from_texts([[code]])

    assert refused.value.field == "flags"


def test_one_date_has_one_flag() -> None:
    """Equal rows count once; with different flags they contradict each other."""
    days, values = ["2024-01-02", "2024-01-01", "2024-01-01"], [[1.0], [2.0], [2.0]]
    once = Observations.of(days, ["a"], values, flags=Flags.from_texts([["p", "e", "e"]]))

    assert texts(once) == [["e", "p"]]
    with pytest.raises(InvalidObservations, match="2024-01-01 stands twice with different flags"):
        Observations.of(days, ["a"], values, flags=Flags.from_texts([["p", "e", ""]]))
    with pytest.raises(InvalidObservations, match="do not fit"):
        Observations.of(days, ["a"], values, flags=Flags.from_texts([["p"]]))


def test_flags_that_are_equal_are_the_same() -> None:
    """The order in which codes came, and codes that no cell has, make no difference; no flag at all is none."""
    one = Flags.of(["p", "unused", "e", "p"], np.array([[1], [3], [4]]))

    assert one == Flags.from_texts([["p", "e", "p"]])
    assert one
    assert one.codes == ("e", "p")
    assert Flags.from_texts([["", ""]]) is None
    assert Flags.of(["p"], np.zeros((2, 1), np.uint16)) is None
    assert stacked([(None, 3), (None, 2)], 1) is None
    assert stacked([(None, 1), (one, 3)], 1) == Flags.from_texts([["", "p", "e", "p"]])


def test_damaged_sections_are_told() -> None:
    """What a section cannot hold is refused before it is unpacked: a length beyond the block, bytes that are no section."""
    state = Observations.of(["2024-01-01"], ["a"], [[1.0]], flags=Flags.from_texts([["p"]]))
    codec, payload = encode(state, state.dates[:0], snapshot=True)

    values = encode(state.without_flags(), state.dates[:0], snapshot=True)[1]

    check_size(codec, payload)
    for wrong in (b"", b"abc", payload[:-4] + b"\xff" * 4, values + b"\xff" * (len(payload) - len(values) - 4) + payload[-4:]):
        with pytest.raises(ValueError, match="unpack"):
            check_size(codec, wrong)
