"""
The REST resources, one group in each module.

Modules here are discovered: each ends with ``routes(use_cases, sender)``, which yields (path, resource) or, for responders
with a suffix, (path, resource, suffix). Two resources on one path prevent the start.
"""
