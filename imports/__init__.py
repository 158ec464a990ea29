"""Getting media in and making it complete."""
