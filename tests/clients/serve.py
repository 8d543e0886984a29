"""`weizhi api`, watched: serve.py FOLDER writes there which operations answered, and which answers were wrong."""

import sys
from pathlib import Path

from starlette.types import ASGIApp

import app.main
from app import cli
from tests.contract import watch


def main(folder: Path) -> None:
    answers = (folder / "answers.txt").open("a", buffering=1)
    violations = (folder / "violations.txt").open("a", buffering=1)
    create_service = app.main.create_service

    def create() -> ASGIApp:
        return watch.Watched(
            create_service(),
            blame=lambda text: violations.write(f"{text}\n\n") and None,
            note=lambda answer: answers.write(f"{answer.method} {answer.path} {answer.status}\n") and None,
        )

    # Read at once, so that the first answer does not wait for it.
    watch.ours()
    watch.mastodons()
    # The command itself imports this name.
    app.main.create_service = create  # type: ignore[assignment]
    cli.api()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
