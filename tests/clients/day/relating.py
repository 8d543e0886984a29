"""People follow, ask to, take notes of, mute and block each other."""

from mastodon import MastodonNotFoundError

from tests.clients.day.steps import Day, eventually, ids, refused


def test_one_follows_another(day: Day) -> None:
    lin, bo = day.id("lin"), day.id("bo")
    assert day.lin.account_follow(bo, notify=True).following
    relationship = day.lin.account_relationships(bo)[0]
    assert (relationship.following, relationship.notifying, relationship.showing_reblogs) == (True, True, True)
    assert day.bo.account_follow(lin).followed_by
    assert ids(day.lin.account_following(lin)) == [bo]
    assert ids(day.lin.account_followers(bo)) == [lin]
    eventually(lambda: day.lin.account(bo).followers_count == 1)


def test_a_locked_account_lets_in_by_hand(day: Day) -> None:
    lin, bo, mei = day.id("lin"), day.id("bo"), day.id("mei")
    for person in (day.lin, day.bo):
        asked = person.account_follow(mei)
        assert (asked.following, asked.requested) == (False, True)
    assert set(ids(day.mei.follow_requests())) == {lin, bo}
    assert day.mei.follow_request_authorize(lin).followed_by
    assert not day.mei.follow_request_reject(bo).followed_by
    assert day.lin.account_relationships(mei)[0].following
    assert not day.bo.account_relationships(mei)[0].requested
    assert day.mei.follow_requests() == []


def test_a_note_is_kept_in_private(day: Day) -> None:
    bo = day.id("bo")
    assert day.lin.account_note_set(bo, "前同事").note == "前同事"
    assert day.lin.account_relationships(bo)[0].note == "前同事"
    assert day.mei.account_relationships(bo)[0].note == ""


def test_a_mute_has_an_end(day: Day) -> None:
    mei = day.id("mei")
    muted = day.bo.account_mute(mei, notifications=True, duration=3600)
    assert (muted.muting, muted.muting_notifications) == (True, True)
    (one,) = day.bo.mutes()
    assert one.mute_expires_at
    assert not day.bo.account_unmute(mei).muting
    assert day.bo.mutes() == []


def test_a_block_hides(day: Day) -> None:
    bo, mei = day.id("bo"), day.id("mei")
    post = day.mei.status_post("给大家看的", visibility="public")
    assert day.bo.status(post).id == post.id
    assert day.mei.account_block(bo).blocking
    assert ids(day.mei.blocks()) == [bo]
    refused(lambda: day.bo.status(post), MastodonNotFoundError)
    assert day.bo.account_relationships(mei)[0].blocked_by
    assert not day.mei.account_unblock(bo).blocking
    assert day.bo.status(post).id == post.id


def test_a_follower_is_removed_and_a_follow_taken_back(day: Day) -> None:
    lin, mei = day.id("lin"), day.id("mei")
    assert not day.mei.account_remove_from_followers(lin).followed_by
    assert not day.lin.account_relationships(mei)[0].following
    day.mei.account_update_credentials(locked=False)
    assert day.lin.account_follow(mei).following
    assert not day.lin.account_unfollow(mei).following
    assert day.mei.account_follow(lin).following


def test_a_domain_is_blocked(day: Day) -> None:
    day.lin.domain_block("spam.example")
    assert list(day.lin.domain_blocks()) == ["spam.example"]
    day.lin.domain_unblock("spam.example")
    assert list(day.lin.domain_blocks()) == []


def test_a_list_has_its_own_timeline(day: Day) -> None:
    bo, mei = day.id("bo"), day.id("mei")
    made = day.lin.list_create("同事", replies_policy="list", exclusive=False)
    assert made.title == "同事"
    assert day.lin.list_update(made, "老同事").title == "老同事"
    day.lin.list_accounts_add(made, [bo])
    refused(lambda: day.lin.list_accounts_add(made, [mei]), MastodonNotFoundError)
    assert ids(day.lin.list_accounts(made)) == [bo]
    assert ids(day.lin.account_lists(bo)) == [str(made.id)]
    post = day.bo.status_post("列表里见")
    eventually(lambda: str(post.id) in ids(day.lin.timeline_list(made)))
    own = day.lin.status_post("不在列表里")
    assert str(own.id) not in ids(day.lin.timeline_list(made))
    day.lin.list_accounts_delete(made, [bo])
    assert day.lin.list_accounts(made) == []
    day.lin.list_delete(made)
    assert day.lin.lists() == []


def test_a_report_reaches_the_moderators(day: Day) -> None:
    post = day.mei.status_post("快来买")
    report = day.bo.report(day.id("mei"), [post.id], "垃圾信息", category="spam")
    assert report.category == "spam"
    assert report.target_account.username == "mei"
    assert [str(one) for one in report.status_ids] == [str(post.id)]
