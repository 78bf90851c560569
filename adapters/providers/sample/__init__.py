"""Sample series, offline."""
