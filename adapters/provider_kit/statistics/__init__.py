"""The formats of statistical agencies."""
