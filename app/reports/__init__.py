"""Complaints about accounts and posts."""
