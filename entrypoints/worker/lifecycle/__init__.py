"""How a worker's processes begin, tell that they live, and end."""
