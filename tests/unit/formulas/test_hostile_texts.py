"""Whatever a text is, it is an error or a value, soon and in little memory, and nothing of it is executed."""

from __future__ import annotations

import sys
import tracemalloc
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from random import Random
from time import process_time
from typing import Any

import numpy as np
import pytest

from domain.errors import FormulaFailed, InvalidFormula
from domain.formulas.evaluation import Budget, Evaluation
from domain.formulas.expressions import Reference, looks_ahead
from domain.formulas.lines import Line
from domain.formulas.parsing import LONGEST, parse
from domain.formulas.signatures import FUNCTIONS
from domain.frequency import Frequency
from tests.servers import SETTINGS

EXAMPLES = int(SETTINGS.get("LANNER_TEST_EXAMPLES", "2000"))
SECONDS, BYTES = 0.05, 50 * 2**20
_WORDS = "( ) ( ) , , + - * / ** // % @ < <= == != is in not and or if else lambda await yield := = : . ; [ ] { } ' \" \\ # é ﬁ ٣ _ x X GDP"
_NUMBERS = "0 1 -1 12 0.5 1e308 1j 0x10 1_000 1e None True ..."
_TEXTS = "'monthly' 'mean' '2010' '2010-01' '2009-01-30' 'next' 'previous' f'{x}' b'x' ['Close'] X('A') X('A') X('B') series('p:X/C')"
_CALLS = "__import__('os') ().__class__.__bases__ open('/etc/passwd') exec('1') eval('1') os.system('true') *args **kw a=1"
TOKENS = [*FUNCTIONS, *f"{_WORDS} {_NUMBERS} {_TEXTS} {_CALLS}".split(), "9" * 400, "\n", "\t", "\0", "\ud800", " ", "'" * 3]
#: Repeated parts, how often, and what follows.
_NESTED = [
    ("(", 3000, ""),
    ("[", 3000, ""),
    ("-", 3999, "1"),
    ("~", 3999, ""),
    ("not ", 900, "1"),
    ("lambda:", 500, "1"),
    ("X('A') if ", 300, ""),
    ("1 if ", 700, ""),
    ("a.b", 999, ""),
    ("X('A') < ", 400, "1"),
    ("X('A') + ", 99, "1"),
    ("X('A') * ", 99, "1"),
    ("X('A') + ", 430, "1"),
    ("X('A'),", 99, "1"),
    ("X('A')", 600, ""),
    ("{", 60, "}" * 60),
    ("a[", 55, "]" * 55),
    ("(", 50, "X('A')" + ")" * 50),
    ("lag(", 60, "X('A')" + ")" * 60),
    ("lag(", 900, "X('A')" + ")" * 900),
    ("exp(", 50, "X('A')" + ")" * 50),
    ("cumprod(", 59, "X('A')" + ")" * 59),
    ("ma(", 50, "X('A')" + ", 99)" * 50),
    ("collapse(", 40, "X('A')" + ", 'daily', 'median')" * 40),
    ("as_of(", 40, "X('A')" + ", '2009-01-30')" * 40),
    ("max(X('A'),", 59, "1" + ")" * 59),
    ("1", 3999, ""),
    ("9", 5000, ""),
    ("0.", 1, "1" * 3990),
    ("X", 4000, ""),
    ("X('", 1, "A" * 300 + "')"),
    ("'", 1, "a" * 3998 + "'"),
    ("series('", 1, "../" * 60 + "')"),
    ("f'", 1, "{" * 200),
    ("X('A')", 1, " " * 9999),
]
WORST = [
    *(part * times + middle for part, times, middle in _NESTED),
    "9**9**9**9",
    "X('A')**9**9**9**9",
    "2**X('A')**X('A')**X('A')",
    "'a' * 999999999",
    "lag(X('A'), 10000)",
    "ma(X('A'), 10000)",
    "ewma(X('A'), 10000)",
    "shift(X('A'), -10000)",
    f"max({','.join(['X(1)'] * 400)})",
]

_watched: list[str] = []
_watches = False


def _listen(event: str, arguments: Any) -> None:
    if _watches and event.partition(".")[0] in ("exec", "import", "open", "os", "subprocess", "socket", "ctypes"):
        _watched.append(f"{event} {arguments}")


sys.addaudithook(_listen)


@contextmanager
def watched(text: str) -> Iterator[None]:
    """Fail if anything is executed, imported or opened meanwhile."""
    global _watches  # noqa: PLW0603 - a hook of the interpreter has no other place
    _watched.clear()
    _watches = True
    try:
        yield
    finally:
        _watches = False
    assert not _watched, (text, _watched)


def read(reference: Reference, _until: datetime | None) -> Line:
    """Give some hundred months, days or years."""
    kind, frequency = {"A": ("M", Frequency.MONTHLY), "B": ("D", Frequency.DAILY)}.get(reference.code.dataset, ("Y", Frequency.ANNUAL))
    dates = np.arange("1980", 400, dtype=f"datetime64[{kind}]") if kind != "Y" else np.arange("1980", "2020", dtype="datetime64[Y]")
    values = np.sin(np.arange(len(dates)) / 7) * 9
    values[::11] = np.nan
    return Line(dates.astype("datetime64[D]"), values, frequency, reference.code.dataset, "line")


def evaluated(text: str) -> Line | None:
    """Return the line of a text, or None for an error of the domain."""
    with suppress(InvalidFormula, FormulaFailed):
        expression = parse(text)
        looks_ahead(expression)
        return Evaluation(read, Budget()).line(expression)
    return None


def check(text: str) -> bool:
    """Check one text against all promises, and return whether it is a formula."""
    parse.cache_clear()
    tracemalloc.reset_peak()
    begun = process_time()
    with watched(text):
        line = evaluated(text)
    took = process_time() - begun
    assert tracemalloc.get_traced_memory()[1] < BYTES, text
    assert line is None or (np.isfinite(line.values) | np.isnan(line.values)).all(), text
    assert took < SECONDS or fastest(text) < SECONDS, text
    return line is not None


def fastest(text: str) -> float:
    """Return the processor's time for a text without a trace of its memory, the best of three."""
    times = []
    tracemalloc.stop()
    for _ in range(3):
        parse.cache_clear()
        begun = process_time()
        evaluated(text)
        times.append(process_time() - begun)
        if times[-1] < SECONDS:
            break
    tracemalloc.start()
    return min(times)


def soup(random: Random) -> str:
    """Tokens without an order."""
    return random.choice(["", " "]).join(random.choices(TOKENS, k=random.randint(1, 40)))


def likely(random: Random, depth: int) -> str:
    """A text that is nearly a formula."""
    if depth == 0 or random.random() < 0.1:
        return random.choice(["X('A')", "X('A')", "X('B')", "X('C')", "2", "0.5", "-1", "1e300"])
    part = lambda: likely(random, depth - 1)  # noqa: E731 - one name for many branches
    if random.random() < 0.4:
        return f"({part()} {random.choice(['+', '-', '*', '/', '**', '<', '=='])} {part()})"
    values = [f", {part()}", f", {part()}, {part()}"]
    more = random.choice(["", "", ", 3", ", 'monthly'", ", 'annual', 'median'", ", '2010'", ", 'next'", *values])
    return f"{random.choice(FUNCTIONS)}({part()}{more})"


def spoilt(random: Random) -> str:
    """A formula in which some characters are others."""
    characters = list(likely(random, 4))
    for _ in range(random.randint(0, 3)):
        characters[random.randrange(len(characters))] = random.choice(["", "(", ")", "'", ",", "*", "9", "é", "\\", "["])
    return "".join(characters)


@pytest.fixture(autouse=True)
def traced() -> Iterator[None]:
    # What numpy imports at the first call of a function is not executed by a text.
    for function in FUNCTIONS:
        evaluated(f"{function}(X('A'), 2) + X('B')")
        evaluated(f"{function}(X('A'), 'annual', 'median') - lag(X('C'))")
    tracemalloc.start()
    yield
    tracemalloc.stop()


@pytest.mark.parametrize("place", range(len(WORST)))
def test_the_worst_texts(place: int) -> None:
    """Huge powers, deep nesting, giant texts and numbers are an error or a value like any other."""
    check(WORST[place])


@pytest.mark.timeout(7200)
@pytest.mark.filterwarnings("ignore::SyntaxWarning", "ignore::DeprecationWarning")
def test_random_texts() -> None:
    """Random texts are, too; some of them are formulas."""
    random = Random(20090130)
    kinds = [soup, lambda random: likely(random, random.randint(1, 5)), spoilt]
    formulas = sum(check(random.choice(kinds)(random)) for _ in range(EXAMPLES))
    assert EXAMPLES / 50 < formulas < EXAMPLES


def test_long_texts_are_refused_before_they_are_parsed() -> None:
    """The limit is named."""
    with pytest.raises(InvalidFormula, match=str(LONGEST)):
        parse("X('A')" + "+ X('A')" * 1000)


def test_work_is_bounded() -> None:
    """A long series and a wide window together are refused before they take seconds."""

    def long(_reference: Reference, _until: datetime | None) -> Line:
        dates = np.arange("1000-01-01", 500_000, dtype="datetime64[D]")
        return Line(dates, np.ones(len(dates)), Frequency.DAILY)

    begun = process_time()
    with pytest.raises(FormulaFailed, match="more than 20000000 values"):
        Evaluation(long, Budget()).line(parse("ma(X('A'), 10000)"))
    assert process_time() - begun < 1
