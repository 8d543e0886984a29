"""Résumés: files that an account keeps for itself, and hands on as copies. No public address leads to one."""
