"""The picture of a tree: what it holds, how large it may get, whom it names."""

from collections import Counter
from random import Random
from typing import Any
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.cascades.drawing import draw
from app.cascades.layout import DRAWN, chosen, lay_out
from app.cascades.present import totals
from app.cascades.tree import REMOVED, Leaves, Nodes, Tree
from app.cascades.words import EN, ZH
from tests.applications.test_routes import apply
from tests.people import Person, World

pytestmark = pytest.mark.anyio
SVG = "{http://www.w3.org/2000/svg}"


def tree_of(parents: list[int], vias: list[int] = [], hires: int = 0) -> Tree:  # noqa: B006 (not written to)
    """A tree whose node `n` hangs on node `parents[n - 1]`; 0 is the root. The first applications led to a hire."""
    ids = [number + 1 for number in range(1, len(parents) + 1)]
    flags = [REMOVED if number % 7 == 0 else 0 for number in range(len(parents))]
    nodes = Nodes(ids, [parent + 1 for parent in parents], ids, flags)
    through = [number < hires for number in range(len(vias))]
    return Tree(1, 1, nodes, Leaves(list(range(len(vias))), [via + 1 for via in vias], through, through))


def any_tree(size: int, seed: int) -> Tree:
    rng = Random(seed)
    parents = [int(rng.random() ** 2 * number) for number in range(1, size + 1)]
    return tree_of(parents, [rng.randrange(size) for _ in range(size // 20)], hires=2)


def picture(tree: Tree, names: dict[int, str] | None = None, **words: Any) -> str:
    said = {"title": "后端", "root_name": "云杉", "words": ZH, **words}
    return draw(tree, names=names or {}, totals=totals(tree), **said)


class TestLayout:
    @settings(max_examples=30, deadline=None)
    @given(size=st.integers(0, 400), most=st.integers(0, 120), seed=st.integers(0, 9))
    def test_dots_and_bundles_hold_the_whole_tree(self, size: int, most: int, seed: int) -> None:
        tree = any_tree(size, seed)
        layout = lay_out(tree, most)
        assert len(layout.dots) == 1 + min(most, size)
        assert len(layout.dots) - 1 + sum(bundle.count for bundle in layout.bundles.values()) == size
        for dot in layout.dots.values():
            assert dot.parent in layout.dots, "nothing hangs in the air"
            assert dot.distance <= layout.rings[-1] * 1.3 + 1
        assert lay_out(tree, most) == layout

    def test_draws_first_what_led_to_a_hire(self) -> None:
        # The last leaf of all brought somebody who was hired, the one before it somebody who was not.
        tree = tree_of([0] * 40 + [1, 41], [42, 40], hires=1)
        assert chosen(tree, 3) == [1, 41, 42]
        assert chosen(tree, 4) == [1, 40, 41, 42]


class TestDrawing:
    def test_is_small_and_safe_however_large_the_tree(self) -> None:
        tree = any_tree(20_000, 1)
        drawn = picture(tree)
        assert len(drawn.encode()) < 600_000
        root = ElementTree.fromstring(drawn)
        kinds = Counter(element.tag.removeprefix(SVG) for element in root.iter())
        assert set(kinds) <= {"svg", "title", "desc", "style", "rect", "text", "tspan", "circle", "path", "polygon"}
        assert not [
            name for element in root.iter() for name in element.attrib if name.startswith("on") or "href" in name
        ]
        dots = [e for e in root.iter(f"{SVG}circle") if e.get("class", "")[:1] == "d" or e.get("class") == "gone"]
        assert len(dots) >= DRAWN
        bundled = sum(int((e.findtext(f"{SVG}title") or "+0")[1:]) for e in root.iter(f"{SVG}circle"))
        assert bundled == 20_000 - DRAWN
        assert picture(any_tree(20_000, 1)) == drawn

    def test_escapes_what_people_wrote(self) -> None:
        evil = "<script>alert(1)</script>&\u202e\x00 \"'"
        tree = tree_of([0, 1, 1, 0])
        drawn = picture(tree, {1: evil, 4: "正常"}, title=evil, root_name=evil)
        assert "<script" not in drawn
        assert "\u202e" not in drawn
        texts = [e.text for e in ElementTree.fromstring(drawn).iter(f"{SVG}text") if e.get("class") == "name"]
        assert texts == ["<script>ale…", "<script>ale…"]

    @pytest.mark.parametrize("words", [ZH, EN])
    def test_tells_those_who_do_not_see_it(self, words: Any) -> None:
        drawn = picture(tree_of([0, 1, 1, 2], [4], hires=1), {1: "李雷", 2: "韩梅"}, words=words)
        root = ElementTree.fromstring(drawn)
        said = root.findtext(f"{SVG}desc") or ""
        assert "后端" in (root.findtext(f"{SVG}title") or "")
        assert "李雷" in said
        assert said.index("李雷") < said.index("韩梅")
        assert root.get("lang") == words.language

    @pytest.mark.parametrize("parents", [[], [0], list(range(60)), [0] * 300])
    def test_of_any_shape_is_well_formed(self, parents: list[int]) -> None:
        ElementTree.fromstring(picture(tree_of(parents)))


class TestServing:
    async def test_names_those_who_reposted_in_public(self, world: World) -> None:
        recruiter, a, shy, c = await world.people("recruiter", "anna", "shy", "chen")
        job = await recruiter.publishes_job()
        by_a = await a.reposts({"id": job["status_id"]})
        hidden = await shy.reposts({"id": job["status_id"]}, visibility="private", via=by_a["id"])
        await c.follows(shy)
        await c.reposts({"id": job["status_id"]}, via=hidden["id"])

        async def drawn(person: Person, **params: Any) -> Any:
            return await person.request("GET", f"/api/weizhi/v1/jobs/{job['id']}/cascade.svg", params=params)

        answer = await drawn(recruiter)
        assert answer.headers["content-type"] == "image/svg+xml"
        assert "default-src 'none'" in answer.headers["content-security-policy"]
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert "private" in answer.headers["cache-control"]
        assert "anna" in answer.text
        assert "shy" not in answer.text
        assert "travelled" in (await drawn(recruiter, lang="en")).text
        assert (await drawn(recruiter, lang="xx")).status_code == 422
        # Who keeps the recruiter away is not named.
        await a.post(f"/api/v1/accounts/{recruiter.id}/block")
        assert "anna" not in (await drawn(recruiter)).text
        await apply(c, job, via=by_a["id"])
        assert "chen" not in (await drawn(recruiter)).text
