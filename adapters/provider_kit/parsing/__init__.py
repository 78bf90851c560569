"""Parsers of answers and files: numbers, periods, tables, documents."""
