"""The Quandl calls of a script: of the clients quandl, Quandl and nasdaqdatalink, of pandas_datareader, and addresses of the API."""

from __future__ import annotations

import ast
import re
import sys
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeGuard

from domain.errors import InvalidInput
from domain.redaction import HIDDEN
from entrypoints.cli.scripts.bindings import Bindings
from entrypoints.cli.scripts.texts import Texts

_CLIENTS = ("quandl", "Quandl", "nasdaqdatalink", "nasdaq_data_link")
_READER, _READ = "pandas_datareader", "DataReader"
_SHOWN = 80


class Kind(StrEnum):
    """What a call asks for."""

    SERIES = "series"
    DATABASE = "database"
    TABLE = "table"
    READER = "reader"
    ADDRESS = "address"


_KINDS = {
    "get": Kind.SERIES,
    "Dataset": Kind.SERIES,
    "MergedDataset": Kind.SERIES,
    "bulkdownload": Kind.DATABASE,
    "Database": Kind.DATABASE,
    "get_table": Kind.TABLE,
    "export_table": Kind.TABLE,
    "Datatable": Kind.TABLE,
    "get_point_in_time": Kind.TABLE,
    "get_data_quandl": Kind.READER,
    "QuandlReader": Kind.READER,
}
_NAMES = ("dataset", "quandl_code", "datatable_code", "database", "code", "symbols", "name")
#: One of them is in every script that writes addresses.
_OF_ADDRESSES = ("api/", "quandl.com", "nasdaq.com")
_SECRET = re.compile(r"((?:api_?key|auth_?token)['\"]?[=:] ?['\"]?)[^&'\"\s,)]+", re.IGNORECASE)
_ADDRESS = re.compile(r"/api/v[0-9]+/(?:datasets|databases|datatables|multisets)\b|(?:quandl\.com|data\.nasdaq\.com)/data/")


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """
    A call that a script makes.

    Attributes:
        written: as the script has it, in short and without keys.
        texts: the codes or addresses that it may ask for, with holes.
        column: the column that the call reads by its place; None if it names none.

    """

    line: int
    kind: Kind
    written: str
    texts: Sequence[str]
    column: int | None = None


def calls_in(source: str, name: str) -> Sequence[Call]:
    """
    Return the Quandl calls of a script, in the order of its lines.

    Raises:
        InvalidInput: it is not in the Python that lanner runs on; the line is named.

    """
    try:
        with warnings.catch_warnings():
            # Of the script's own texts, such as "\d".
            warnings.simplefilter("ignore")
            return _Script(ast.parse(source)).calls(with_addresses=any(word in source for word in _OF_ADDRESSES))
    except RecursionError as exc:
        raise InvalidInput(f"{name} is nested too deeply to be read.", field="scripts") from exc
    except (SyntaxError, ValueError) as exc:
        line = f", line {exc.lineno}" if isinstance(exc, SyntaxError) and exc.lineno else ""
        python = ".".join(map(str, sys.version_info[:2]))
        message = f"{name}{line} is not Python {python}; `2to3` or `reindent` may make it so. Nothing of it was read."
        raise InvalidInput(message, field="scripts") from exc


class _Script:
    def __init__(self, module: ast.Module) -> None:
        self._module, self._texts = module, Texts(Bindings.of(module))
        self._modules: dict[str, str] = {}
        self._functions: dict[str, str] = {}

    def calls(self, *, with_addresses: bool) -> Sequence[Call]:
        for node in ast.walk(self._module):
            self._import(node)
        for node in ast.walk(self._module):
            self._alias(node)
        found = [*self._of_clients(), *(self._of_addresses(self._module) if with_addresses else ())]
        return sorted(found, key=lambda call: call.line)

    def _import(self, node: ast.AST) -> None:
        match node:
            case ast.Import(names=names):
                for each in names:
                    if each.name.partition(".")[0] in (*_CLIENTS, _READER):
                        self._modules[each.asname or each.name.partition(".")[0]] = each.name
            case ast.ImportFrom(module=str(module), names=names) if module.partition(".")[0] in (*_CLIENTS, _READER):
                if names[0].name == "*":
                    self._functions.update((name, name) for name in (*_KINDS, _READ))
                for each in names:
                    self._functions[each.asname or each.name] = each.name
                    self._modules[each.asname or each.name] = f"{module}.{each.name}"
            case _:
                return

    def _alias(self, node: ast.AST) -> None:
        match node:
            case ast.Assign(targets=[ast.Name(id=name)], value=ast.Attribute() as value) if self._called(value) in _KINDS:
                self._functions[name] = value.attr
            case _:
                return

    def _called(self, function: ast.expr) -> str:
        """Return the name of a client's function; empty if it is none."""
        if isinstance(function, ast.Name):
            return self._functions.get(function.id, "")
        if isinstance(function, ast.Attribute):
            first = ast.unparse(function.value).partition(".")[0]
            return function.attr if first in self._modules else ""
        return ""

    def _of_clients(self) -> Iterator[Call]:
        for node in ast.walk(self._module):
            if not isinstance(node, ast.Call):
                continue
            name = self._called(node.func)
            kind = Kind.READER if name == _READ and self._reads_quandl(node) else _KINDS.get(name)
            asked = _asked(node)
            if kind and asked is not None:
                column = next((each.value for each in node.keywords if each.arg == "column_index"), None)
                yield Call(line=node.lineno, kind=kind, written=_short(node), texts=self._texts.of(asked), column=self._number(column))

    def _reads_quandl(self, call: ast.Call) -> bool:
        named = [each.value for each in call.keywords if each.arg == "data_source"]
        return any(text == "quandl" for source in [*call.args[1:2], *named] for text in self._texts.of(source))

    def _number(self, node: ast.expr | None) -> int | None:
        texts = self._texts.of(node) if node else ()
        return int(texts[0]) if len(texts) == 1 and texts[0].isdecimal() else None

    def _of_addresses(self, node: ast.AST) -> Iterator[Call]:
        """Return the addresses of the API, each as the outermost expression that it is written in."""
        for child in ast.iter_child_nodes(node):
            found = [text for text in self._texts.of(child) if _ADDRESS.search(text)] if _is_text(child) else []
            if found:
                yield Call(line=getattr(child, "lineno", 0), kind=Kind.ADDRESS, written=_short(child), texts=found)
            else:
                yield from self._of_addresses(child)


def _is_text(node: ast.AST) -> TypeGuard[ast.expr]:
    if isinstance(node, ast.Call):
        return isinstance(node.func, ast.Attribute) and node.func.attr == "format"
    return isinstance(node, (ast.JoinedStr, ast.BinOp)) or (isinstance(node, ast.Constant) and isinstance(node.value, str))


def _asked(call: ast.Call) -> ast.expr | None:
    named = next((each.value for name in _NAMES for each in call.keywords if each.arg == name), None)
    return call.args[0] if call.args else named


def _short(node: ast.AST) -> str:
    text = _SECRET.sub(rf"\1{HIDDEN}", " ".join(ast.unparse(node).split()))
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN - 1]}…"
