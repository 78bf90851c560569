"""The pages, one a module; each yields its routes from ``routes(site)``."""
