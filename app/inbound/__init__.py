"""Recruiters' systems push jobs in: signed sources, kept receipts, one small module per kind of source."""
