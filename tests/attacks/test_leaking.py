"""A: what gets out that should stay, or comes in and does harm where it is looked at."""

from __future__ import annotations

import csv
import io
import os
import pty
import re
import unicodedata
import zipfile
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from threading import Thread

import pytest

from tests.attacks.client import Answer
from tests.attacks.conftest import Attack
from tests.attacks.provider import DATABASE, FORMULAS, KEY, disguises
from tests.attacks.service import Service
from tests.faults.processes import comes_true

pytestmark = pytest.mark.timeout(120)
#: What a terminal obeys, or by which a line shows as another: C0 and C1 but for what ends a line, DEL, marks of direction, separators.
HARMFUL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]")
NUMBER = re.compile(r"[-+]?[0-9.]+(?:[eE][-+]?[0-9]+)?")
_COLOURS = re.compile(r"\x1b\[[0-9;]*m")
#: Of paths: titles, colours and answers of terminals, lines of their own, text from right to left, C1 in one and in two bytes.
SEQUENCES = (
    *(
        "%1b]0;owned%07",
        "%1b[2J%1b[1;31mred",
        "%1b[6n",
        "%1bP+q544e%1b%5c",
        "%07%08%08%08",
        "%7f",
        "%00",
        "a%0d%0aforged:line",
        "%c2%9b31m",
    ),
    *(
        "%9b31m",
        "%c2%90q%c2%9c",
        "%e2%80%ae%e2%81%a6txt.exe",
        "%e2%80%a8forged",
        "%e2%80%8f",
        "%c2%85forged",
        "%1b%5d8;;http://x%1b%5clink",
    ),
)


def everything_told(service: Service, series: str, code: str) -> Iterator[Answer]:
    """What the API says of one series, wherever it says something."""
    fetch = next(iter(service.ask("/fetches?limit=1").json()["items"]), {}).get("id")
    ends = ("", "/data.json", "/data.csv", "/data.parquet", "/vintages", "/vintages/1", "/revisions?from=1&to=1")
    door = f"/api/v3/datasets/{DATABASE}/{code}"
    places = [*(f"/timeseries/{series}{end}" for end in ends), f"/timeseries?id={series}", f"/fetches/{fetch}", "/fetches", "/timeseries"]
    places += [
        *(f"{door}{end}" for end in (".json", ".csv", "/metadata.csv", "/data.json")),
        "/api/v3/datasets.csv",
        "/providers",
        "/metrics",
    ]
    return map(service.ask, [*places, f"/api/v3/databases/{DATABASE}/metadata", f"/api/v3/databases/{DATABASE}/codes", "/vintages"])


@pytest.mark.attacks("A6 a key repeated", "a provider's key is nowhere, in whatever form it is sent back")
def test_disguised_keys(bare: Service, attack: Attack) -> None:
    forms = disguises(KEY)
    told = ""
    for code in ("ECHO.1", "REFUSE.1"):
        series = bare.fetched(f"{DATABASE}/{code}")
        told += "".join(f"{answer.headers} {unpacked(answer)}" for answer in everything_told(bare, series, code))
    places = {"API": told.encode(), "log": bare.log().encode()}
    places |= {"database": b"".join(path.read_bytes() for path in (bare.folder / "data").rglob("*.db*"))}
    found = [f"{name} in the {place}" for place, content in places.items() for name, form in forms.items() if form.encode() in content]
    repeated = told.count("key ") > len(forms) and "may not see this" in told
    attack.shows(f"{len(forms)} forms, {len(found)} found {found[:6]}", held=repeated and not found)


@pytest.mark.attacks("A7 control characters", "no path writes into the terminal on which a log is read, nor a line of its own", long=True)
def test_terminal_sequences(tmp_path: Path, attack: Attack) -> None:
    shown = {form: logged(tmp_path / form, on_terminal=form == "terminal") for form in ("terminal", "json")}
    lines = {form: text.replace("\r\n", "\n") for form, text in shown.items()}
    harm = {form: len(HARMFUL.findall(_COLOURS.sub("", text))) for form, text in lines.items()}
    red = sum("\x1b[1;31mred" in text for text in shown.values())
    seen = all(text.count("/sent-") >= len(SEQUENCES) for text in lines.values())
    forged = sum(line.lstrip().startswith("forged") for text in lines.values() for line in text.splitlines())
    figure = f"{len(SEQUENCES)} paths; unescaped characters: {harm}, forged lines: {forged + red}, all logged: {seen}"
    attack.shows(figure, held=seen and not any(harm.values()) and not forged and not red)


def logged(folder: Path, *, on_terminal: bool) -> str:
    """Ask for every path, and return what an API has logged on a terminal, or into a file."""
    folder.mkdir()
    service = Service(folder, {})
    service.run("migrate")
    if not on_terminal:
        ask_for_all(service, service.api.log.read_bytes)
        return service.api.log.read_text(errors="backslashreplace")
    seen = bytearray()
    ours, theirs = pty.openpty()
    service.api.log = Path(os.ttyname(theirs))
    Thread(target=_read_on, args=(ours, seen), daemon=True).start()
    try:
        ask_for_all(service, lambda: bytes(seen))
    finally:
        os.close(theirs)
    return seen.decode(errors="backslashreplace")


def ask_for_all(service: Service, logged: Callable[[], bytes]) -> None:
    service.api.start()
    try:
        assert comes_true(service.ready)
        for number, sequence in enumerate(SEQUENCES):
            service.ask(f"/sent-{number}-{sequence}", headers={"X-Request-ID": "x\x9b31m"})
        comes_true(lambda: logged().count(b"/sent-") >= len(SEQUENCES), 5)
    finally:
        service.api.stop()


def _read_on(terminal: int, seen: bytearray) -> None:
    # A terminal whose last process has ended gives an error, not an end.
    with suppress(OSError):
        while part := os.read(terminal, 65536):
            seen += part


@pytest.mark.attacks("A8 CSV cells", "no cell of a CSV file is a formula, whatever signs stand before it")
def test_formulas(bare: Service, attack: Attack) -> None:
    wrong, cells = [], 0
    for number, formula in enumerate(FORMULAS):
        code = f"CELLS.{number}"
        series = bare.fetched(f"{DATABASE}/{code}")
        door = f"/api/v3/datasets/{DATABASE}/{code}"
        places = [f"/timeseries/{series}/data.csv", f"{door}.csv", f"{door}/data.csv", f"{door}/metadata.csv"]
        for place in places if number else [*places, "/api/v3/datasets.csv", f"/api/v3/databases/{DATABASE}/metadata"]:
            answer = bare.ask(place)
            assert answer.status == 200, answer
            for row in csv.reader(io.StringIO(unpacked(answer))):
                cells += len(row)
                wrong += [f"{formula!r} at {place}" for cell in row if is_formula(cell)]
    attack.shows(f"{len(FORMULAS)} beginnings, {cells} cells, {len(wrong)} of them formulas {wrong[:3]}", held=not wrong)


def unpacked(answer: Answer) -> str:
    if not answer.body.startswith(b"PK"):
        return answer.text
    with zipfile.ZipFile(io.BytesIO(answer.body)) as archive:
        return "".join(archive.read(name).decode() for name in archive.namelist())


def is_formula(cell: str) -> bool:
    """Tell whether a spreadsheet might take a text for a formula once it has left out what cannot be seen."""
    visible = "".join(sign for sign in cell if unicodedata.category(sign) not in ("Cf", "Cc", "Zs") and sign != "\ufeff")
    first = unicodedata.normalize("NFKC", visible)[:1]
    return first in ("=", "+", "-", "@") and not NUMBER.fullmatch(cell)
