"""`python -m app.media.child`: one picture's work, in a process that may be killed. A request in, an answer out: JSON.

Files made by anybody are decoded here, with little memory, no rights to start programs, and none of the
service's secrets. Imports nothing of the service but what it needs.
"""

import json
import sys
from pathlib import Path

from app.media.confined import confine
from app.media.images import Refused, blank, work

_MEMORY = 1536 * 1024 * 1024


def main() -> None:
    request = json.load(sys.stdin)
    confine(memory=_MEMORY, seconds=request["seconds"], file_bytes=256 * 1024 * 1024)
    try:
        if request["job"] == "blank":
            answer = blank(request["size"][0], request["size"][1], Path(request["folder"]))
        else:
            answer = work(request["job"], Path(request["source"]), Path(request["folder"]), request["kind"])
    except Refused as refused:
        answer = {"refused": str(refused)}
    except Exception as error:
        # Whatever a decoder raises: the file is not a picture we can read. The parent logs what it was.
        answer = {"unreadable": f"{type(error).__name__}: {error}"[:500]}
    json.dump(answer, sys.stdout)


if __name__ == "__main__":
    main()
