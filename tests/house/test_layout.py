"""The tree is what STYLE.md says it is."""

import ast
import re
import subprocess
from pathlib import Path

import pytest

import app.tables  # noqa: F401 (fills the metadata)
from app.kit.db import Base
from tests.house import HERE

_APP = HERE / "app"
_MODULES = sorted(path.relative_to(HERE).as_posix() for path in _APP.rglob("*.py"))
_PACKAGES = sorted(path.parent for path in _APP.rglob("__init__.py"))

_LONG, _TOO_LONG = 300, 500
# Tables of data, not code: words the demo world is made of.
_DATA = {"app/demo/professions.py", "app/demo/templates.py", "app/demo/employers.py", "app/demo/names.py"}
# Longer than they should be and not saying so themselves: module → why.
_EXCUSED = {
    "app/demo/world.py": "a generator for each table, all over one world that is thought up as it is told",
    "app/outbox/relay.py": "a task's states: the statements that move it and the loop that runs them are read together",
}

# Rows nobody outside sees by id; a plain counter serves. And notifications: clients read some of their ids as
# JSON numbers, which JavaScript rounds beyond 53 bits.
_PLAIN_IDS = {"outbox_events", "tasks", "audit_log", "notifications"}
# Copies of rows of other tables, under the same ids.
_COPIED_IDS = {"search_posts", "search_jobs", "search_accounts"}

_ADDRESS = re.compile(r"https?://|--(?:extra-)?index-url|--find-links|\bfile:|@ git\+")
# Put together here, so that this file does not hold what it looks for.
_HOMES = re.compile(rf"(?<![\w.:/])/(?:{'ho' + 'me'}|{'Us' + 'ers'}|{'wo' + 'rk'}|{'ro' + 'ot'})/[\w.-]+")


def tracked() -> list[Path]:
    """The files of the tree: what git knows, or would if it were told; else all but caches."""
    try:
        listed = subprocess.run(
            ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
            cwd=HERE,
            capture_output=True,
            check=True,
        ).stdout.decode()
        paths = [HERE / name for name in listed.split("\0") if name]
    except (OSError, subprocess.CalledProcessError):
        paths = [path for path in HERE.rglob("*") if not {".venv", ".git", ".weizhi"} & set(path.parts)]
    return [path for path in paths if path.is_file() and "__pycache__" not in path.parts]


def test_requirements_hold_hashes_and_no_address() -> None:
    for file in (HERE / "requirements").glob("*.txt"):
        text = file.read_text()
        assert not _ADDRESS.search(text), file
        packages = re.findall(r"^[\w.-]+(?:\[[\w,]+\])?==", text, re.MULTILINE)
        # Each requirement ends where the next begins; every one must have a hash.
        parts = re.split(r"^(?=[\w.-]+(?:\[[\w,]+\])?==)", text, flags=re.MULTILINE)[1:]
        assert packages
        assert [part.split()[0] for part in parts if "--hash=sha256:" not in part] == []


def test_the_tree_names_nobody_s_folders() -> None:
    found = []
    for path in tracked():
        if path.suffix in {".png", ".jpg", ".ico", ".gz"}:
            continue
        for match in _HOMES.finditer(path.read_text(errors="replace")):
            found.append(f"{path.relative_to(HERE)}: {match[0]}")

    assert found == []


@pytest.mark.parametrize("package", _PACKAGES, ids=lambda path: path.name)
def test_every_folder_says_what_it_owns(package: Path) -> None:
    module = ast.parse((package / "__init__.py").read_text())

    assert ast.get_docstring(module)
    # No re-exports: one name, one place.
    assert not [node for node in module.body if isinstance(node, ast.Import | ast.ImportFrom)]


def test_every_folder_names_the_events_it_publishes() -> None:
    for package in _PACKAGES:
        events = package / "events.py"
        if events.exists():
            said = (package / "__init__.py").read_text()
            for topic in re.findall(r'topic = "([^"]+)"', events.read_text()):
                # A family may be told by its noun, as "counters" are told by the profile that has them.
                assert topic in said, f"{package.name}/__init__.py should name {topic}"


@pytest.mark.parametrize("module", _MODULES)
def test_long_modules_say_why(module: str) -> None:
    text = (HERE / module).read_text()
    lines = text.count("\n")
    if lines <= _LONG or module in _DATA or module in _EXCUSED:
        return
    assert lines <= _TOO_LONG
    # A comment or a docstring of more than one line at the top tells why it is one piece.
    top = "\n".join(text.splitlines()[:20]).lower()
    assert "one piece" in top or "lines" in top, f"{lines} lines: say at the top why it is one piece, or split it"


def test_excuses_are_for_modules_that_exist() -> None:
    assert [module for module in _DATA | _EXCUSED.keys() if module not in _MODULES] == []


def test_ids_are_made_by_postgresql() -> None:
    counters, without = set(), set()
    for name, table in Base.metadata.tables.items():
        column = table.c.get("id")
        if column is None or column.foreign_keys:
            continue
        if column.identity is not None:
            counters.add(name)
        elif "weizhi_id()" not in str(getattr(column.server_default, "arg", "")):
            without.add(name)

    assert counters == _PLAIN_IDS
    assert without == _COPIED_IDS


def test_statuses_are_presented_in_one_place() -> None:
    built = [module for module in _MODULES if re.search(r"(?<!class )\bStatusOut\(", (HERE / module).read_text())]

    assert built == ["app/reading/present.py"]


def test_domains_do_not_commit() -> None:
    names = ("service", "queries", "rules", "cascade", "routes")
    modules = [module for module in _MODULES if Path(module).stem in names]

    assert [module for module in modules if re.search(r"\.(commit|rollback)\(\)", (HERE / module).read_text())] == []


def test_queries_are_named_by_what_they_give() -> None:
    wrong = []
    for module in (module for module in _MODULES if Path(module).name == "queries.py"):
        for function in ast.parse((HERE / module).read_text()).body:
            if not isinstance(function, ast.AsyncFunctionDef):
                continue
            gives = ast.unparse(function.returns) if function.returns else ""
            arguments = {argument.arg for argument in [*function.args.args, *function.args.kwonlyargs]}
            ladder = {
                "get_": not gives.endswith("| None"),
                "find_": gives.endswith("| None") or gives.startswith(("dict", "Mapping")),
                "list_": gives.startswith(("Sequence", "list")),
                "page_": "page" in arguments,
                "load_": gives.startswith(("dict", "Mapping", "Sequence", "list", "set")),
            }
            wrong += [
                f"{module}: {function.name} -> {gives}"
                for prefix, right in ladder.items()
                if function.name.startswith(prefix) and not right
            ]

    assert wrong == []


def test_settings_are_read_only_at_the_top() -> None:
    readers = {module for module in _MODULES if "from app.settings import" in (HERE / module).read_text()}

    tops = {"app/cli.py", "app/main.py", "app/worker.py", "app/bootstrap.py", "app/operating.py", "app/demo/prepare.py"}
    assert readers <= tops


@pytest.mark.parametrize("adr", sorted((HERE / "docs/decisions").glob("*.md")), ids=lambda path: path.stem)
def test_a_decision_fits_on_a_page_and_names_its_check(adr: Path) -> None:
    text = adr.read_text()

    assert text.startswith(f"# {adr.name[:4]} ")
    for part in ("**Context.**", "**Decision.**", "**Consequences.**", "**Rejected.**", "**Check.**"):
        assert part in text
    assert len(text.splitlines()) <= 60
