"""What every resource shares: requests read, responses sent, errors and links."""
