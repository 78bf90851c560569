"""The outside that drives lanner: REST clients, workers and people at a terminal. Each is handed the use cases."""
