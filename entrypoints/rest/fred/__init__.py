"""FRED's API, as its clients know it, answered from the vintages that are stored here, whatever their provider."""

FRED_ROOT = "/fred"
GRAPH = "/graph/fredgraph.csv"
_BELOW = f"{FRED_ROOT}/"


def is_fred(path: str) -> bool:
    """Return whether a path is below FRED's API's root, where errors are written in FRED's form and keys may stand in the query."""
    return path.startswith(_BELOW)


def is_lenient(path: str) -> bool:
    """Return whether unknown parameters are ignored, as FRED does it."""
    return is_fred(path) or path == GRAPH
