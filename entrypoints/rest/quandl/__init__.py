"""The Quandl-compatible API: Quandl's API of time series, versions 1 to 3, as its clients know it."""

QUANDL_ROOT = "/api/v3"
#: The versions before the third, whose documents have other names.
EARLIER_ROOTS = ("/api/v1", "/api/v2")
_BELOW_EARLIER = tuple(f"{root}/" for root in EARLIER_ROOTS)
_BELOW = (f"{QUANDL_ROOT}/", *_BELOW_EARLIER)


def is_quandl(path: str) -> bool:
    """Return whether a path is below a root of the Quandl-compatible API."""
    return path.startswith(_BELOW)


def is_earlier(path: str) -> bool:
    """Return whether a path is one of Quandl's first or second version."""
    return path.startswith(_BELOW_EARLIER)
