"""Keeping the caches of all processes true: what changes is told on one channel, before and after each commit."""
