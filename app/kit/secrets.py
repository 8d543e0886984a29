"""Random tokens and the form in which they are kept."""

import hashlib
import secrets


def new_token() -> str:
    """256 random bits, URL-safe."""
    return secrets.token_urlsafe(32)


def fingerprint(token: str) -> bytes:
    """SHA-256 of a token: what the database keeps, so that a leaked table opens no door."""
    return hashlib.sha256(token.encode()).digest()
