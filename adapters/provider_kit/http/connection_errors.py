"""What went wrong with a connection, in words, and what can be done about it."""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from http import HTTPStatus

#: OpenSSL's codes: an authority that is not among the trusted ones; a certificate of another time.
_UNKNOWN_AUTHORITY, _OTHER_TIME = frozenset({2, 18, 19, 20, 21}), frozenset({9, 10})
_AUTHORITY = (
    "If a proxy of your network signs certificates itself, or the server's authority is your own, "
    "name a file with the authorities' certificates in LANNER_CA_FILE, which takes the place of the public ones."
)
_TIME = "See whether this machine's clock is right; else the server needs a new certificate."
_OF_PROXY = "See HTTPS_PROXY and HTTP_PROXY; hosts that are reached without it stand in NO_PROXY."
_LOGIN = "Write them into HTTPS_PROXY or HTTP_PROXY, as in http://user:password@host:3128, with special characters percent-encoded."
_CHECKS = "If the proxy itself lets nothing through to addresses that are not public, set LANNER_PROXY_CHECKS_ADDRESSES=true."
_STATUSES: Mapping[int, tuple[str, str]] = {
    HTTPStatus.PROXY_AUTHENTICATION_REQUIRED: ("asks for a user and a password, or does not accept them", _LOGIN),
    HTTPStatus.FORBIDDEN: ("does not permit it", "Have the proxy permit it, or name the host in NO_PROXY if it is reached without it."),
    HTTPStatus.BAD_GATEWAY: ("could not reach it", ""),
    HTTPStatus.SERVICE_UNAVAILABLE: ("could not reach it", ""),
    HTTPStatus.GATEWAY_TIMEOUT: ("got no answer in time", ""),
}


class ProxyFailed(Exception):
    """
    A proxy could not be reached, or made no connection.

    Attributes:
        clause: says which proxy, and why.
        hint: what can be done; empty if nothing is known.

    """

    def __init__(self, clause: str, hint: str = "") -> None:
        super().__init__(clause)
        self.clause, self.hint = clause, hint


def unreachable_proxy(place: str, error: Exception) -> ProxyFailed:
    """Return the error that there is no connection to a proxy."""
    return ProxyFailed(f"the proxy {place} could not be reached: {why_unreachable(error)}", what_to_do(error) or _OF_PROXY)


def refusing_proxy(place: str, status: int, *, by_address: bool = False) -> ProxyFailed:
    """Return the error that a proxy answered with a status other than success, perhaps because it was given an address for a name."""
    clause, hint = _STATUSES.get(status, ("refused", _OF_PROXY))
    hints = (hint, _CHECKS if by_address and status == HTTPStatus.FORBIDDEN else "")
    return ProxyFailed(f"the proxy {place} {clause} (status {status})", " ".join(filter(None, hints)))


def unchecked_name() -> ProxyFailed:
    """Return the error that a name that was to be checked before the proxy connects to it is not resolved here."""
    return ProxyFailed("its name is not resolved here, and the proxy is only told addresses that were checked", _CHECKS)


def why_unreachable(error: Exception) -> str:
    """Return a clause that says why a request had no answer, from an error of urllib3's, of the socket, of a proxy or of the address."""
    from urllib3 import exceptions

    match error:
        case ProxyFailed():
            clause = error.clause
        case exceptions.NameResolutionError():
            clause = "name not resolved"
        case exceptions.NewConnectionError():
            clause = "connection refused" if isinstance(error.__cause__, ConnectionRefusedError) else "no connection could be made"
        case exceptions.TimeoutError():
            clause = "it did not answer in time"
        case exceptions.SSLError():
            found = _certificate_error(error)
            clause = f"its TLS certificate is not accepted: {found.verify_message.rstrip('.')}" if found else "its TLS handshake failed"
        case exceptions.LocationValueError():
            clause = "its name is none"
        case _:
            clause = "the connection failed or was closed before an answer"
    return clause


def what_to_do(error: Exception) -> str:
    """Return a sentence about how to mend it; empty if nothing is known."""
    if isinstance(error, ProxyFailed):
        return error.hint
    found = _certificate_error(error)
    if found is None:
        return ""
    return _AUTHORITY if found.verify_code in _UNKNOWN_AUTHORITY else _TIME if found.verify_code in _OTHER_TIME else ""


def _certificate_error(error: BaseException) -> ssl.SSLCertVerificationError | None:
    causes = (error, *error.args, error.__cause__)
    return next((each for each in causes if isinstance(each, ssl.SSLCertVerificationError)), None)
