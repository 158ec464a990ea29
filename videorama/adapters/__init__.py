"""Tools outside the process. Plain values in, frozen dataclasses out; no models, no settings."""
