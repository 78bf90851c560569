"""Debian's PgBouncer with the shipped configuration, in a folder of its own, before a Postgres."""

from __future__ import annotations

import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import URL, make_url

from tests.servers import LOCAL, answers, free_port, missing, started, unprivileged

CONFIGURATION = Path(__file__).parents[1] / "config" / "deploy" / "pgbouncer.ini"
MODES = ("session", "transaction")


@contextmanager
def pgbouncer(database: str, mode: str, **options: object) -> Iterator[str]:
    """Run it until the end and return the database's URL through it; in transaction mode each transaction has another backend."""
    with tempfile.TemporaryDirectory(prefix="lanner-pgbouncer-", ignore_cleanup_errors=True) as name:
        folder, port = Path(name), free_port()
        command, user = pgbouncer_command(folder, port, make_url(database), mode, **options)
        url = make_url(database).set(host=LOCAL, port=port).render_as_string(hide_password=False)
        with started(command, log=folder / "log", user=user, ready=lambda: answers(url)):
            yield url


def pgbouncer_command(folder: Path, port: int, server: URL, mode: str, **options: object) -> tuple[list[str | Path], str | None]:
    """Write its files into a folder; return the command that runs it, and whom it has to run as."""
    program = shutil.which("pgbouncer", path="/usr/sbin:/usr/local/sbin:/usr/bin:/usr/local/bin")
    if program is None:
        missing("there is no PgBouncer: Debian's pgbouncer is not installed.")
    values = {
        "listen_port": port,
        "auth_type": "trust",
        "auth_file": folder / "users",
        "pool_mode": mode,
        # Whoever relies on a server connection of the transaction before has another one now.
        "min_pool_size": 3,
        **({"default_pool_size": 80} if mode == "session" else {}),
        "server_round_robin": 1,
        **options,
    }
    text = re.sub(r"^lanner = .*$", f"* = host={server.host} port={server.port or 5432}", CONFIGURATION.read_text(), flags=re.MULTILINE)
    for key, value in values.items():
        text, count = re.subn(rf"^{key} = .*$", f"{key} = {value}", text, flags=re.MULTILINE)
        text += "" if count else f"{key} = {value}\n"
    (folder / "pgbouncer.ini").write_text(text)
    (folder / "users").write_text(f'"{server.username}" "{server.password or ""}"\n')
    return [program, folder / "pgbouncer.ini"], unprivileged(folder)
