"""Who may come in: users, sign-in, API tokens."""
