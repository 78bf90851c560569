"""The worker: Celery and a poller over the use cases."""
