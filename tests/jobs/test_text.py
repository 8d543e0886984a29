"""What a description asks of applicants."""

import pytest

from app.jobs.text import SEE_DESCRIPTION, find_requirements


@pytest.mark.parametrize(
    ("markup", "found"),
    [
        (
            "<p>岗位职责：</p><ol><li>写服务</li></ol><p>任职要求：</p><ol><li>1、三年经验</li><li>会 Go</li></ol>"
            "<p>福利待遇</p><ul><li>五险一金</li></ul>",
            ["三年经验", "会 Go"],
        ),
        (
            "<h3>Responsibilities</h3><ul><li>Build</li></ul><h3>Requirements</h3><ul><li>- 3 years of Go</li>"
            "<li>English</li></ul><h3>Benefits</h3><p>Tea</p>",
            ["3 years of Go", "English"],
        ),
        ("岗位要求：<br>熟悉 Linux<br>能出差", ["熟悉 Linux", "能出差"]),
        ("<p>负责推荐系统</p>", [SEE_DESCRIPTION]),
        ("", [SEE_DESCRIPTION]),
        ("<p>要求：</p>", [SEE_DESCRIPTION]),
        ("<p>任职要求</p>" + "<p>x</p>" * 99, ["x"] * 20),
    ],
)
def test_is_the_lines_below_such_a_heading(markup: str, found: list[str]) -> None:
    assert find_requirements(markup) == found
