"""Answers made to exhaust whoever reads them, in a process of its own whose memory is measured."""

from __future__ import annotations

import gzip
import json
import subprocess
import sys
import zlib
from functools import cache
from pathlib import Path

import pytest

from tests.builders import a_server

ROOT = Path(__file__).parents[2]
MIB = 1024**2
HEAD = b"HTTP/1.1 200 OK\r\nConnection: close\r\n"
#: Fetches the whole series first, so that what is loaded once is not counted; then the bomb, in its own processor time.
READER = """
import json, resource, sys, time
from adapters.provider_kit.registry.installed import InstalledProviders
from domain.codes import DatasetCode
from domain.errors import FetchError
from domain.ports import PriorState

source = InstalledProviders({"quandl": {"base_url": sys.argv[1]}}, deadline_seconds=30).source("quandl")
def peak():
    return int(open("/proc/self/status").read().partition("VmHWM:")[2].split()[0]) // 1024 if sys.platform == "linux" \\
        else resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024**2
source.fetch(DatasetCode("X", "GOOD"), PriorState(newest=None))
before, begun = peak(), time.process_time()
try:
    ended = len(source.fetch(DatasetCode("X", "BOMB"), PriorState(newest=None)).vintages[0][1])
except FetchError as error:
    ended = error.code
print(json.dumps([ended, peak() - before, time.process_time() - begun]))
"""


def plain(body: bytes) -> list[bytes]:
    return [HEAD, b"Content-Length: %d\r\n\r\n" % len(body), body]


def packed(body: bytes) -> list[bytes]:
    return [HEAD, b"Content-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(body), body]


@cache
def zeros() -> bytes:
    """200 MiB, in 200 kB."""
    packer = zlib.compressobj(9, wbits=16 + zlib.MAX_WBITS)
    return b"".join([*(packer.compress(bytes(MIB)) for _ in range(200)), packer.flush()])


def a_dataset(data: bytes) -> bytes:
    return b'{"dataset": {"column_names": ["Date", "V"], "data": ' + data + b"}}"


#: Made when they are thrown.
BOMBS = {
    "gzip": (lambda: packed(zeros()), "too_large"),
    "gzip of gzip": (lambda: packed(gzip.compress(zeros())), "too_large"),
    "gzip, said twice": (lambda: [HEAD, b"Content-Encoding: gzip, gzip\r\n\r\n", gzip.compress(zeros())], "not_understood"),
    "empty members": (lambda: packed(gzip.compress(b"") * 500_000), "too_large"),
    "gzip of rows": (lambda: packed(gzip.compress(a_dataset(b'["2024-01-01", 1],' * 1_500_000))), "too_large"),
    "deep lists": (lambda: plain(a_dataset(b"[" * 100_000)), "not_understood"),
    "deep lists that end": (lambda: plain(a_dataset(b"[" * 100_000 + b"]" * 100_000)), "not_understood"),
    "deep objects": (lambda: plain(b'{"quandl_error": ' * 100_000 + b"1" + b"}" * 100_000), "not_understood"),
    "deep behind texts": (lambda: plain(b'{"a": "]]]\\"]]]", "errors": ' + b"[" * 900 + b"]" * 900 + b"}"), "not_understood"),
    "deep markup": (lambda: plain(b"<quandl-response>" + b"<a>" * 100_000 + b"</a>" * 100_000 + b"</quandl-response>"), "not_understood"),
    "long number": (lambda: plain(a_dataset(b'[["2024-01-01", ' + b"9" * 100_000 + b"]]")), "not_understood"),
    "long fraction": (lambda: plain(a_dataset(b'[["2024-01-01", 0.' + b"9" * 100_000 + b"]]")), 1),
    "long number in CSV": (lambda: plain(b"Date,V\n2024-01-01," + b"9" * 100_000 + b"\n"), "not_understood"),
    "many empty rows": (lambda: plain(a_dataset(b"[" + b"[]," * 5_000_000 + b"[]]")), "too_large"),
    "many lines": (lambda: plain(b"Date,V\n" + b"1\n" * 8_000_000), "too_large"),
    "many elements": (lambda: plain(b"<quandl-response>" + b"<a/>" * 5_000_000 + b"</quandl-response>"), "too_large"),
    "entities": (
        lambda: plain(b'<!DOCTYPE x [<!ENTITY a "aa"><!ENTITY b "&a;&a;">]><quandl-response>&b;</quandl-response>'),
        "not_understood",
    ),
    "long head": (lambda: [HEAD, *[b"X-%d: %s\r\n" % (n, b"x" * 1000) for n in range(90)], b"\r\n{}"], "too_large"),
    "many heads": (lambda: [b"HTTP/1.1 100 Continue\r\n\r\n" * 10_000, HEAD, b"\r\n{}"], "too_large"),
    "huge chunk": (lambda: [HEAD, b"Transfer-Encoding: chunked\r\n\r\n", b"f" * 30, b"\r\n{}"], "truncated"),
    "huge length": (lambda: [HEAD, b"Content-Length: ", b"9" * 5000, b"\r\n\r\n{}"], "not_understood"),
}
GOOD = plain(a_dataset(json.dumps([["2024-01-01", 1.5]]).encode()))


@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_is_named(name):
    """A bomb ends in a named error, or is read as what it says, for at most 40 MiB of memory and a second of work."""
    throw, expected = BOMBS[name]
    parts = throw()
    with a_server(lambda target, headers: parts if "BOMB" in target else GOOD) as url:
        reader = subprocess.run([sys.executable, "-c", READER, url], cwd=ROOT, capture_output=True, text=True, check=True)
    ended, mebibytes, seconds = json.loads(reader.stdout)

    assert ended == expected
    assert mebibytes <= 40
    assert seconds <= 1
