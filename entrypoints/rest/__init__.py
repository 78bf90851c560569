"""The REST API: Falcon resources over the use cases."""
