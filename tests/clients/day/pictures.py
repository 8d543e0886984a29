"""A picture, made here."""

import struct
import zlib


def png(width: int = 64, height: int = 48) -> bytes:
    """A PNG that fades from red to blue."""
    rows = b"".join(
        b"\0" + bytes(part for x in range(width) for part in (255 - x * 255 // width, 0, x * 255 // width))
        for _ in range(height)
    )
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    parts = ((b"IHDR", header), (b"IDAT", zlib.compress(rows)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)) for kind, data in parts
    )
