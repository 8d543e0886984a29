"""Signatures of what is pushed are compared in constant time, and in one way."""

import ast
from collections.abc import Iterator
from pathlib import Path

INBOUND = Path(__file__).parents[2] / "app/inbound"
# The functions in which that happens.
JUDGES = ("verify", "is_one_of", "_fits")


def judges() -> Iterator[tuple[str, ast.FunctionDef]]:
    for path in INBOUND.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef) and node.name in JUDGES:
                yield path.stem, node


def test_every_kind_that_pushes_judges_them_by_one_function_or_the_library() -> None:
    how = {kind: ast.unparse(node) for kind, node in judges() if node.name == "verify" and kind != "source"}
    assert how.keys() == {"standard", "greenhouse", "ashby", "smartrecruiters"}
    assert all("is_one_of(" in body or "_fits(" in body for body in how.values())


def test_no_two_unknown_texts_are_compared_by_their_characters() -> None:
    for kind, judge in judges():
        for node in ast.walk(judge):
            if isinstance(node, ast.Compare):
                written_out = any(isinstance(side, ast.Constant) for side in (node.left, *node.comparators))
                assert written_out or isinstance(node.ops[0], ast.Gt), f"{kind}.{judge.name}: {ast.unparse(node)}"
