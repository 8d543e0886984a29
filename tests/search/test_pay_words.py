"""Pay among the words of a search for jobs."""

import pytest

from app.search.pay_words import Pay, pay_as_word, read_pay, words_of_pay
from tests.people import World


class TestReadPay:
    @pytest.mark.parametrize(
        ("typed", "words", "pay"),
        [
            ("远程 后端 25k", "远程 后端", Pay(25_000, None, yearly=False)),
            ("后端25K以上 杭州", "后端 杭州", Pay(25_000, None, yearly=False)),
            ("20-30k 前端", "前端", Pay(20_000, 30_000, yearly=False)),
            ("20k~30k 前端", "前端", Pay(20_000, 30_000, yearly=False)),
            ("月薪2万以下", "", Pay(None, 20_000, yearly=False)),
            ("２．５万 测试", "测试", Pay(25_000, None, yearly=False)),
            ("年薪40万 算法", "算法", Pay(400_000, None, yearly=True)),
            ("不低于25k 后端", "后端", Pay(25_000, None, yearly=False)),
            ("后端 25-40K·15薪", "后端", Pay(25_000, 40_000, yearly=False)),
            ("后端 17K–29K/月 ×13薪", "后端", Pay(17_000, 29_000, yearly=False)),
            ("算法 50w+", "算法", Pay(500_000, None, yearly=True)),
        ],
    )
    def test_tells_pay_from_words(self, typed: str, words: str, pay: Pay) -> None:
        found, read = read_pay(typed)
        assert (" ".join(found.split()), read) == (words, pay)

    @pytest.mark.parametrize(
        "typed", ["k8s 运维", "4k 视频", "C++20 开发", "web3", "30-20k", '"25k"', "3年 经验", "b25k", ""]
    )
    def test_leaves_the_rest_alone(self, typed: str) -> None:
        assert read_pay(typed) == (typed, None)


@pytest.mark.parametrize(
    ("typed", "asked"),
    [
        ("后端 25k", "后端 25k"),
        ("远程 25K以上 后端", "远程 25k以上 or 25k 后端"),
        ("25 k or 30k", "25k or 30k"),
        ("20-30k", "20-30k or 20k"),
        ("2.5 万 测试", "2.5万 or 25k 测试"),
        *((same, same) for same in ("10万用户", "2万以下", "年薪40万", "25k以下", '"25k+"', "k8s", "")),
    ],
)
def test_pay_is_also_the_word_of_its_least(typed: str, asked: str) -> None:
    assert " ".join(pay_as_word(typed).split()) == asked


def test_a_job_is_found_by_all_it_pays_and_by_less() -> None:
    assert words_of_pay(8_900) == "5k 6k 7k 8k"
    assert words_of_pay(None) == words_of_pay(4_000) == ""
    assert words_of_pay(1_000_000).split()[-1] == "99k"


@pytest.mark.anyio
async def test_a_search_of_posts_finds_jobs_by_their_pay(world: World) -> None:
    recruiter, anna = await world.people("recruiter", "anna")
    await anna.follows(recruiter)
    job = await recruiter.publishes_job()  # 25,000 to 40,000
    said = await recruiter.says("远程 后端 33k，找人")
    await recruiter.says("远程 后端，找人")
    await world.settle()

    async def found(q: str) -> list[str]:
        answer = await anna.get("/api/weizhi/v1/search/timeline", q=q, scope="home")
        return [status["id"] for status in answer["statuses"]]

    assert await found("远程 后端 33k") == [said["id"], job["status_id"]]
    assert (
        await found("远程 后端 25K以上")
        == await found("30-45k 后端")
        == await found("后端 3万起")
        == [job["status_id"]]
    )
    assert await found("远程 后端 41k") == []


@pytest.mark.anyio
async def test_a_search_for_jobs_takes_pay_from_its_words(world: World) -> None:
    recruiter = await world.person("recruiter")
    job = await recruiter.publishes_job()  # 25,000 to 40,000
    await world.settle()

    async def found(q: str, **filters: int) -> list[str]:
        return [one["id"] for one in (await recruiter.get("/api/weizhi/v1/jobs", q=q, **filters))["jobs"]]

    assert await found("远程 后端 25k") == await found("后端 40k以上") == [job["id"]]
    assert await found("后端 50k") == await found("后端 20k以下") == []
    # A filter has the last word.
    assert await found("后端 50k", salary_min=30_000) == [job["id"]]
