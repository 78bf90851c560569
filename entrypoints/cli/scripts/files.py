"""Finding scripts: Python files and notebooks, in folders too."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path

from domain.errors import InvalidInput

_KINDS = (".py", ".ipynb")
#: Lines of a notebook's cells that are no Python: commands of the notebook and of the shell.
_MAGIC = ("%", "!", "?")


def scripts_in(paths: Sequence[Path]) -> Iterator[Path]:
    """
    Return the given files, and those in the given folders, hidden ones left out.

    Raises:
        InvalidInput: there is no such file, or no script in a folder.

    """
    for path in paths:
        if not path.is_dir():
            yield path
            continue
        found = sorted(each for each in path.rglob("*") if each.suffix in _KINDS and each.is_file() and not _is_hidden(each, path))
        if not found:
            raise InvalidInput(f"The folder {path} holds no {' or '.join(_KINDS)} file.", field="scripts")
        yield from found


def source_of(path: Path) -> str:
    """
    Return the Python of a script; of a notebook, of its cells one below the other.

    Raises:
        InvalidInput: it cannot be read, or is neither.

    """
    if path.suffix not in _KINDS:
        raise InvalidInput(f"{path} is no script: its name ends in none of {', '.join(_KINDS)}.", field="scripts")
    try:
        text = path.read_text(encoding="utf-8-sig")
        return _cells(path, text) if path.suffix == ".ipynb" else text
    except OSError as exc:
        raise InvalidInput(f"{path} cannot be read: {exc.strerror}.", field="scripts") from exc
    except UnicodeDecodeError as exc:
        raise InvalidInput(f"{path} is not written in UTF-8.", field="scripts") from exc


def _is_hidden(path: Path, folder: Path) -> bool:
    return any(part.startswith(".") for part in path.relative_to(folder).parts)


def _cells(path: Path, text: str) -> str:
    try:
        cells = [_text(cell["source"]) for cell in json.loads(text)["cells"] if cell["cell_type"] == "code"]
    except (ValueError, KeyError, TypeError, RecursionError) as exc:
        raise InvalidInput(f"{path} is no notebook in the form of version 4: a document with a list of cells.", field="scripts") from exc
    return "\n".join("" if line.lstrip().startswith(_MAGIC) else line for cell in cells for line in cell.split("\n"))


def _text(source: str | Sequence[str]) -> str:
    return source if isinstance(source, str) else "".join(source)
