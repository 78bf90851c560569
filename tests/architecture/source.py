"""The project's own modules, read but not imported."""

from __future__ import annotations

import ast
import io
import tokenize
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGES = ("domain", "adapters", "entrypoints", "config")

Function = ast.FunctionDef | ast.AsyncFunctionDef
Documented = ast.Module | ast.ClassDef | Function

_LAYOUT = (tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER)


@dataclass(frozen=True)
class Module:
    path: str
    text: str

    @property
    def name(self) -> str:
        return self.path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")

    @property
    def is_main(self) -> bool:
        """Tell whether starting a process is what it is for."""
        return self.path in ("entrypoints/rest/wsgi.py", "entrypoints/worker/main.py") or (
            self.path.startswith("entrypoints/") and self.path.endswith("/__main__.py") and self.path.count("/") == 2
        )

    @property
    def is_migration(self) -> bool:
        """Tell whether it is a script of Alembic's."""
        return self.path.startswith("adapters/sql/migrations/") and not self.path.endswith("__init__.py")

    @cached_property
    def tree(self) -> ast.Module:
        return ast.parse(self.text, self.path)

    @cached_property
    def imports(self) -> frozenset[str]:
        """Dotted names of what it imports anywhere: modules, and for ``from`` also what is taken out of them."""
        found: set[str] = set()
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Import):
                found.update(alias.name for alias in node.names)
            elif isinstance(node, ast.ImportFrom):
                assert node.level == 0, f"{self.path}:{node.lineno} imports relatively"
                found.update(f"{node.module}.{alias.name}" for alias in node.names)
        return frozenset(found)

    @cached_property
    def documented(self) -> tuple[Documented, ...]:
        """Everything that can have a docstring."""
        return tuple(node for node in ast.walk(self.tree) if isinstance(node, Documented))

    @cached_property
    def functions(self) -> tuple[Function, ...]:
        return tuple(node for node in ast.walk(self.tree) if isinstance(node, Function))

    @cached_property
    def docstring_lines(self) -> frozenset[int]:
        return frozenset(line for node in self.documented for line in _docstring_lines(node))

    @cached_property
    def comment_lines(self) -> frozenset[int]:
        """Lines that are nothing but a comment."""
        return frozenset(token.start[0] for token in self._tokens if token.type == tokenize.COMMENT) - self.code_lines

    @cached_property
    def code_lines(self) -> frozenset[int]:
        """Lines with code on them: no blank ones, no comments, no docstrings."""
        kept = (token for token in self._tokens if token.type not in (*_LAYOUT, tokenize.COMMENT))
        return frozenset(line for token in kept for line in range(token.start[0], token.end[0] + 1)) - self.docstring_lines

    def code_lines_of(self, function: Function) -> int:
        """Count a function's lines of code, from its ``def`` on."""
        return len(self.code_lines.intersection(range(function.lineno, (function.end_lineno or function.lineno) + 1)))

    @property
    def written_lines(self) -> int:
        """Count the lines that are not blank."""
        return sum(1 for line in self.text.splitlines() if line.strip())

    @cached_property
    def _tokens(self) -> tuple[tokenize.TokenInfo, ...]:
        return tuple(tokenize.generate_tokens(io.StringIO(self.text).readline))


@cache
def modules() -> tuple[Module, ...]:
    """Read every module of the four packages."""
    return tuple(Module(str(path.relative_to(ROOT)), path.read_text()) for path in _paths())


def _paths() -> Iterator[Path]:
    for package in PACKAGES:
        yield from sorted((ROOT / package).rglob("*.py"))


def _docstring_lines(node: Documented) -> range:
    if ast.get_docstring(node, clean=False) is None:
        return range(0)
    first = node.body[0]
    return range(first.lineno, (first.end_lineno or first.lineno) + 1)
