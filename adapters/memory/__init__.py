"""Every port in RAM: for tests, demonstrations and as the plainest statement of what the ports ask."""
