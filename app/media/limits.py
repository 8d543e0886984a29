"""Every limit of media in one place: what is refused, and what is scaled down. `instance` advertises them."""

from datetime import timedelta

FILES_PER_POST = 4
DESCRIPTION_LENGTH = 1500

IMAGE_BYTES = 16 * 1024 * 1024
VIDEO_BYTES = 99 * 1024 * 1024
# Avatars and headers.
PICTURE_BYTES = 8 * 1024 * 1024
LONGEST_DATA_URI = PICTURE_BYTES * 4 // 3 + 200

# Width times height, as a file's header claims them: above it nothing is decoded.
IMAGE_MATRIX = 7680 * 4320
VIDEO_MATRIX = 3840 * 2160
VIDEO_FRAME_RATE = 120
ANIMATED_MATRIX = 1280 * 720
ANIMATED_FRAMES = 1000
# Over all frames together: what an animation costs to decode.
ANIMATED_PIXELS = 200_000_000
VIDEO_SECONDS = 3600

# What larger images are scaled down to, by area, and the preview's area.
KEPT_PIXELS = 3840 * 2160
SMALL_PIXELS = 640 * 360
AVATAR_SIZE = (400, 400)
HEADER_SIZE = (1500, 500)

IMAGE_TYPES = ("image/jpeg", "image/png", "image/webp", "image/gif")
VIDEO_TYPES = ("video/mp4",)

IMAGE_SECONDS = 30.0
FILM_SECONDS = 540.0
UNATTACHED_KEPT = timedelta(hours=24)
