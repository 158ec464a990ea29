"""What happened: append-only facts, who did what, when, and by which door."""
