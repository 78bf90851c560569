"""Rows of the tables as the domain's values, and back."""
