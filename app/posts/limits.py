"""How much a post may hold. What is over it is refused; `instance` advertises it."""

from datetime import timedelta

# Earlier versions kept of one post: what was said stays readable, so after them there are no more edits.
EDITS = 100

POLL_OPTIONS = 4
POLL_OPTION_LENGTH = 50
SHORTEST_POLL = timedelta(minutes=5)
# A month, as Rails counts one.
LONGEST_POLL = timedelta(seconds=2_629_746)
