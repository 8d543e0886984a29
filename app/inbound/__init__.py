"""Recruiters' systems bring jobs in: sources that push and sources that are polled, kept receipts, one small module for
each format. Publishes `source.created`, `source.held`."""
