"""
The REST resources, one family a module.

A module takes part by being here: it ends in ``routes(use_cases)``, which yields (path, resource) or, for responders
with a suffix, (path, resource, suffix). A path that two of them claim stops the start.
"""
