"""Votes on polls, and their end. Publishes `poll.ended`."""
