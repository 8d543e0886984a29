"""Plays our own program for the supervisor: stand_in.py prepare | api | worker.

Files in WEIZHI_DATA tell it to misbehave: `prepare-code`, `api-crash`, `stubborn`.
"""

import json
import os
import signal
import sys
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from types import FrameType

DATA = Path(os.environ["WEIZHI_DATA"])
LOGINS = [
    {"role": "求职者 Candidate", "name": "林小雨", "username": "xiaoyu", "password": "demo-1", "token": "t" * 43},
    {"role": "招聘者 Recruiter", "name": "王磊", "username": "wanglei", "password": "demo-2", "token": "u" * 43},
]


class Ready(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200 if self.path == "/readyz" else 404)
        self.end_headers()
        self.wfile.write(str(os.getpid()).encode())


def prepare() -> int:
    (DATA / "demo-logins.json").write_text(json.dumps(LOGINS), encoding="utf-8")
    (DATA / "prepared-with").write_text(f"{os.environ['WEIZHI_DATABASE_URL']} {os.environ['WEIZHI_REDIS_URL']}")
    search = {name: os.environ.get(name, "") for name in ("WEIZHI_MEILI_URL", "WEIZHI_MEILI_KEY")}
    (DATA / "searches-with").write_text(json.dumps(search))
    if (DATA / "prepare-hangs").exists():
        signal.pause()
    code = DATA / "prepare-code"
    return int(code.read_text()) if code.exists() else 0


def api() -> int:
    if (DATA / "api-crash").exists():
        sys.stderr.write("the stand-in crashed as told\n")
        return 7
    server = HTTPServer((os.environ["WEIZHI_HOST"], int(os.environ["PORT"])), Ready)

    def stop(signum: int, frame: FrameType | None) -> None:
        (DATA / "api-drained").touch()
        threading.Thread(target=server.shutdown).start()

    signal.signal(signal.SIGTERM, stop)
    (DATA / "api.pid").write_text(str(os.getpid()))
    server.serve_forever()
    return 0


def worker() -> int:
    if (DATA / "stubborn").exists():
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    (DATA / "worker.pid").write_text(str(os.getpid()))
    while True:
        signal.pause()


if __name__ == "__main__":
    sys.exit({"prepare": prepare, "api": api, "worker": worker}[sys.argv[1]]())
