"""Text taken apart, questions understood, matches marked, and PostgreSQL accepting every bit of it."""

import time

import asyncpg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.search.chinese import cut, fold, normalize
from app.search.full_text import tsquery, tsvector
from app.search.highlight import highlight
from app.search.query import parse

ANY_TEXT = st.text(alphabet=st.characters(codec=None)) | st.text(
    alphabet="'\"\\:*&|!()<>- or招聘后端的c+#.n１é\x00\ud800", max_size=60
)


class TestNormalize:
    @pytest.mark.parametrize(
        ("text", "normalized"),
        [
            ("軟體開發", "软件开发"),
            ("程式設計師", "程序员"),
            ("程序员", "程序员"),
            ("臺北 Ｐｙｔｈｏｎ", "台北 python"),
            ("文件", "文件"),
            ("\ud800后端", "后端"),
        ],
    )
    def test_makes_one_form_of_many(self, text: str, normalized: str) -> None:
        assert normalize(text) == normalized

    @given(ANY_TEXT)
    def test_folding_keeps_every_place(self, text: str) -> None:
        assert len(fold(text.encode("utf-8", "ignore").decode())) == len(text.encode("utf-8", "ignore").decode())


class TestCut:
    @pytest.mark.parametrize(
        ("text", "words"),
        [
            ("高级后端开发工程师", ["高级", "后端", "开发", "工程师"]),
            ("小红书招聘", ["小红书", "招聘"]),
            ("北京的工作", ["北京", "工作"]),
            ("红书小", ["红书小"]),
            ("的了和", ["的了和"]),
        ],
    )
    def test_leaves_no_stray_character(self, text: str, words: list[str]) -> None:
        assert cut(text) == words


class TestQuery:
    def test_understands_phrases_exclusions_and_alternatives(self) -> None:
        query = parse("后端 “红黑树” java or go -外包 or")
        assert [[(term.text, term.phrase) for term in group] for group in query.required] == [
            [("后端", False)],
            [("红黑树", True)],
            [("java", False), ("go", False)],
        ]
        assert [term.text for term in query.excluded] == ["外包"]

    def test_reads_ten_terms(self) -> None:
        assert len(parse(" ".join(f"词{n}" for n in range(30))).required) == 10

    @pytest.mark.parametrize("text", ["", "  ", "？！", "#", "+", "🎉", "。，、", '"-"', "_"])
    def test_punctuation_is_not_a_word(self, text: str) -> None:
        assert tsquery(text) == ""

    @pytest.mark.parametrize("text", ["工", "c", "C++", "5", "-外包", "é"])
    def test_letters_and_digits_are_words(self, text: str) -> None:
        assert tsquery(text) != ""
        assert tsquery(text)


class TestHighlight:
    @pytest.mark.parametrize(
        ("text", "query", "marked"),
        [
            ("招聘后端工程师", "后端", "招聘<em>后端</em>工程师"),
            ("招聘后端工程师", "后端工程师", "招聘<em>后端工程师</em>"),
            ("我們做軟體開發", "软件", "我們做<em>軟體</em>開發"),
            ("做软件开发", "軟體", "做<em>软件</em>开发"),
            ("熟悉Ｐython和C++", "python c++", "熟悉<em>Ｐython</em>和<em>C++</em>"),
            ("C++ 与 C", "c", "C++ 与 <em>C</em>"),
            ("javascript", "java", "javascript"),
            ("职工", "工", "职<em>工</em>"),
            ("外包 招聘", "招聘 -外包", "外包 <em>招聘</em>"),
            ("<b>后端</b>&'\"", "后端", "&lt;b&gt;<em>后端</em>&lt;/b&gt;&amp;&#x27;&quot;"),
            ("<em>后端", "em", "&lt;<em>em</em>&gt;后端"),
            ("没有", "后端", "没有"),
            ("没有", "", "没有"),
        ],
    )
    def test_marks_what_was_asked_for(self, text: str, query: str, marked: str) -> None:
        assert highlight(text, query) == marked

    @given(ANY_TEXT, ANY_TEXT)
    def test_nothing_but_em_is_markup(self, text: str, query: str) -> None:
        marked = highlight(text, query).replace("<em>", "").replace("</em>", "")
        assert "<" not in marked
        assert ">" not in marked

    def test_hostile_input_is_bounded_work(self) -> None:
        text = "工程师ﬁ" * 100_000
        started = time.process_time()
        marked = highlight(text, " ".join(["工", "程", "师", "工程", "程师", "工程师工程师"] * 30))
        assert time.process_time() - started < 2
        assert marked.endswith("工程师ﬁ")


class TestPostgres:
    """PostgreSQL itself is asked whether it can read what is made."""

    @pytest.mark.anyio
    async def test_any_text_gives_a_query_and_a_document_it_accepts(self, db_url: str) -> None:
        connection = await asyncpg.connect(db_url.replace("postgresql+asyncpg://", "postgresql://"))
        texts: list[str] = []

        @settings(max_examples=400, database=None, deadline=None, suppress_health_check=list(HealthCheck))
        @given(ANY_TEXT)
        def gather(text: str) -> None:
            texts.append(text)

        gather()
        try:
            for text in texts:
                query, document = tsquery(text), tsvector((text, "A"), (text, "D"))
                matched = await connection.fetchval("SELECT $1::text::tsvector @@ $2::text::tsquery", document, query)
                only_required = bool(parse(text).required) and not parse(text).excluded
                assert matched or not only_required, (text, query, document)
        finally:
            await connection.close()

    @pytest.mark.anyio
    async def test_the_longest_texts_fit(self, db_url: str) -> None:
        connection = await asyncpg.connect(db_url.replace("postgresql+asyncpg://", "postgresql://"))
        distinct = "".join(chr(0x4E00 + n % 20_000) for n in range(100_000))
        try:
            for text in (distinct, "工" * 100_000, "x" * 100_000, "a.b" * 30_000, "a " * 50_000):
                await connection.execute("SELECT $1::text::tsvector", tsvector((text, "A"), (text, "B"), (text, "D")))
                await connection.execute("SELECT $1::text::tsquery", tsquery(text))
        finally:
            await connection.close()
