"""Ratios of the hot paths, measured side by side in one run: machines differ, ratios travel."""
