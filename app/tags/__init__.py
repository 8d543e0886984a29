"""Followed and featured topics."""
