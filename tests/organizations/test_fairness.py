"""Conditions a job post must not have: what is found, in every way of writing, and what passes."""

import pytest
from sqlalchemy import text

from app.bootstrap import Resources
from app.organizations.fairness import find_conditions, grounds
from tests.people import A_JOB, World

pytestmark = pytest.mark.anyio

FORBIDDEN = {
    "gender": [
        *(
            "限男性",
            "仅限女生",
            "女士优先",
            "男性优先考虑",
            "性别：男",
            "性别要求女",
            "行政助理（女）",
            "女生勿扰",
            "不招女生",
        ),
        *(
            "只招男的",
            "male only",
            "Female candidates preferred",
            "men only",
            "prefer male",
            "Gender: male",
            "僅限男性",
        ),
        *("限 男 性", "限　男性", "ｍａｌｅ　ｏｎｌｙ", "限·男·性", "限\u200b男性", "女 性 優 先", "MALE  ONLY"),
    ],
    "age": [
        *(
            "35岁以下",
            "35周岁及以下",
            "年龄18-35",
            "年龄：22～30岁",
            "25岁至40岁",
            "不超过35岁",
            "年龄不超过40周岁",
            "30岁以上",
        ),
        *("35歲以下", "３５岁以下", "35 岁 以下", "年龄在25—35之间", "90后优先", "under 35 years old", "Age: 20-30"),
        *("age limit: 35", "no older than 40 years old", "最高35岁", "年龄最高为 40 周岁"),
    ],
    "marriage_or_children": [
        *(
            "已婚已育优先",
            "未婚",
            "已育",
            "说明婚育状况",
            "两年内不要生育计划",
            "无生育计划",
            "孕妇勿扰",
            "入职须做孕检",
            "未婚者優先",
        ),
        *("married candidates preferred", "marital status: single"),
    ],
    "household_registration": [
        *(
            "限本地户口",
            "须有北京户籍",
            "本地户口优先",
            "本地人优先",
            "只招本地人",
            "不招外地人",
            "河南人勿扰",
            "限本地戶口",
        ),
        *("Beijing hukou required",),
    ],
    "ethnicity": ["限汉族", "汉族优先", "不招少数民族", "维吾尔族勿扰", "Caucasian only", "僅限漢族"],
    "religion": ["无宗教信仰", "有宗教信仰者勿扰", "佛教徒优先", "Christians only"],
    "disability": ["残疾人勿扰", "身体无残疾", "四肢健全", "no disabilities", "殘疾人勿擾"],
    "health": ["无乙肝", "乙肝携带者勿扰", "乙肝五项阴性", "入职体检查乙肝", "无传染病", "HIV negative"],
    "appearance": [
        "身高165cm以上",
        "身高1.7米",
        "相貌端正",
        "五官端正",
        "形象气质佳",
        "good-looking",
        "height: 170 cm",
    ],
    "school": ["仅限985/211", "必须211", "非985勿扰", "要求双一流", "非統招勿投"],
    "zodiac_or_blood": ["处女座勿扰", "不招天蝎座", "属虎勿扰", "AB型血优先"],
}
ALLOWED = [
    *(
        "男女不限",
        "不限男女",
        "性别不限",
        "男女均可",
        "要求男女不限",
        "年龄不限",
        "健康男性、女性均可报名",
        "户口不限",
        "婚育不限",
    ),
    *("女装设计师", "负责男装与女鞋", "招女装设计师", "女性用户研究", "女性向游戏策划优先", "要求女性健康领域经验"),
    *(
        "年满18周岁",
        "18周岁以上",
        "平均年龄28岁",
        "团队平均年龄 26-30 岁",
        "面向6-12岁儿童",
        "18-25岁用户增长",
        "90后团队",
    ),
    *(
        "全球35位35岁以下科技创新青年",
        "35岁以下团队",
        "婚假、产假、陪产假",
        "结婚礼金",
        "缴纳生育保险",
        "解决北京户口",
        "可落户",
    ),
    *(
        "具有户籍管理系统开发经验",
        "无户籍限制",
        "少数民族优先",
        "民族舞老师",
        "残疾人优先",
        "无障碍设计",
        "残疾人服务项目",
    ),
    *(
        "乙肝疫苗研发",
        "持有健康证",
        "身体健康",
        "维护公司良好形象",
        "品牌形象好",
        "企业形象良好",
        "同事颜值高",
        "颜值高团队",
        "年薪最高35万",
        "985/211优先",
        "统招本科及以上",
    ),
    *(
        "全日制硕士",
        "星座运势产品",
        "要求35天内到岗",
        "30-50人团队",
        "25-40K",
        "工作5-10年",
        "近3年",
        "35分钟以下的会议",
    ),
    *("Male and female applicants welcome", "regardless of gender, age, religion, marital status or disability"),
    *(
        "not only men",
        "under 30 minutes",
        "good-looking UI",
        "single page application",
        "married to quality",
        "over 18 years old",
    ),
    *(
        "our team is 25 to 35 years old",
        "women's health",
        "只要求男女平等",
        "家族企业",
        "本地部署",
        "仅限本地部署",
        "不要求他人代办",
    ),
]


@pytest.mark.parametrize("ground", FORBIDDEN)
def test_finds_every_condition_with_its_ground_and_law(ground: str) -> None:
    missed = [words for words in FORBIDDEN[ground] if ground not in {one.ground.name for one in find_conditions(words)}]

    assert missed == []
    assert FORBIDDEN.keys() == {one.name for one in grounds()}
    assert all(one.law for one in grounds())


def test_lets_pass_what_is_no_condition() -> None:
    wrong = {words: [one.words for one in found] for words in ALLOWED if (found := find_conditions(words))}

    assert wrong == {}


def test_tells_the_very_words_and_where_they_stand() -> None:
    text = "岗位要求：\n1. 限 男 性，３５歲以下。"

    assert [(one.words, text[one.start : one.end]) for one in find_conditions(text)] == [
        ("限 男 性", "限 男 性"),
        ("３５歲以下", "３５歲以下"),
    ]


def test_does_not_take_long_over_a_long_text() -> None:
    for words in ("限男" * 40_000 + "装", "年龄" + " " * 80_000 + "35", "0123456789" * 9_000, "男 " * 40_000):
        assert len(find_conditions(words)) <= 20


class TestPublish:
    async def test_refuses_them_by_field_and_a_change_that_brings_them(self, world: World) -> None:
        anna = await world.person("anna")
        organization = await anna.organization()
        job = await anna.post(
            "/api/weizhi/v1/jobs",
            {
                "organization_id": organization["id"],
                "title": "前台（女）",
                "description_html": "<p>接待</p><p>35<b>岁</b>以下</p>",
                "requirements": ["会英语", "已婚已育优先"],
                "headcount": 1,
                "workplace_type": "remote",
                "salary_negotiable": True,
                "valid_through": "2099-01-01",
            },
        )
        path = f"/api/weizhi/v1/jobs/{job['id']}"
        refused = await anna.post(f"{path}/publish", expect=422)
        found = {field: (one["error"], one["term"], one["ground"]) for field, (one,) in refused["details"].items()}
        assert found == {
            "title": ("discriminatory_term", "(女)".translate({40: "（", 41: "）"}), "gender"),
            "description_html": ("discriminatory_term", "35岁以下", "age"),
            "requirements.1": ("discriminatory_term", "已婚已育优先", "marriage_or_children"),
        }
        assert refused["details"]["title"][0]["position"] == [2, 5]
        assert "妇女权益保障法 §43" in refused["details"]["title"][0]["law"]
        clean = {"title": "前台", "description_html": "<p>接待</p>", "requirements": ["会英语"]}
        await anna.request("PATCH", path, json=clean, expect=200)
        await anna.post(f"{path}/publish")
        again = await anna.request("PATCH", path, json={"requirements": ["限男性"]}, expect=422)
        assert list(again.json()["details"]) == ["requirements.0"]
        assert (await anna.get(path))["requirements"] == ["会英语"]
        # It stands in the post whether the job is open or not.
        await anna.post(f"{path}/pause")
        again = await anna.request("PATCH", path, json={"title": "前台，限女性"}, expect=422)
        assert list(again.json()["details"]) == ["title"]
        again = await anna.request("PATCH", path, json={"locations": [{"name": "杭州（限男性）"}]}, expect=422)
        assert list(again.json()["details"]) == ["locations.0"]

    async def test_refuses_them_in_what_an_employer_says_of_itself(self, world: World) -> None:
        anna = await world.person("anna")
        organizations = "/api/weizhi/v1/organizations"
        refused = await anna.post(organizations, {"name": "云杉", "profile": "我们只招男性"}, expect=422)
        assert refused["details"]["profile"][0]["ground"] == "gender"
        organization = await anna.organization()
        path = f"{organizations}/{organization['id']}"
        refused = (await anna.request("PATCH", path, json={"profile": "35岁以下优先"}, expect=422)).json()
        assert list(refused["details"]) == ["profile"]
        assert (await anna.get(path))["profile"] == "做推荐系统的公司，80 人。"

    async def test_refuses_what_stood_in_a_profile_before(self, world: World, resources: Resources) -> None:
        anna = await world.person("anna")
        organization = await anna.organization()
        job = await anna.post("/api/weizhi/v1/jobs", {**A_JOB, "organization_id": organization["id"]})
        async with resources.db.transaction() as session:
            await session.execute(text("UPDATE organizations SET profile = '限男性'"))
        refused = await anna.post(f"/api/weizhi/v1/jobs/{job['id']}/publish", expect=422)
        assert list(refused["details"]) == ["organization.profile"]
