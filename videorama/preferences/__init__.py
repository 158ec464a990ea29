"""What an administrator sets in the browser."""
