"""The ports in memory: for tests, demonstrations and as their reference implementation."""
