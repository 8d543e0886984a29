"""How often a caller may ask: the rules, the limits port and its adapters. Publishes nothing."""
