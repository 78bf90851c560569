"""What every provider promises, as rules that anyone can run."""
