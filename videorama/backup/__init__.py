"""Everything but the media in one file, and back again."""
