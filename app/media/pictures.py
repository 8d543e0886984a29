"""Pictures' work, asked for from an event loop: two at a time, in children."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from app.kit import log
from app.media import limits
from app.media.errors import refused, unknown_type
from app.media.programs import ProgramFailed, Slots, python, run

logger = log.logger(__name__)

_SLOTS = Slots(2)
Job = Literal["image", "still", "avatar", "header"]


@dataclass(frozen=True, slots=True)
class Written:
    """A picture that was written into the workspace."""

    file: Path
    width: int
    height: int

    @property
    def details(self) -> dict[str, Any]:
        """Mastodon's description of it."""
        size = f"{self.width}x{self.height}"
        return {"width": self.width, "height": self.height, "size": size, "aspect": self.width / self.height}


@dataclass(frozen=True, slots=True)
class Worked:
    """What came of a picture's work; which parts there are depends on the job."""

    animated: bool
    blurhash: str | None
    parts: dict[str, Written]


async def work(job: Job, source: Path, kind: str, folder: Path, *, field: str = "file") -> Worked:
    """Do `job` with the picture `source` of `kind`, writing into `folder`. Raises Invalid about `field`."""
    request = {"job": job, "source": str(source), "folder": str(folder), "kind": kind, "seconds": limits.IMAGE_SECONDS}
    return await _ask(request, folder, job=job, kind=kind, field=field)


async def blank(width: int, height: int, folder: Path) -> Worked:
    """A preview for a film of this size that nobody can look into."""
    request = {"job": "blank", "size": [width, height], "folder": str(folder), "seconds": limits.IMAGE_SECONDS}
    return await _ask(request, folder, job="blank", kind="", field="file")


async def _ask(request: dict[str, Any], folder: Path, *, job: str, kind: str, field: str) -> Worked:
    async with _SLOTS.one():
        try:
            output = await run(
                [*python(), "-m", "app.media.child"], seconds=limits.IMAGE_SECONDS, given=json.dumps(request).encode()
            )
            answer = json.loads(output)
        except (ProgramFailed, ValueError) as error:
            logger.warning("a picture could not be worked on", job=job, kind=kind, error=str(error)[:500])
            raise refused("Validation failed: the picture takes too much to process", field=field) from None
    if "refused" in answer:
        raise refused(answer["refused"], field=field)
    if "unreadable" in answer:
        logger.info("a picture could not be read", job=job, kind=kind, error=answer["unreadable"])
        raise unknown_type(field)
    return Worked(
        animated=answer["animated"],
        blurhash=answer.get("blurhash"),
        parts={
            name: Written(folder / answer[name]["name"], answer[name]["width"], answer[name]["height"])
            for name in ("original", "small", "static")
            if name in answer
        },
    )
