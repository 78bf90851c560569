"""The worker: Celery and a poller on the use cases."""
