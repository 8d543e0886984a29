"""Pictures made for tests."""

import io
import struct
import zlib
from typing import Any

from PIL import Image, ImageDraw

GPS = {1: "N", 2: (30.0, 15.0, 9.0), 3: "E", 4: (120.0, 9.0, 3.0)}


def encoded(image: Image.Image, format: str, **options: Any) -> bytes:
    held = io.BytesIO()
    image.save(held, format, **options)
    return held.getvalue()


def picture(format: str = "JPEG", size: tuple[int, int] = (120, 80), mode: str = "RGB", **options: Any) -> bytes:
    """A picture whose left half is red and right half is blue."""
    image = Image.new(mode, size, "blue" if mode != "L" else 40)
    ImageDraw.Draw(image).rectangle((0, 0, size[0] // 2 - 1, size[1]), "red" if mode != "L" else 200)
    return encoded(image, format, **options)


def animation(frames: int, size: tuple[int, int] = (16, 12), format: str = "GIF") -> bytes:
    """Frames that differ, so that writers keep each."""
    images = [Image.new("RGB", size, (number * 50 % 256, number * 7 % 256, 90)) for number in range(frames)]
    return encoded(images[0], format, save_all=True, append_images=images[1:], duration=50, loop=0)


def telling_exif(orientation: int = 1) -> bytes:
    """EXIF with a place, a camera and an orientation."""
    exif = Image.Exif()
    exif[0x0112] = orientation
    exif[0x010F] = "SecretCamera"
    exif.get_ifd(0x8825).update(GPS)
    return exif.tobytes()


def png_that_claims(width: int, height: int) -> bytes:
    """A few bytes that say they are huge."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(b"\x00" * 1000))
        + chunk(b"IEND", b"")
    )


def opened(data: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(data))
    image.load()
    return image
