"""The file ``.env``, read strictly: a line that cannot be parsed is an error."""

from __future__ import annotations

from collections.abc import Mapping
from io import StringIO
from pathlib import Path

from dotenv import dotenv_values
from dotenv.parser import parse_stream

from domain.errors import InvalidInput


def read_env_file(file: Path) -> Mapping[str, str]:
    """
    Return the names and values in the file.

    Raises:
        InvalidInput: the file or a line cannot be read; the message names both.

    """
    text = _text(file)
    for binding in parse_stream(StringIO(text)):
        if binding.error or (binding.key is not None and binding.value is None):
            blank = len(binding.original.string) - len(binding.original.string.lstrip())
            line = binding.original.line + binding.original.string[:blank].count("\n")
            raise InvalidInput(f"Line {line} of {file} cannot be parsed.", field=str(file), hint="Write NAME=value, or # before a comment.")
    return {name: value for name, value in dotenv_values(stream=StringIO(text)).items() if value is not None}


def _text(file: Path) -> str:
    try:
        content = file.read_bytes()
    except IsADirectoryError as error:
        hint = "lanner reads settings from a file of this name: rename the folder, or start lanner in another one."
        raise InvalidInput(f"{file} is a folder.", field=str(file), hint=hint) from error
    except OSError as error:
        raise InvalidInput(f"{file} cannot be read: {error.strerror}.", field=str(file), hint="Make it readable, or remove it.") from error
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise InvalidInput(f"Line {line} of {file} is not UTF-8.", field=str(file), hint="Save the file as UTF-8.") from error
