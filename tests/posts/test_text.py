"""What is found in a text, and its HTML."""

import time
from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.posts.text import Written, entities, length, line_to_html, mentions, tags, to_html

SITE = "http://weizhi.test"


def found(text: str) -> list[tuple[str, str]]:
    return [(entity.kind, entity.value) for entity in entities(text)]


class TestEntities:
    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            ("我们在 #招聘# 后端", [("tag", "招聘")]),
            ("#远程 工作#很好", [("tag", "远程 工作")]),
            ("#Python 和 #Go", [("tag", "Python"), ("tag", "Go")]),
            ("#招聘，#内推。 #a、#b", [("tag", "招聘"), ("tag", "内推"), ("tag", "a"), ("tag", "b")]),
            ("#你怎么看？#我觉得", [("tag", "你怎么看？")]),
            ("没有#空格#也行", [("tag", "空格")]),
            ("## # #1 #123 #_", []),
            ("#2026届", [("tag", "2026届")]),
            ("a#b", []),
            ("&#39; /x", []),
            ("a/#x", []),
            ("@anna 和@bo_1，还有 @张三", [("mention", "anna"), ("mention", "bo_1")]),
            ("mail anna@example.com @@x @a@张三", []),
            (
                "@a@b.example. @bo@weizhi.test:8000，@c@d@e",
                [("mention", "a@b.example"), ("mention", "bo@weizhi.test:8000")],
            ),
            ("＃话题＃和#半＃ ＃tag", [("tag", "话题"), ("tag", "半"), ("tag", "tag")]),
            ("#a##b#", [("tag", "a"), ("tag", "b")]),
            ("#a#b#c#", [("tag", "a"), ("tag", "c")]),
            ("#🎉招聘🎉# #🎉#", [("tag", "🎉招聘🎉"), ("tag", "🎉")]),
            ("a.example/#x https://a.example/＃x", [("url", "https://a.example/")]),
            ("#看 https://a.example/#x", [("tag", "看"), ("url", "https://a.example/#x")]),
            (f"#{'长' * 100}# #{'a' * 100}", [("tag", "长" * 100), ("tag", "a" * 100)]),
            (f"#{'长' * 101}# #{'a' * 101}", []),
            ("看 https://a.example/b?c=d#e。好", [("url", "https://a.example/b?c=d#e")]),
            ("(https://a.example/x)", [("url", "https://a.example/x")]),
            ("https://zh.example/Foo_(bar).", [("url", "https://zh.example/Foo_(bar)")]),
            ("https://a.example/#tag @x", [("url", "https://a.example/#tag"), ("mention", "x")]),
            ("http:// https://... ftp://x", []),
            ('https://a.example/"onmouseover="x', [("url", "https://a.example/")]),
        ],
    )
    def test_are_what_a_person_would_say(self, text: str, expected: list[tuple[str, str]]) -> None:
        assert found(text) == expected

    def test_name_each_topic_and_person_once_in_any_case(self) -> None:
        assert tags("#Go #go# #GO #招聘# #招聘") == ["Go", "招聘"]
        assert mentions("@Anna @anna @bo @ANNA") == [Written("Anna", ""), Written("bo", "")]

    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            ("@张伟 你好", [("", "张伟")]),
            ("@张伟你好，@买买提·艾力-1_", [("", "张伟你好"), ("", "买买提·艾力-1_")]),
            ("@anna你好 @bo", [("anna", "anna你好"), ("bo", "")]),
            ("@anna@weizhi.test你好", [("anna@weizhi.test", "")]),
            ("x@张伟 /@张伟 https://a.example/@张伟", []),
            ("@" + "长" * 31, [("", "长" * 30)]),
        ],
    )
    def test_offer_what_may_be_a_name(self, text: str, expected: list[tuple[str, str]]) -> None:
        assert [(written.username, written.run) for written in mentions(text)] == expected

    def test_take_the_longest_name_that_is_known(self) -> None:
        def named(text: str) -> list[str]:
            return [
                entity.value
                for entity in entities(text, names={"张伟", "张伟明", "anna王"})
                if entity.kind == "mention"
            ]

        assert named("@张伟明天 @张伟你好 @张 @Anna王，@anna你 @张三") == ["张伟明", "张伟", "Anna王", "anna"]

    @pytest.mark.parametrize(
        "text",
        [
            f"https://{'.' * 19_000}x",
            "https://" * 2400,
            "https://." * 2200,
            "#a" * 9000,
            "#话 " * 6000,
            "@a" * 9000,
            "@" * 20_000,
            "@a@a.example" * 1600,
            "@张" * 9000,
            "＃话" * 9000,
        ],
        ids=lambda text: text[:12],
    )
    def test_are_found_in_time_linear_in_the_text(self, text: str) -> None:
        # Not how fast, but how it grows: five times the longest post took half a minute of CPU when it was quadratic.
        started = time.process_time()
        entities(text * 5, names={"张伟"})
        mentions(text * 5)
        length(text * 5)
        assert time.process_time() - started < 15


class TestLength:
    @pytest.mark.parametrize(
        ("text", "characters"),
        [
            ("职位", 2),
            ("https://a.example/", 23),
            ("看https://a.example/" + "x" * 500, 24),
            ("http://", 7),
            ("", 0),
            ("@anna@weizhi.test 好", 7),
            ("@张伟 好", 5),
            ("👨‍👩‍👧‍👦", 1),
            ("e\u0301🇨🇳👍🏽", 3),
            ("a\r\nb", 3),
            ("क्षि", 1),
        ],
    )
    def test_is_what_a_person_would_count_with_addresses_as_23(self, text: str, characters: int) -> None:
        assert length(text) == characters

    def test_takes_time_linear_in_the_text(self) -> None:
        started = time.process_time()
        assert length("a" + "\u0301" * 100_000) == 1
        assert length("👨‍👩‍👧‍👦" * 20_000) == 20_000
        assert time.process_time() - started < 5


class TestHtml:
    def test_makes_paragraphs_and_breaks(self) -> None:
        assert to_html("a\nb\r\n\r\n\n\nc\n", site_url=SITE, mentioned={}) == "<p>a<br />b</p><p>c</p>"
        assert to_html("", site_url=SITE, mentioned={}) == ""

    def test_links_topics_people_and_addresses(self) -> None:
        html = to_html(
            "#远程 工作# @Anna @bo https://www.a.example/?a=1&b=2", site_url=SITE, mentioned={"anna": "/@Anna"}
        )
        assert f'<a href="{SITE}/tags/%E8%BF%9C%E7%A8%8B%20%E5%B7%A5%E4%BD%9C"' in html
        assert ">#<span>远程 工作</span>#</a>" in html
        assert '<a href="/@Anna" class="u-url mention">@<span>Anna</span></a>' in html
        assert "@bo " in html
        assert 'href="https://www.a.example/?a=1&amp;b=2"' in html
        assert ">a.example/?a=1&amp;b=2</a>" in html

    def test_links_display_names_as_written_and_no_others(self) -> None:
        html = to_html(
            "@张伟你好 @李雷 @Anna@weizhi.test", site_url=SITE, mentioned={"张伟": "/@zw", "anna@weizhi.test": "/@Anna"}
        )
        assert '<a href="/@zw" class="u-url mention">@<span>张伟</span></a></span>你好 @李雷 ' in html
        assert '<a href="/@Anna" class="u-url mention">@<span>Anna</span></a></span></p>' in html

    def test_keeps_a_topic_inside_its_address(self) -> None:
        assert f'href="{SITE}/tags/a%3Fb%2F..%22c"' in to_html('#a?b/.."c#', site_url=SITE, mentioned={})

    def test_of_one_line_has_no_paragraph(self) -> None:
        assert line_to_html("a\n\nb <i>", site_url=SITE) == "a b &lt;i&gt;"


class Balance(HTMLParser):
    """Follows our own HTML: every tag is one of ours, is closed in order, and holds only our attributes."""

    OURS = {"p": set(), "a": {"href", "target", "rel", "translate", "class"}, "span": {"class", "translate"}}  # noqa: RUF012

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.words: list[str] = []
        self.hrefs: list[str] = []
        self.feed(html)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert {name for name, _ in attrs} <= self.OURS[tag], (tag, attrs)
        self.hrefs += [value or "" for name, value in attrs if name == "href"]
        self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert (tag, attrs) == ("br", [])
        self.words.append("\n")

    def handle_data(self, data: str) -> None:
        self.words.append(data)

    def unknown_decl(self, data: str) -> None:
        raise AssertionError(data)

    handle_comment = handle_decl = handle_pi = unknown_decl


PIECES = st.sampled_from(
    [
        *"#@<>&\"'/.:()_ \n\r\t",
        "\n\n",
        "https://",
        "a.example",
        "<script>",
        "#话题#",
        "@anna",
        "javascript:",
        "&#39;",
        "职",
    ]
)
TEXTS = st.one_of(st.text(max_size=300), st.lists(PIECES, max_size=80).map("".join))


class TestAnything:
    @given(TEXTS)
    @settings(max_examples=400, deadline=None)
    def test_has_entities_in_order_that_do_not_overlap(self, text: str) -> None:
        position = 0
        for entity in entities(text):
            assert position <= entity.start < entity.end <= len(text)
            assert entity.value
            assert entity.value in text[entity.start : entity.end]
            position = entity.end
        assert length(text) >= 0

    @given(TEXTS)
    @settings(max_examples=400, deadline=None)
    def test_becomes_balanced_html_without_a_tag_of_its_own(self, text: str) -> None:
        page = Balance(to_html(text, site_url=SITE, mentioned={"anna": f"{SITE}/@anna"}))
        assert all(href.startswith(("http://", "https://")) for href in page.hrefs)
        Balance(line_to_html(text, site_url=SITE))

    @given(st.lists(PIECES, max_size=60).map("".join).filter(lambda text: "https://" not in text))
    @settings(max_examples=200, deadline=None)
    def test_keeps_every_word_a_person_typed(self, text: str) -> None:
        # Addresses are shortened and blank lines become paragraphs; nothing else changes.
        def bare(words: str) -> str:
            return "".join(words.split())

        assert bare("".join(Balance(to_html(text, site_url=SITE, mentioned={})).words)) == bare(text)


class TestCleaning:
    def test_stops_what_would_slip_through_our_own_escaping(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("app.posts.text.escape", lambda text: text)
        hostile = "<script>alert(1)</script><img src=x onerror=alert(1)><a href='javascript:x' onclick='y'>点</a>逃不掉"
        html = to_html(hostile, site_url="http://weizhi.test", mentioned={})
        assert html == "<p><a>点</a>逃不掉</p>"
