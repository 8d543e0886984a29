"""Votes on polls, and their end."""
