"""Webhooks: what is told to whom, how it is signed, and when it is tried again."""
