"""Commands of the preferences room."""
