"""What we own and how you look at it."""
