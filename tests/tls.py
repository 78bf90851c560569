"""Certificates for servers of tests."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from ssl import PROTOCOL_TLS_SERVER, SSLContext

from tests.servers import missing


def a_certificate(folder: Path) -> Path:
    """Make a certificate for 127.0.0.1 and its key, in one file."""
    if shutil.which("openssl") is None:
        missing("there is no openssl to make a certificate with.")
    path = folder / "server.pem"
    names = ["-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"]
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", path, "-out", f"{path}.crt", "-days", "2", *names]
    subprocess.run(command, check=True, capture_output=True)
    with path.open("ab") as both:
        both.write(path.with_name(path.name + ".crt").read_bytes())
    return path


def server_side(certificate: Path) -> SSLContext:
    """Return the context of a server with this certificate."""
    context = SSLContext(PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    return context
