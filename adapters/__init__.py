"""Driven adapters: providers, stores and the notification of workers. Each family implements ports of the domain."""
