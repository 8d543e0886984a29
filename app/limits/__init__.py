"""How often a caller may ask: the rate limits port and its Valkey adapter. Publishes nothing."""
