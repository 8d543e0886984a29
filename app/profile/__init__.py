"""One's own account as settings: preferences, and the profile in its newer form. No events of its own."""
