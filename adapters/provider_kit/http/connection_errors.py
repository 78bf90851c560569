"""What went wrong with a connection, in words."""

from __future__ import annotations


def why_unreachable(error: Exception) -> str:
    """Return a clause that says why a request had no answer, from an error of urllib3's, of the socket or of the address."""
    from urllib3 import exceptions

    match error:
        case exceptions.NameResolutionError():
            return "name not resolved"
        case exceptions.NewConnectionError():
            return "connection refused" if isinstance(error.__cause__, ConnectionRefusedError) else "no connection could be made"
        case exceptions.TimeoutError():
            return "it did not answer in time"
        case exceptions.SSLError():
            return "its TLS certificate or handshake was not accepted"
        case exceptions.LocationValueError():
            return "its name is none"
    return "the connection failed or was closed before an answer"
