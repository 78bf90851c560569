"""The Quandl-compatible API: Quandl's v3 API of time series, as its clients know it."""

QUANDL_ROOT = "/api/v3"
_BELOW = f"{QUANDL_ROOT}/"


def is_quandl(path: str) -> bool:
    """Return whether a path is below the Quandl-compatible API's root."""
    return path.startswith(_BELOW)
