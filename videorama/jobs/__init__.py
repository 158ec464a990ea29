"""The only record of background work."""
