"""Home, public and account timelines: stored feeds, fan-out into them, and reading."""
