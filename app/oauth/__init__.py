"""Apps, access tokens and scopes: who is calling, and what they may do."""
