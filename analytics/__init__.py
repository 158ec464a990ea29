"""What became of things, told to the people it concerns."""
