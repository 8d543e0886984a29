"""Small tables of measured facts that the demo world is shaped by."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class City:
    """A city: its share of people and jobs, and its pay relative to Beijing."""

    name: str
    region: str
    slug: str
    weight: int
    pay: float
    places: tuple[str, ...]
    foods: tuple[str, ...]


# Pay: medians of posted bands for the same title by city, relative to Beijing, rounded (public job posts:
# BOSS Python 2022, BOSS front-end Hangzhou 2023, Lagou 数据分析 2019; 4,326 rows). Nanjing, Suzhou and Hefei
# are not in those rows and stand between their neighbours. Weights follow the rows by city, flattened.
CITIES = (
    City("北京", "北京", "bj", 20, 1.00, ("奥森", "什刹海", "亮马河", "五道口"), ("炸酱面", "涮羊肉", "豆汁焦圈")),
    City("上海", "上海", "sh", 18, 0.99, ("滨江步道", "武康路", "苏州河边", "张江"), ("生煎", "葱油拌面", "蟹粉小笼")),
    City("杭州", "浙江", "hz", 17, 0.98, ("西湖", "良渚", "九溪", "滨江"), ("片儿川", "葱包桧", "东坡肉")),
    City(
        "深圳", "广东", "sz", 14, 0.95, ("深圳湾", "塘朗山", "莲花山", "南头古城"), ("椰子鸡", "潮汕牛肉火锅", "肠粉")
    ),
    City("广州", "广东", "gz", 9, 0.72, ("白云山", "永庆坊", "海珠湖", "珠江边"), ("早茶", "艇仔粥", "云吞面")),
    City("成都", "四川", "cd", 9, 0.66, ("锦城湖", "玉林", "人民公园", "东郊记忆"), ("甜水面", "蹄花汤", "钵钵鸡")),
    City("南京", "江苏", "nj", 6, 0.80, ("玄武湖", "紫金山", "老门东", "鱼嘴"), ("鸭血粉丝汤", "皮肚面", "盐水鸭")),
    City("武汉", "湖北", "wh", 6, 0.65, ("东湖绿道", "昙华林", "江滩", "光谷"), ("热干面", "豆皮", "藕汤")),
    City("西安", "陕西", "xa", 5, 0.80, ("大明宫", "城墙上", "曲江池", "秦岭脚下"), ("油泼面", "肉夹馍", "胡辣汤")),
    City("苏州", "江苏", "su", 4, 0.82, ("平江路", "金鸡湖", "太湖边", "石湖"), ("枫镇大肉面", "糖粥", "奥灶面")),
    City("厦门", "福建", "xm", 4, 0.60, ("环岛路", "五缘湾", "沙坡尾", "万石植物园"), ("沙茶面", "土笋冻", "海蛎煎")),
    City("天津", "天津", "tj", 3, 0.58, ("海河边", "五大道", "水上公园"), ("煎饼馃子", "锅巴菜", "老豆腐")),
    City("合肥", "安徽", "hf", 3, 0.66, ("天鹅湖", "巢湖边", "大蜀山"), ("牛肉粉丝", "三河米饺", "臭鳜鱼")),
)

# A repost's delay after its parent in seconds at these shares of reposts: 203 Weibo cascades, 78,016 events
# (thunlp/Chinese_Rumor_Dataset, CED). The last tenth is cut at eight days: the demo looks back 90 days.
PARENT_DELAY = (
    (0.0, 20.0),
    (0.05, 112.0),
    (0.10, 193.0),
    (0.25, 620.0),
    (0.50, 2_994.0),
    (0.75, 27_803.0),
    (0.90, 286_714.0),
    (1.0, 700_000.0),
)

# The same cascades: 36 % of reposts have a parent that is not the original; by depth 64, 21, 7, 3, 1.6 … %.
# Among them the first reposts always hang at the root, so small trees need a larger share to come out alike.
NOT_FROM_ROOT = 0.47
DEEPEST = 8

# Posts by hour of the day in China: our own curve, with the lulls of night and the peaks of lunch and evening.
HOURS = (6, 3, 2, 1, 1, 1, 3, 8, 16, 24, 27, 26, 28, 25, 21, 21, 22, 22, 21, 22, 26, 28, 24, 14)

# Months of pay per year and the schooling asked for, as counted in the same job posts; "12" stands for unstated.
SALARY_MONTHS = ((12, 60), (13, 20), (14, 12), (15, 5), (16, 5))
EDUCATION = (("bachelor", 74), ("associate", 13), ("master", 5), ("none", 8))
