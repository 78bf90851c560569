"""Importing does nothing."""

from __future__ import annotations

import subprocess
import sys

from tests.architecture.source import ROOT, modules

IMPORT_EACH = """
import importlib, os, signal, sys, threading
sys.path.insert(0, sys.argv[1])

def refuse(event, details):
    if event.startswith(("socket.connect", "socket.bind", "socket.getaddrinfo", "subprocess.", "os.system", "os.fork", "sqlite3.connect")):
        raise RuntimeError(f"{event} {details}")
    changes_files = event in ("os.mkdir", "os.remove", "os.rename", "os.rmdir", "os.truncate", "shutil.rmtree")
    if changes_files or (event == "open" and details[0] != os.devnull and details[2] & (os.O_WRONLY | os.O_RDWR | os.O_CREAT)):
        raise RuntimeError(f"{event} {details}")

before = dict(os.environ)
sys.addaudithook(refuse)
for name in sys.argv[2:]:
    importlib.import_module(name)
    assert threading.active_count() == 1, f"{name} starts a thread"
    assert dict(os.environ) == before, f"{name} changes the environment"
    assert "logging" not in sys.modules or not sys.modules["logging"].getLogger().handlers, f"{name} sets up logging"
    assert signal.getsignal(signal.SIGTERM) == signal.SIG_DFL, f"{name} handles signals"
"""


def test_importing_does_nothing(tmp_path):
    """Every module but the mains is imported in an empty environment without network, threads, files or set-up."""
    names = [module.name for module in modules() if not module.is_main and module.path != "adapters/sql/migrations/env.py"]
    command = [sys.executable, "-B", "-c", IMPORT_EACH, str(ROOT), *names]
    done = subprocess.run(command, check=False, capture_output=True, text=True, env={}, cwd=tmp_path)

    assert done.returncode == 0, done.stderr
    assert done.stdout + done.stderr == ""
    assert list(tmp_path.iterdir()) == []
