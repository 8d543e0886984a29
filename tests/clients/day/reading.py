"""People read: timelines page by page, tags, filters, search, trends, conversations."""

from mastodon import MastodonAPIError

from tests.clients.day.steps import Day, eventually, ids, refused


def test_home_is_read_back_and_forth(day: Day) -> None:
    own = [str(day.bo.status_post(f"第 {number} 条").id) for number in range(7)]
    eventually(lambda: own[-1] in ids(day.lin.timeline_home(limit=5)))
    newest = day.lin.timeline_home(limit=3)
    assert ids(newest) == own[:3:-1]
    older = day.lin.fetch_next(newest)
    assert ids(older) == own[3:0:-1]
    assert ids(day.lin.fetch_previous(older)) == ids(newest)
    assert not day.lin.fetch_previous(newest)
    everything = day.lin.fetch_remaining(newest)
    assert len(set(ids(everything))) == len(everything) > 7
    assert ids(day.lin.timeline_home(min_id=own[2], limit=2)) == [own[4], own[3]]
    assert ids(day.lin.timeline_home(since_id=own[2], limit=2)) == [own[6], own[5]]


def test_accounts_are_paged_by_the_server_s_marks(day: Day) -> None:
    first = day.client().account_followers(day.id("lin"), limit=1)
    second = day.client().fetch_next(first)
    assert set(ids(first) + ids(second)) == {day.id("bo"), day.id("mei")}
    assert not day.client().fetch_next(second)


def test_anyone_reads_the_public_timeline(day: Day) -> None:
    post = day.lin.status_post("给所有人")
    for person in (day.client(), day.bo):
        assert str(post.id) in ids(person.timeline_public())
        assert str(post.id) in ids(person.timeline_local())
    assert ids(day.client().statuses([post.id])) == [str(post.id)]


def test_a_tag_is_followed(day: Day) -> None:
    assert day.lin.tag_follow("远程工作").following
    assert [tag.name for tag in day.lin.followed_tags()] == ["远程工作"]
    post = day.mei.status_post("招人 #远程工作#")
    eventually(lambda: str(post.id) in ids(day.lin.timeline_home()))
    assert str(post.id) in ids(day.client().timeline_hashtag("远程工作"))
    assert day.lin.tag("远程工作").history is not None
    assert not day.lin.tag_unfollow("远程工作").following
    assert day.lin.followed_tags() == []


def test_a_tag_is_featured(day: Day) -> None:
    featured = day.lin.featured_tag_create("Python")
    assert featured.name.lower() == "python"
    assert ids(day.lin.featured_tags()) == [str(featured.id)]
    assert [tag.name.lower() for tag in day.bo.account_featured_tags(day.id("lin"))] == ["python"]
    assert isinstance(day.lin.featured_tag_suggestions(), list)
    day.lin.featured_tag_delete(featured)
    assert day.lin.featured_tags() == []


def test_a_filter_marks_what_it_matches(day: Day) -> None:
    made = day.lin.create_filter_v2(
        "加班", ["home", "public"], "warn", keywords_attributes=[{"keyword": "996", "whole_word": False}]
    )
    assert [keyword.keyword for keyword in made.keywords] == ["996"]
    post = day.bo.status_post("我们不 996")
    quiet = day.bo.status_post("我们准时下班")
    seen = eventually(lambda: [one for one in day.lin.timeline_home() if one.id == post.id])[0]
    assert [result.filter.title for result in seen.filtered] == ["加班"]
    assert list(seen.filtered[0].keyword_matches) == ["996"]
    assert day.lin.status(quiet).filtered == []
    added = day.lin.add_filter_keyword_v2(made, "下班", whole_word=False)
    assert [result.filter.title for result in day.lin.status(quiet).filtered] == ["加班"]
    day.lin.delete_filter_keyword_v2(added)
    one = day.lin.add_filter_status_v2(made, quiet)
    assert ids(day.lin.filter_statuses_v2(made)) == [str(one.id)]
    day.lin.delete_filter_status_v2(one)
    assert day.lin.update_filter_v2(made, title="工时").title == "工时"
    assert [found.title for found in day.lin.filters_v2()] == ["工时"]
    day.lin.delete_filter_v2(made)
    assert day.lin.filters_v2() == []
    assert day.lin.status(post).filtered == []


def test_search_finds_people_tags_and_posts(day: Day) -> None:
    post = day.bo.status_post("寻找 FastAPI 专家 #后端")
    found = eventually(lambda: (result := day.lin.search_v2("FastAPI")).statuses and result)
    assert str(post.id) in ids(found.statuses)
    assert eventually(lambda: day.lin.search_v2("lin", result_type="accounts").accounts)[0].username == "lin"
    eventually(lambda: "后端" in [tag.name for tag in day.lin.search_v2("后端", result_type="hashtags").hashtags])


def test_conversations_are_kept_apart(day: Day) -> None:
    post = day.bo.status_post("@lin 私下说", visibility="direct")
    talk = eventually(lambda: [one for one in day.lin.conversations() if one.last_status.id == post.id])[0]
    assert talk.unread
    assert [account.username for account in talk.accounts] == ["bo"]
    assert not day.lin.conversations_read(talk).unread
    answer = day.lin.status_reply(post, "听见了", visibility="direct")
    eventually(lambda: [one for one in day.bo.conversations() if one.last_status.id == answer.id])
    assert not day.mei.conversations()


def test_trends_are_told(day: Day) -> None:
    for person in (day.bo, day.mei, day.lin):
        person.status_post("都在说 #热门话题")
    eventually(lambda: "热门话题" in [tag.name for tag in day.client().trending_tags()])
    assert isinstance(day.client().trending_statuses(), list)
    assert day.client().trending_links() == []


def test_markers_remember_the_place(day: Day) -> None:
    (newest,) = day.lin.timeline_home(limit=1)
    assert day.lin.markers_set(["home"], [newest])["home"].last_read_id == newest.id
    assert day.lin.markers_get(["home"])["home"].last_read_id == newest.id
    assert not day.bo.markers_get(["home"])


def test_what_others_seldom_ask_is_answered(day: Day) -> None:
    assert isinstance(day.lin.suggestions(), list)
    assert isinstance(day.lin.endorsements(), list)
    assert isinstance(day.lin.announcements(), list)
    assert isinstance(day.lin.directory(), list)
    assert isinstance(day.lin.account_familiar_followers(day.id("bo")), list)
    refused(lambda: day.lin.status_translate(day.made["thread"], "en"), MastodonAPIError)
