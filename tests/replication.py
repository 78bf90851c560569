"""A primary and a streaming replica, made with Postgres' own programs in a folder that goes with them."""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.faults.processes import Process, comes_true
from tests.servers import LOCAL, answers, free_port, missing, postgres_command, run_sql

#: A commit is acknowledged once the replica has it on its disk.
SYNCHRONOUS = ("-c", "synchronous_standby_names=*")


@dataclass
class Server:
    """One of the two."""

    process: Process
    port: int
    database: str = "postgres"

    @property
    def url(self) -> str:
        return f"postgresql://postgres@{LOCAL}:{self.port}/{self.database}"

    def sql(self, statement: str) -> object:
        return run_sql(self.url, statement)

    def start(self) -> None:
        self.process.start()
        self.process.wait_until(lambda: answers(self.url))

    def kill(self) -> None:
        """End it without a word, as if its machine were switched off."""
        self.process.kill()


@dataclass
class Pair:
    """A primary and its replica."""

    primary: Server
    replica: Server

    @property
    def url(self) -> str:
        """Name both, for whichever is the primary."""
        first, second = self.primary.port, self.replica.port
        hosts = f"host={LOCAL}:{first}&host={LOCAL}:{second}"
        return f"postgresql://postgres@/{self.primary.database}?{hosts}&target_session_attrs=read-write"

    def settings(self, folder: Path) -> dict[str, str]:
        return {
            "LANNER_DATABASE_URL": self.primary.url,
            "LANNER_DATABASE_READ_URL": self.replica.url,
            "LANNER_DATABASE_SCHEMA": "lanner",
            "LANNER_DATA_DIR": str(folder),
        }

    def pause(self) -> None:
        """Have the replica receive everything and show nothing new."""
        self.replica.sql("SELECT pg_wal_replay_pause()")
        assert comes_true(lambda: self.replica.sql("SELECT pg_get_wal_replay_pause_state()") == "paused")

    def resume(self) -> None:
        self.replica.sql("SELECT pg_wal_replay_resume()")

    def promote(self) -> None:
        """Make a primary of the replica; return when it takes changes."""
        assert self.replica.sql("SELECT pg_promote(true, 60)")

    def has_caught_up(self) -> bool:
        written = self.primary.sql("SELECT pg_current_wal_lsn()")
        return bool(self.replica.sql(f"SELECT pg_last_wal_replay_lsn() >= '{written}'"))


@contextmanager
def replicated(*options: str) -> Iterator[Pair]:
    """Run both until the end."""
    with tempfile.TemporaryDirectory(prefix="lanner-replicated-", ignore_cleanup_errors=True) as name:
        folder, ports = Path(name), (free_port(), free_port())
        command, user = postgres_command(folder, ports[0])
        programs, data, copy = Path(command[0]).parent, folder / "data", folder / "copy"
        if not (programs / "pg_basebackup").exists():
            missing(f"there is no pg_basebackup beside {command[0]}.")
        command += ["-c", "wal_keep_size=1GB"]
        environment = {"PATH": os.environ["PATH"]}
        primary = Server(Process("primary", [*command, *options], environment, folder / "primary.log", user), ports[0])
        own = [copy if each == data else str(ports[1]) if each == str(ports[0]) else each for each in command]
        replica = Server(Process("replica", own, environment, folder / "replica.log", user), ports[1])
        try:
            primary.start()
            # A commit would wait for a replica that is not there yet.
            making = [programs / "pg_basebackup", "-D", copy, "-R", "--checkpoint=fast", "--no-sync", "-d", primary.url]
            subprocess.run(making, check=True, capture_output=True, user=user, cwd=folder)
            replica.start()
            pair = Pair(primary, replica)
            assert comes_true(pair.has_caught_up)
            yield pair
        finally:
            replica.kill()
            primary.kill()
