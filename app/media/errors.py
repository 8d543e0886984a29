"""What can be wrong with an upload. All tell the field at fault; the messages are Mastodon's."""

from app.kit.errors import Detail, Invalid


def refused(message: str, *, field: str = "file", code: str = "ERR_INVALID") -> Invalid:
    """An `Invalid` about a file, with `message` as it stands."""
    return Invalid(message, details={field: [Detail(error=code, description=message)]})


def unknown_type(field: str = "file") -> Invalid:
    """The content is of no kind that is taken."""
    details = [
        Detail(error="ERR_INVALID", description="content type is invalid"),
        Detail(error="ERR_INVALID", description="is invalid"),
    ]
    noun = field.capitalize()
    return Invalid(f"Validation failed: {noun} content type is invalid, {noun} is invalid", details={field: details})


def too_big(most_bytes: int, field: str = "file") -> Invalid:
    """The file is over the limit of its kind."""
    description = f"file size must be less than {most_bytes // (1024 * 1024)} MB"
    return Invalid(
        f"Validation failed: {field.capitalize()} {description}",
        details={field: [Detail(error="ERR_TOO_BIG", description=description)]},
    )
