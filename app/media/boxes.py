"""MP4 files as the boxes they are made of: what a film is, and everything else blanked out in place.

Whatever says where, when or with what a film was made sits in boxes beside the film. They become `free`
boxes full of zeros, so that no offset changes. Hardened: every size is checked against its parent.
"""

import os
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import BinaryIO

_MOST_BOXES = 100_000
_BLANK = 1024 * 1024
# What a film needs, by the box it is in; all else is blanked. `None` is the file itself.
_NEEDED: dict[bytes | None, frozenset[bytes]] = {
    None: frozenset({b"ftyp", b"moov", b"mdat", b"moof", b"sidx", b"styp", b"mfra", b"free"}),
    b"moov": frozenset({b"mvhd", b"trak", b"mvex", b"iods", b"free"}),
    b"trak": frozenset({b"tkhd", b"edts", b"mdia", b"tref", b"free"}),
    b"mdia": frozenset({b"mdhd", b"hdlr", b"minf", b"elng", b"free"}),
    b"minf": frozenset({b"vmhd", b"smhd", b"nmhd", b"sthd", b"dinf", b"stbl", b"free"}),
    b"moof": frozenset({b"mfhd", b"traf", b"free"}),
    b"traf": frozenset({b"tfhd", b"tfdt", b"trun", b"sbgp", b"sgpd", b"saiz", b"saio", b"free"}),
}
_FOREIGN = frozenset({b"udta", b"meta", b"uuid"})
_FILM, _SOUND = b"vide", b"soun"


class NotAFilm(ValueError):
    """The file is no MP4 that can be played, or one whose boxes do not fit into each other."""


@dataclass(slots=True)
class Track:
    """One track: its handler (`vide`, `soun`), its codec, and its measures."""

    handler: bytes = b""
    codec: bytes = b""
    width: int = 0
    height: int = 0
    seconds: Fraction = Fraction(0)
    samples: int = 0


@dataclass(slots=True)
class Film:
    """What an MP4 says it is."""

    seconds: Fraction = Fraction(0)
    tracks: list[Track] = field(default_factory=list)

    @property
    def picture(self) -> Track:
        """Its first track that shows something; raises NotAFilm."""
        for track in self.tracks:
            if track.handler == _FILM and track.width and track.height:
                return track
        raise NotAFilm("no picture")

    @property
    def frame_rate(self) -> Fraction | None:
        """Frames per second, as far as the tables tell."""
        picture = self.picture
        if not picture.samples or not picture.seconds:
            return None
        return (picture.samples / picture.seconds).limit_denominator(1001)

    @property
    def has_data_tracks(self) -> bool:
        """Whether something besides picture and sound runs along: places, mostly."""
        return any(track.handler not in (_FILM, _SOUND) for track in self.tracks)


def read(path: Path) -> Film:
    """What the MP4 is. Raises NotAFilm."""
    return _walk(path, blank=False)


def clean(path: Path) -> Film:
    """Blank out all that is not the film, in place, and say what it is. Raises NotAFilm."""
    return _walk(path, blank=True)


@dataclass(frozen=True, slots=True)
class _Box:
    kind: bytes
    start: int
    body: int
    end: int


def _walk(path: Path, *, blank: bool) -> Film:
    film = Film()
    budget = iter(range(_MOST_BOXES))
    with path.open("r+b" if blank else "rb") as file:
        end = file.seek(0, os.SEEK_END)
        for box in _boxes(file, 0, end, budget):
            if box.kind not in _NEEDED[None]:
                _blank_out(file, box, blank)
            elif box.kind in _NEEDED:
                _descend(file, box, film, blank, budget)
            elif box.kind == b"free":
                _blank_out(file, box, blank)
    film.picture  # noqa: B018 (raises)
    return film


def _descend(file: BinaryIO, parent: _Box, film: Film, blank: bool, budget: Iterator[int]) -> None:
    if parent.kind == b"trak":
        film.tracks.append(Track())
    for box in _boxes(file, parent.body, parent.end, budget):
        foreign = box.kind in _FOREIGN if parent.kind == b"stbl" else box.kind not in _NEEDED[parent.kind]
        if foreign or box.kind == b"free":
            _blank_out(file, box, blank)
        elif box.kind in _NEEDED or box.kind == b"stbl":
            _descend(file, box, film, blank, budget)
        elif box.kind in _READERS:
            _READERS[box.kind](file, box, film, blank)


def _boxes(file: BinaryIO, start: int, end: int, budget: Iterator[int]) -> Iterator[_Box]:
    while start < end:
        if next(budget, None) is None:
            raise NotAFilm("too many boxes")
        if end - start < 8:
            raise NotAFilm("a box is cut off")
        file.seek(start)
        header = file.read(16)
        size, body = int.from_bytes(header[:4], "big"), start + 8
        if size == 1:
            size, body = int.from_bytes(header[8:16], "big"), start + 16
        elif size == 0:
            size = end - start
        if size < body - start or start + size > end:
            raise NotAFilm("a box does not fit")
        yield _Box(header[4:8], start, body, start + size)
        start += size


def _blank_out(file: BinaryIO, box: _Box, blank: bool) -> None:
    if not blank:
        return
    file.seek(box.start + 4)
    file.write(b"free")
    file.seek(box.body)
    left = box.end - box.body
    while left > 0:
        left -= file.write(bytes(min(left, _BLANK)))


# --- Boxes that are looked into --------------------------------------------------------------------


def _fields(file: BinaryIO, box: _Box, most: int) -> bytes:
    file.seek(box.body)
    return file.read(min(most, box.end - box.body))


def _times(file: BinaryIO, box: _Box, blank: bool) -> tuple[int, Fraction]:
    """Version and duration of a mvhd or mdhd; when it was made is forgotten."""
    data = _fields(file, box, 32)
    version = data[0] if data else 0
    try:
        if version == 1:
            scale, length = struct.unpack_from(">IQ", data, 20)
        else:
            scale, length = struct.unpack_from(">II", data, 12)
    except struct.error:
        raise NotAFilm("a header is too short") from None
    _forget_moments(file, box, version, blank)
    unknown = length in (0xFFFFFFFF, 0xFFFFFFFFFFFFFFFF)
    return version, Fraction(length, scale) if scale and not unknown else Fraction(0)


def _forget_moments(file: BinaryIO, box: _Box, version: int, blank: bool) -> None:
    if blank:
        file.seek(box.body + 4)
        file.write(bytes(16 if version == 1 else 8))


def _read_mvhd(file: BinaryIO, box: _Box, film: Film, blank: bool) -> None:
    _, film.seconds = _times(file, box, blank)


def _read_mdhd(file: BinaryIO, box: _Box, film: Film, blank: bool) -> None:
    _, seconds = _times(file, box, blank)
    _current(film).seconds = seconds


def _read_tkhd(file: BinaryIO, box: _Box, film: Film, blank: bool) -> None:
    data = _fields(file, box, 96)
    version = data[0] if data else 0
    matrix = 52 if version == 1 else 40
    try:
        a, b = struct.unpack_from(">ii", data, matrix)
        width, height = struct.unpack_from(">II", data, matrix + 36)
    except struct.error:
        raise NotAFilm("a header is too short") from None
    _forget_moments(file, box, version, blank)
    track = _current(film)
    track.width, track.height = width >> 16, height >> 16
    if a == 0 and b != 0:
        # Filmed upright: players turn it by a quarter.
        track.width, track.height = track.height, track.width


def _read_hdlr(file: BinaryIO, box: _Box, film: Film, blank: bool) -> None:
    _current(film).handler = _fields(file, box, 12)[8:12]
    if blank and box.end - box.body > 24:
        # A name, often of the program or the camera.
        file.seek(box.body + 24)
        file.write(bytes(min(box.end - box.body - 24, _BLANK)))


def _read_stsd(file: BinaryIO, box: _Box, film: Film, blank: bool) -> None:
    _current(film).codec = _fields(file, box, 16)[12:16]


def _read_stsz(file: BinaryIO, box: _Box, film: Film, blank: bool) -> None:
    _current(film).samples = int.from_bytes(_fields(file, box, 12)[8:12], "big")


def _current(film: Film) -> Track:
    if not film.tracks:
        raise NotAFilm("a track's box outside a track")
    return film.tracks[-1]


_READERS = {
    b"mvhd": _read_mvhd,
    b"mdhd": _read_mdhd,
    b"tkhd": _read_tkhd,
    b"hdlr": _read_hdlr,
    b"stsd": _read_stsd,
    b"stsz": _read_stsz,
}
