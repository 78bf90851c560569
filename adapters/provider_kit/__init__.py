"""What providers are made of; our own and those of third parties import it."""
