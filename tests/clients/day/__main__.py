"""Walk the day against the Weizhi at an address; a line of JSON for every step."""

import json
import sys
import time
import traceback
import warnings

from tests.clients.day import arriving, listening, notified, posting, reading, relating
from tests.clients.day.steps import STEPS, Day

_ORDER = [module.__name__ for module in (arriving, relating, posting, reading, notified, listening)]


def main(url: str) -> None:
    # What Mastodon.py warns of, it could not make sense of.
    warnings.simplefilter("error")
    warnings.filterwarnings("ignore", category=DeprecationWarning)
    day = Day(url)
    for step in sorted(STEPS, key=lambda step: _ORDER.index(step.__module__)):
        started, failure = time.monotonic(), None
        try:
            step(day)
        except Exception:
            failure = traceback.format_exc(limit=-4)
        line = {"step": step.__name__, "seconds": round(time.monotonic() - started, 2), "failure": failure}
        sys.stdout.write(json.dumps(line) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main(sys.argv[1])
