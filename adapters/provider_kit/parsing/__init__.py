"""Reading answers and files: numbers, periods, tables, documents."""
