"""Places and what they lie in."""

import pytest

from app.search import places
from app.search.places import Place


def shown(text: str) -> list[str]:
    """What a job at `text` lies in."""
    return [place.label if isinstance(place, Place) else place for place in places.containing(text)]


class TestContaining:
    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            ("杭州", ["浙江", "杭州"]),
            ("浙江省杭州市余杭区文一西路969号", ["浙江", "杭州", "余杭区"]),
            ("杭州·余杭区·五常", ["浙江", "杭州", "余杭区"]),
            ("厦门·思明区·观音山", ["福建", "厦门", "思明区"]),
            ("北京, 朝阳区", ["北京", "北京市朝阳区"]),
            ("北京朝阳", ["北京", "北京市朝阳区"]),
            ("吉林, 吉林", ["吉林", "吉林市"]),
            ("朝阳区", ["朝阳区"]),
            ("上海、新加坡", ["上海", "新加坡"]),
            ("Shanghai, China", ["上海"]),
            ("San Francisco, CA", ["san francisco", "ca"]),
            ("臺北市", ["台湾", "台北"]),
            ("仙桃", ["湖北", "仙桃"]),
            ("西安", ["陕西", "西安"]),
            ("中山路", ["中山路"]),
            ("", []),
        ],
    )
    def test_reads_places_as_people_write_them(self, text: str, expected: list[str]) -> None:
        assert shown(text) == expected


class TestKeys:
    def test_every_place_is_meant_by_its_label_alone(self) -> None:
        everywhere = [*places.everywhere()]
        assert len(everywhere) > 3800
        assert [place.label for place in everywhere if places.keys(place.label) != [place.key]] == []
        assert [place.label for place in everywhere if places.labelled(place.label) != place] == []

    @pytest.mark.parametrize(
        ("text", "labels"),
        [
            ("朝阳", ["北京市朝阳区", "朝阳市"]),
            ("海南", ["海南"]),
            ("shanxi", ["山西"]),
            ("Shaanxi", ["陕西"]),
            ("Xi'an", ["西安"]),
            ("江浙沪", ["江苏", "浙江", "上海"]),
            ("南京鼓楼区", ["南京市鼓楼区"]),
        ],
    )
    def test_names_mean_the_widest_place_that_bears_them(self, text: str, labels: list[str]) -> None:
        assert places.keys(text) == [place.key for label in labels if (place := places.labelled(label))]
