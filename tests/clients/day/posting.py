"""People write, answer, quote, boost, edit and delete."""

from datetime import datetime, timedelta, timezone

from mastodon import MastodonAPIError, MastodonNotFoundError

from tests.clients.day.pictures import png
from tests.clients.day.steps import Day, eventually, ids, refused


def test_one_posts_with_a_picture(day: Day) -> None:
    media = day.lin.media_post(png(), "image/png", description="从红到蓝", focus=(0.5, -0.5))
    media = eventually(lambda: (found := day.lin.media(media)).url and found)
    assert (media.type, media.description) == ("image", "从红到蓝")
    assert media.blurhash
    assert (media.meta.original.width, media.meta.original.height) == (64, 48)
    assert day.lin.media_update(media, description="从红变蓝").description == "从红变蓝"
    post = day.lin.status_post("今天的天 #天色 #Python", media_ids=[media], sensitive=True, language="zh")
    day.made["picture"] = post
    assert [one.description for one in post.media_attachments] == ["从红变蓝"]
    assert (post.sensitive, post.language) == (True, "zh")
    assert {tag.name.lower() for tag in post.tags} == {"天色", "python"}
    assert day.lin.session.get(post.media_attachments[0].url, timeout=20).headers["content-type"] == "image/png"
    assert ids(day.bo.account_statuses(day.id("lin"), only_media=True)) == [str(post.id)]


def test_one_asks_and_others_vote(day: Day) -> None:
    poll = day.lin.make_poll(["去", "不去", "看天气"], expires_in=3600, multiple=True)
    post = day.lin.status_post("周末爬山？", poll=poll)
    assert [option.title for option in post.poll.options] == ["去", "不去", "看天气"]
    voted = day.bo.poll_vote(post.poll, [0, 2])
    assert (voted.voted, voted.voters_count, voted.votes_count) == (True, 1, 2)
    assert list(voted.own_votes) == [0, 2]
    assert "already voted" in refused(lambda: day.bo.poll_vote(post.poll, [1]), MastodonAPIError)
    assert [option.votes_count for option in day.lin.poll(post.poll).options] == [1, 0, 1]
    day.made["poll"] = post


def test_a_warning_hides_the_text(day: Day) -> None:
    post = day.lin.status_post("凶手是管家", spoiler_text="剧透")
    assert (post.spoiler_text, post.sensitive) == ("剧透", True)
    assert "凶手" in day.bo.status(post).content


def test_visibility_holds(day: Day) -> None:
    for visibility, sees in (("unlisted", True), ("private", True), ("direct", False)):
        post = day.lin.status_post(f"{visibility} 的话", visibility=visibility)
        assert post.visibility == visibility
        if sees:
            assert day.bo.status(post).id == post.id
        else:
            refused(lambda post=post: day.bo.status(post), MastodonNotFoundError)
        assert str(post.id) not in ids(day.bo.timeline_public())
        if visibility != "unlisted":
            refused(lambda post=post: day.client().status(post), MastodonNotFoundError)


def test_a_later_post_waits(day: Day) -> None:
    at = datetime.now(timezone.utc).replace(microsecond=0) + timedelta(hours=2)  # noqa: UP017
    waiting = day.lin.status_post("以后见", scheduled_at=at, visibility="unlisted")
    assert waiting.scheduled_at == at
    assert waiting.params.text == "以后见"
    assert ids(day.lin.scheduled_statuses()) == [str(waiting.id)]
    moved = day.lin.scheduled_status_update(waiting, at + timedelta(hours=1))
    assert moved.scheduled_at == at + timedelta(hours=1)
    assert day.lin.scheduled_status(waiting).scheduled_at == moved.scheduled_at
    day.lin.scheduled_status_delete(waiting)
    assert day.lin.scheduled_statuses() == []


def test_an_edit_leaves_a_history(day: Day) -> None:
    post = day.lin.status_post("我会 Pyhton", spoiler_text="自夸")
    assert day.lin.status_source(post).text == "我会 Pyhton"
    edited = day.lin.status_update(post, "我会 Python", spoiler_text="自夸")
    assert edited.edited_at
    assert "Python" in edited.content
    history = day.bo.status_history(post)
    assert ["Pyhton" in version.content for version in history] == [True, False]
    refused(lambda: day.bo.status_update(post, "我不会"), MastodonNotFoundError)


def test_a_thread_grows(day: Day) -> None:
    first = day.lin.status_post("有人用过 PostgreSQL 18 吗？")
    day.made["thread"] = first
    second = day.bo.status_reply(first, "用过")
    third = day.lin.status_post("如何？", in_reply_to_id=second)
    assert second.in_reply_to_account_id == first.account.id
    assert [mention.username for mention in second.mentions] == ["lin"]
    context = day.mei.status_context(second)
    assert ids(context.ancestors) == [str(first.id)]
    assert ids(context.descendants) == [str(third.id)]
    eventually(lambda: day.lin.status(first).replies_count == 1)
    assert day.lin.status_mute(first).muted
    assert not day.lin.status_unmute(first).muted


def test_a_key_posts_only_once(day: Day) -> None:
    first, second = (day.lin.status_post("只发一次", idempotency_key="day-1") for _ in range(2))
    assert first.id == second.id


def test_one_quotes_and_takes_the_quote_off(day: Day) -> None:
    post = day.lin.status_post("可以引用", quote_approval_policy="public")
    assert post.quote_approval.current_user == "automatic"
    quote = day.bo.status_post("说得对", quoted_status_id=post)
    assert (quote.quote.state, quote.quote.quoted_status.id) == ("accepted", post.id)
    eventually(lambda: day.lin.status(post).quotes_count == 1)
    assert ids(day.lin.status_quotes(post)) == [str(quote.id)]
    # Nobody is told of a quote that was taken off before the worker came to it.
    eventually(lambda: "quote" in {one.type for one in day.lin.notifications(limit=80)})
    assert day.lin.status_quote_revoke(post, quote).quote.state == "revoked"
    seen = day.mei.status(quote)
    assert (seen.quote.state, seen.quote.quoted_status) == ("revoked", None)
    assert day.lin.status_quotes(post) == []
    assert day.lin.status_update_quote_approval_policy(post, "nobody").quote_approval.automatic == []
    assert day.mei.status(post).quote_approval.current_user == "denied"
    refused(lambda: day.mei.status_post("我也引用", quoted_status_id=post), MastodonAPIError)


def test_one_boosts(day: Day) -> None:
    post = day.made["picture"]
    boost = day.bo.status_reblog(post)
    assert (boost.reblog.id, boost.reblog.reblogged) == (post.id, True)
    assert boost.content == post.content
    assert ids(day.lin.status_reblogged_by(post)) == [day.id("bo")]
    eventually(lambda: day.lin.status(post).reblogs_count == 1)
    assert not day.bo.status_unreblog(post).reblogged
    eventually(lambda: day.lin.status(post).reblogs_count == 0)
    day.bo.status_reblog(post)


def test_one_favourites(day: Day) -> None:
    post = day.made["picture"]
    for person in (day.bo, day.mei):
        assert person.status_favourite(post).favourited
    assert set(ids(day.lin.status_favourited_by(post))) == {day.id("bo"), day.id("mei")}
    assert ids(day.bo.favourites()) == [str(post.id)]
    assert not day.mei.status_unfavourite(post).favourited
    eventually(lambda: day.lin.status(post).favourites_count == 1)


def test_one_bookmarks(day: Day) -> None:
    post = day.made["picture"]
    assert day.bo.status_bookmark(post).bookmarked
    assert ids(day.bo.bookmarks()) == [str(post.id)]
    assert not day.mei.status(post).bookmarked
    assert not day.bo.status_unbookmark(post).bookmarked
    assert day.bo.bookmarks() == []


def test_one_pins(day: Day) -> None:
    post = day.made["picture"]
    assert day.lin.status_pin(post).pinned
    assert ids(day.bo.account_statuses(day.id("lin"), pinned=True)) == [str(post.id)]
    refused(lambda: day.bo.status_pin(post), MastodonAPIError)
    assert not day.lin.status_unpin(post).pinned


def test_one_deletes_and_writes_anew(day: Day) -> None:
    post = day.lin.status_post("写错了")
    gone = day.lin.status_delete(post)
    assert gone.text == "写错了"
    refused(lambda: day.lin.status(post), MastodonNotFoundError)
    assert day.lin.status_post(gone.text.replace("错", "对")).id != post.id
