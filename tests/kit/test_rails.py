"""Rails' bracket notation."""

from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.kit.errors import Malformed
from app.kit.rails import nest


class TestNest:
    @pytest.mark.parametrize(
        ("pairs", "expected"),
        [
            ([], {}),
            ([("a", "1")], {"a": "1"}),
            ([("a", "1"), ("a", "2")], {"a": "2"}),
            ([("a[]", "1"), ("a[]", "2")], {"a": ["1", "2"]}),
            ([("a[b]", "1"), ("a[c]", "2")], {"a": {"b": "1", "c": "2"}}),
            ([("a[b][]", "1"), ("a[b][]", "2")], {"a": {"b": ["1", "2"]}}),
            ([("a[1][x]", "2"), ("a[0][x]", "1"), ("a[0][y]", "3")], {"a": [{"x": "1", "y": "3"}, {"x": "2"}]}),
            ([("a[10]", "b"), ("a[9]", "a")], {"a": ["a", "b"]}),
            ([("a[0]", "x"), ("a[k]", "y")], {"a": {"0": "x", "k": "y"}}),
            ([("0", "x")], {"0": "x"}),
            ([("a[", "1")], {"a": ["1"]}),
            ([("a[][x]", "1"), ("a[][y]", "2"), ("a[][x]", "3")], {"a": [{"x": "1", "y": "2"}, {"x": "3"}]}),
            ([("话[题]", "值")], {"话": {"题": "值"}}),
        ],
    )
    def test_builds_what_rails_would(self, pairs: list[tuple[str, str]], expected: dict[str, Any]) -> None:
        assert nest(pairs) == expected

    @pytest.mark.parametrize(
        "pairs",
        [
            [("a", "1"), ("a[b]", "2")],
            [("a[b]", "2"), ("a", "1")],
            [("a[]", "1"), ("a[0][x]", "2")],
            [("a[0][x]", "1"), ("a[0]", "2")],
        ],
    )
    def test_refuses_a_name_used_as_value_and_container(self, pairs: list[tuple[str, str]]) -> None:
        with pytest.raises(Malformed):
            nest(pairs)

    @given(st.lists(st.tuples(st.text(alphabet="ab01[]", max_size=24), st.text(max_size=3)), max_size=12))
    def test_never_fails_otherwise_and_gives_plain_data(self, pairs: list[tuple[str, str]]) -> None:
        try:
            made = nest(pairs)
        except Malformed:
            return
        assert isinstance(made, dict)
        assert orjson.loads(orjson.dumps(made)) == made
        assert bool(made) == bool(pairs)

    @given(
        st.dictionaries(
            st.text(alphabet="abc", min_size=1, max_size=3), st.lists(st.text(max_size=4), min_size=1), max_size=4
        )
    )
    def test_gives_back_lists_as_they_were_sent(self, lists: dict[str, list[str]]) -> None:
        assert nest([(f"{name}[]", value) for name, values in lists.items() for value in values]) == lists
