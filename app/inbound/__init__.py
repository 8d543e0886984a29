"""Recruiters' systems bring jobs in: signed sources, kept receipts, one small module for each kind of
source. Publishes `source.created`."""
