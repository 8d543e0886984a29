"""What can go wrong on this machine, in words for the person at the terminal."""


class LocalError(Exception):
    """Something here stops Weizhi from starting. The message says what, and what to do about it."""
