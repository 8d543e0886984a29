"""Limits of résumés."""

BYTES = 10 * 1024 * 1024
PER_ACCOUNT = 10
NAME = 120
# Words in a zip's directory: a Word document has some dozens.
ZIP_ENTRIES = 5000
