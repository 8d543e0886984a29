"""MP4 files built by hand: no more than what makes one, and all that people do not know is in theirs."""

import struct

SECRETS = (b"+30.2460-120.1490/", b"SecretPhone", b"SecretXmp", b"SecretFree", b"SecretHandler", b"SecretMeta")
PICTURES = b"\x00\x00\x00\x01picture" * 40


def box(kind: bytes, *content: bytes) -> bytes:
    body = b"".join(content)
    return struct.pack(">I", 8 + len(body)) + kind + body


def full(kind: bytes, *content: bytes, version: int = 0) -> bytes:
    return box(kind, bytes([version, 0, 0, 0]), *content)


def times(version: int, scale: int, length: int, *, middle: bytes = b"") -> bytes:
    made = 3_900_000_000
    if version == 1:
        return struct.pack(">QQ", made, made) + middle + struct.pack(">IQ", scale, length)
    return struct.pack(">II", made, made) + middle + struct.pack(">II", scale, length)


def track(
    width: int = 640,
    height: int = 360,
    *,
    seconds: int = 3,
    frames: int = 90,
    handler: bytes = b"vide",
    turned: bool = False,
    version: int = 0,
    extra: bytes = b"",
) -> bytes:
    matrix = (0, 65536, 0, -65536, 0, 0, 0, 0, 1 << 30) if turned else (65536, 0, 0, 0, 65536, 0, 0, 0, 1 << 30)
    made = struct.pack(">QQIIQ", 9, 9, 1, 0, seconds * 1000) if version else struct.pack(">IIIII", 9, 9, 1, 0, 3000)
    tkhd = full(
        b"tkhd",
        made,
        bytes(16),
        struct.pack(">9i", *matrix),
        struct.pack(">II", width << 16, height << 16),
        version=version,
    )
    stbl = box(
        b"stbl",
        full(b"stsd", struct.pack(">I", 1), box(b"avc1", bytes(78))),
        full(b"stts", struct.pack(">III", 1, frames, 1)),
        full(b"stsc", struct.pack(">IIII", 1, 1, 1, 1)),
        full(b"stsz", struct.pack(">II", 10, frames)),
        full(b"stco", struct.pack(">II", 1, 0)),
        box(b"udta", b"SecretMeta"),
    )
    mdia = box(
        b"mdia",
        full(b"mdhd", times(version, 30, seconds * 30), bytes(4), version=version),
        full(b"hdlr", bytes(4), handler, bytes(12), b"SecretHandler\x00"),
        box(b"minf", full(b"vmhd", bytes(8)), stbl),
    )
    return box(b"trak", tkhd, mdia, extra)


def mp4(*tracks: bytes, brand: bytes = b"isom", seconds: int = 3, version: int = 0) -> bytes:
    """A film whose every corner tells secrets."""
    place = box(b"udta", box(b"\xa9xyz", b"\x00\x12\x15\xc7+30.2460-120.1490/"), box(b"\xa9mod", b"SecretPhone"))
    moov = box(
        b"moov",
        full(b"mvhd", times(version, 1000, seconds * 1000), bytes(80), version=version),
        *(tracks or (track(extra=box(b"meta", b"SecretMeta")),)),
        place,
        box(b"meta", bytes(4), b"SecretMeta"),
    )
    return b"".join(
        (
            box(b"ftyp", brand, bytes(4), b"isommp42"),
            box(b"uuid", bytes(16), b"<x:xmpmeta>SecretXmp</x:xmpmeta>"),
            moov,
            box(b"free", b"SecretFree"),
            box(b"mdat", PICTURES),
            box(b"zzzz", b"SecretMeta"),
        )
    )
