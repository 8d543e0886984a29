"""Pictures: decoded, turned upright, in sRGB, scaled, and written anew, so that nothing else of a file survives.

Runs in a child process (`child.py`): synchronous, and any exception means that the file cannot be read.
"""

import io
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import blurhash
from PIL import GifImagePlugin, Image, ImageCms, ImageDraw, ImageOps, PngImagePlugin

from app.media import limits

_FORMATS = {"jpeg": "JPEG", "png": "PNG", "webp": "WEBP", "gif": "GIF"}
_ENDINGS = {"JPEG": "jpg", "PNG": "png", "WEBP": "webp", "GIF": "gif"}
_SAVE: dict[str, dict[str, Any]] = {
    "JPEG": {"quality": 85, "optimize": True, "progressive": True},
    "PNG": {"compress_level": 6},
    "WEBP": {"quality": 85, "method": 3},
    "GIF": {"optimize": False},
}
# Fewer colours would be lost with more; nobody sees a difference in a blur.
_BLUR_SIDE, _BLUR_PARTS = 32, 4

# Read headers only after our own look at them (see `_open`); text in a PNG is never looked at.
Image.MAX_IMAGE_PIXELS = None
PngImagePlugin.MAX_TEXT_MEMORY = 4 * 1024 * 1024
GifImagePlugin.LOADING_STRATEGY = GifImagePlugin.LoadingStrategy.RGB_AFTER_DIFFERENT_PALETTE_ONLY


class Refused(Exception):
    """The picture can be read, and is more than we take. The message is for people."""


def work(job: str, source: Path, folder: Path, kind: str) -> dict[str, Any]:
    """Do one of the jobs below with `source`, a file of `kind`; results are written into `folder`."""
    image = _open(source, _FORMATS[kind])
    if job == "image":
        return _image(image, folder, kind)
    if job == "still":
        return _still(image, folder, kind)
    if job in ("avatar", "header"):
        return _picture(image, folder, kind, limits.AVATAR_SIZE if job == "avatar" else limits.HEADER_SIZE)
    raise ValueError(job)


def blank(width: int, height: int, folder: Path) -> dict[str, Any]:
    """A preview of something that cannot be looked into: a dark field with a triangle to press."""
    size = _fitting((width, height), limits.SMALL_PIXELS)
    image = Image.new("RGB", size, (32, 40, 56))
    x, y, side = size[0] / 2, size[1] / 2, min(size) / 6
    ImageDraw.Draw(image).polygon([(x - side, y - side), (x - side, y + side), (x + side, y)], fill=(196, 204, 218))
    return {"animated": False, **_small(image, folder, "png")}


def _open(source: Path, format: str) -> Image.Image:
    image = Image.open(source, formats=(format,))
    width, height = image.size
    if width * height > limits.IMAGE_MATRIX:
        raise Refused(f"{width}x{height} images are not supported")
    return image


def _image(image: Image.Image, folder: Path, kind: str) -> dict[str, Any]:
    """A picture to attach: the picture itself, its preview, and its blur."""
    if _is_animation(image):
        frames, durations = _frames(image)
        original = _save_frames(frames, durations, folder / "original", _FORMATS[kind])
        first = frames[0]
        return {"animated": True, "original": original, **_small(first, folder, kind)}
    upright = _upright(image, limits.KEPT_PIXELS)
    original = _save(upright, folder / "original", _FORMATS[kind])
    return {"animated": False, "original": original, **_small(upright, folder, kind)}


def _still(image: Image.Image, folder: Path, kind: str) -> dict[str, Any]:
    """Only preview and blur; an animation is read to its end, because something else will convert it."""
    animated = _is_animation(image)
    if animated:
        for _ in _each_frame(image):
            pass
        image.seek(0)
    return {"animated": animated, **_small(_upright(image, limits.SMALL_PIXELS), folder, kind)}


def _small(image: Image.Image, folder: Path, kind: str) -> dict[str, Any]:
    """Preview and blur. A still of a GIF becomes a PNG."""
    small = _scaled(image.convert("RGBA" if _has_alpha(image) else "RGB"), limits.SMALL_PIXELS)
    format = "PNG" if kind == "gif" else _FORMATS[kind]
    return {"small": _save(small, folder / "small", format), "blurhash": _blur(small)}


def _picture(image: Image.Image, folder: Path, kind: str, size: tuple[int, int]) -> dict[str, Any]:
    """An avatar or a header: cropped around its middle to `size`; of an animation also a still."""
    if not _is_animation(image):
        fitted = ImageOps.fit(_upright(image, 4 * size[0] * size[1]), size)
        format = "PNG" if kind == "gif" else _FORMATS[kind]
        return {"animated": False, "original": _save(fitted, folder / "original", format)}
    frames, durations = _frames(image)
    fitted_frames = [ImageOps.fit(frame.convert("RGBA"), size) for frame in frames]
    return {
        "animated": True,
        "original": _save_frames(fitted_frames, durations, folder / "original", _FORMATS[kind]),
        "static": _save(fitted_frames[0], folder / "static", "PNG"),
    }


# --- Steps -----------------------------------------------------------------------------------------


def _upright(image: Image.Image, most_pixels: int) -> Image.Image:
    """The pixels as they are meant to be seen: turned as EXIF says, in sRGB, of `most_pixels` at most."""
    with suppress(AttributeError):
        # JPEG decoders can halve while they decode, which is cheaper in time and memory.
        image.draft(None, _fitting(image.size, most_pixels))
    image.load()
    icc = image.info.get("icc_profile")
    turned = ImageOps.exif_transpose(image)
    return _scaled(_srgb(turned, icc), most_pixels)


def _srgb(image: Image.Image, icc: bytes | None) -> Image.Image:
    mode = "RGBA" if _has_alpha(image) else "RGB"
    if image.mode.startswith("I"):
        # 16 bits of grey: Pillow would cut off, not scale.
        image = image.convert("I").point(lambda value: value * (1 / 256)).convert("L")
    if icc and image.mode in ("RGB", "RGBA", "CMYK", "L"):
        with suppress(ImageCms.PyCMSError, OSError, ValueError):
            profile = ImageCms.ImageCmsProfile(io.BytesIO(icc))
            converted = ImageCms.profileToProfile(image, profile, ImageCms.createProfile("sRGB"), outputMode=mode)
            if converted is not None:
                return converted
    return image if image.mode == "L" else image.convert(mode)


def _scaled(image: Image.Image, most_pixels: int) -> Image.Image:
    size = _fitting(image.size, most_pixels)
    return image if size == image.size else image.resize(size, Image.Resampling.LANCZOS, reducing_gap=2.0)


def _fitting(size: tuple[int, int], most_pixels: int) -> tuple[int, int]:
    """`size`, or the largest of the same shape whose area is `most_pixels` at most."""
    width, height = size
    if width * height <= most_pixels:
        return size
    factor = (most_pixels / (width * height)) ** 0.5
    return max(1, int(width * factor)), max(1, int(height * factor))


def _has_alpha(image: Image.Image) -> bool:
    return image.mode in ("RGBA", "LA", "PA", "RGBa", "La") or "transparency" in image.info


def _blur(image: Image.Image) -> str:
    flat = Image.new("RGB", image.size, "white")
    flat.paste(image, mask=image.getchannel("A") if image.mode == "RGBA" else None)
    tiny = flat.resize((_BLUR_SIDE, _BLUR_SIDE), Image.Resampling.BOX)
    pixels = [[tiny.getpixel((x, y)) for x in range(_BLUR_SIDE)] for y in range(_BLUR_SIDE)]
    return str(blurhash.encode(pixels, _BLUR_PARTS, _BLUR_PARTS))


# --- Animations ------------------------------------------------------------------------------------


def _is_animation(image: Image.Image) -> bool:
    """Whether it moves. A PNG never does: its further frames are left out."""
    if image.format not in ("GIF", "WEBP"):
        return False
    try:
        image.seek(1)
    except EOFError:
        return False
    finally:
        image.seek(0)
    return True


def _frames(image: Image.Image) -> tuple[list[Image.Image], list[int]]:
    frames, durations = [], []
    for frame in _each_frame(image):
        durations.append(max(20, int(frame.info.get("duration") or 100)))
        frames.append(_without_info(frame.copy()))
    return frames, durations


def _each_frame(image: Image.Image) -> Iterator[Image.Image]:
    width, height = image.size
    if width * height > limits.ANIMATED_MATRIX:
        raise Refused(f"{width}x{height} animations are not supported")
    number = 0
    while True:
        try:
            image.seek(number)
        except EOFError:
            return
        number += 1
        if number > limits.ANIMATED_FRAMES or number * width * height > limits.ANIMATED_PIXELS:
            raise Refused("The animation has too many frames")
        image.load()
        yield image


# --- Files -----------------------------------------------------------------------------------------


def _save(image: Image.Image, path: Path, format: str) -> dict[str, Any]:
    clean = _without_info(image)
    if format == "JPEG" and clean.mode not in ("RGB", "L"):
        clean = clean.convert("RGB")
    return _written(path, format, clean.size, lambda target: clean.save(target, format, **_SAVE[format]))


def _save_frames(frames: list[Image.Image], durations: list[int], path: Path, format: str) -> dict[str, Any]:
    first, *rest = frames
    options = {**_SAVE[format], "save_all": True, "append_images": rest, "duration": durations, "loop": 0}
    if format == "WEBP":
        options["method"] = 0
    return _written(path, format, first.size, lambda target: first.save(target, format, **options))


def _written(path: Path, format: str, size: tuple[int, int], save: Any) -> dict[str, Any]:
    target = path.with_suffix(f".{_ENDINGS[format]}")
    save(target)
    return {"name": target.name, "width": size[0], "height": size[1]}


def _without_info(image: Image.Image) -> Image.Image:
    """Without comments, profiles, EXIF and XMP: writers take them over unasked."""
    image.info = {key: value for key, value in image.info.items() if key == "transparency" and image.mode == "P"}
    return image
