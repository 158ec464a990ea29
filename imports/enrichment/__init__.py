"""What makes an entry complete: one file per family."""
