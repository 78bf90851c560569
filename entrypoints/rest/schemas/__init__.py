"""Marshmallow schemas of responses, and of the requests for schedules: a module a resource."""
