"""docs/scale.md says what docs/scale.py prints, and what the models are."""

import re
import runpy
from pathlib import Path

from sqlalchemy import Table

import app.tables  # noqa: F401 (every model)
from app.kit.db import Base

_DOCS = Path(__file__).parent.parent / "docs"
_TEXT = (_DOCS / "scale.md").read_text(encoding="utf-8")


def listed(mark: str) -> dict[str, str]:
    """The tables of a list, each with the column it would be split by."""
    _, _, rest = _TEXT.partition(f"<!-- {mark}: -->")
    rows = re.match(r"\n\| table .*\n\| ---.*\n((?:\|.*\n)+)", rest)
    assert rows, mark
    return dict(re.findall(r"\| `(\w+)` \| `?(\w+)", rows[1]))


def table(name: str) -> Table:
    return Base.metadata.tables[name]


def unique_keys(name: str) -> list[set[str]]:
    """Its primary key, unique constraints and unique indexes, as sets of columns."""
    found = [{column.name for column in table(name).primary_key}]
    found += [
        {c.name for c in one.columns} for one in table(name).constraints if type(one).__name__ == "UniqueConstraint"
    ]
    return found + [{column.name for column in index.columns} for index in table(name).indexes if index.unique]


class TestScale:
    def test_says_what_the_script_prints(self) -> None:
        printed: str = runpy.run_path(str(_DOCS / "scale.py"))["report"]()
        said = re.search(r"<!-- scale.py: -->\n```text\n(.*?)\n```", _TEXT, re.DOTALL)
        assert said
        assert said[1] == printed, "paste what `python docs/scale.py` prints"

    def test_names_as_ready_only_tables_whose_every_key_has_the_owner(self) -> None:
        for name, owner in listed("ready").items():
            assert all(owner in key for key in unique_keys(name)), name

    def test_names_as_ready_only_tables_whose_foreign_keys_stay_with_the_owner(self) -> None:
        owners = listed("ready")
        for name, owner in owners.items():
            for key in table(name).foreign_key_constraints:
                above = key.referred_table.name
                pairs = {(one.parent.name, one.column.name) for one in key.elements}
                assert (owner, {**owners, "accounts": "id"}.get(above)) in pairs, (name, above)

    def test_names_as_not_ready_only_tables_that_are_not(self) -> None:
        for name, owner in listed("not yet").items():
            assert not all(owner in key for key in unique_keys(name)), name
