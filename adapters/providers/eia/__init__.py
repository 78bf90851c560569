"""U.S. Energy Information Administration."""
