"""The quality gates."""
