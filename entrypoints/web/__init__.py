"""The web pages: HTML rendered on the server from the use cases, useful without scripts."""
