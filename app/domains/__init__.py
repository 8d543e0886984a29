"""Domains that an account wants nothing of. Kept for apps that offer it; nothing comes from elsewhere. No events."""
