"""The outside that lanner drives: providers, stores and the workers' bell. Each family implements ports of the domain."""
