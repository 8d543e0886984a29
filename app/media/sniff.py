"""What a file is, by its first bytes alone: its name and declared type are anybody's word."""

HEAD_BYTES = 64
# ISO base media files that are films; HEIC and AVIF pictures have the same form and other brands.
_MP4_BRANDS = frozenset(
    {b"isom", b"iso2", b"iso4", b"iso5", b"iso6", b"mp41", b"mp42", b"avc1", b"M4V ", b"MSNV", b"dash"}
)


def sniff(head: bytes) -> str | None:
    """jpeg, png, gif, webp, mp4, mov or webm; None for everything else."""
    if head.startswith(b"\xff\xd8\xff"):
        return "jpeg"
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return "png"
    if head.startswith((b"GIF87a", b"GIF89a")):
        return "gif"
    if head.startswith(b"RIFF") and head[8:12] == b"WEBP":
        return "webp"
    if head.startswith(b"\x1aE\xdf\xa3") and b"webm" in head:
        return "webm"
    if head[4:8] == b"ftyp":
        if head[8:12] in _MP4_BRANDS:
            return "mp4"
        if head[8:12] == b"qt  ":
            return "mov"
    return None
