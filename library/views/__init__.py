"""Pages of libraries and entries, one file per noun."""
