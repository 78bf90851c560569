"""A lock that lets only one ``lanner up`` use a data folder."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from domain.errors import InvalidInput


@contextmanager
def lock_data_dir(data_dir: Path, port: int) -> Iterator[None]:
    """
    Lock the data folder until this process exits.

    Raises:
        InvalidInput: another process has locked it, or it cannot be written.

    """
    try:
        data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
        descriptor = os.open(data_dir / "lanner.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        message = f"The data folder {data_dir} cannot be used: {error.strerror}."
        raise InvalidInput(message, field="LANNER_DATA_DIR", hint="Set LANNER_DATA_DIR to another folder.") from error
    with os.fdopen(descriptor, "r+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            message = f"Another lanner uses the data folder {data_dir} ({file.read().strip() or 'just starting'})."
            raise InvalidInput(message, field="LANNER_DATA_DIR", hint="Stop it, or set LANNER_DATA_DIR and LANNER_PORT.") from error
        except OSError as error:
            message = f"The data folder {data_dir} cannot be locked: {error.strerror}."
            raise InvalidInput(message, field="LANNER_DATA_DIR", hint="Set LANNER_DATA_DIR to a folder on a local disk.") from error
        file.truncate(0)
        file.write(f"process {os.getpid()}, port {port}\n")
        file.flush()
        yield
