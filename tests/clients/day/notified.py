"""People are told: notifications one by one and in groups, by policy, and through push."""

from mastodon import MastodonNotFoundError

from tests.clients.day.steps import Day, eventually, ids, refused

# The base point of P-256: a public key like any other.
_POINT = bytes.fromhex(
    "046b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296"
    "4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5"
)


def test_each_deed_is_notified(day: Day) -> None:
    wanted = {"follow", "mention", "favourite", "reblog", "quote", "status"}
    told: dict[str, int] = {}

    def all_told() -> bool:
        told.update((one.type, 1) for one in day.lin.notifications(limit=80))
        return wanted <= told.keys()

    eventually(all_told, told)
    assert {one.type for one in day.lin.notifications(types=["favourite"])} == {"favourite"}
    assert "favourite" not in {one.type for one in day.lin.notifications(exclude_types=["favourite"])}
    assert {one.account.username for one in day.lin.notifications(account_id=day.id("mei"))} == {"mei"}
    (newest, *_) = day.lin.notifications()
    assert day.lin.notifications(newest.id).id == newest.id
    assert day.lin.notifications_unread_count().count > 0


def test_notifications_are_read_back_and_forth(day: Day) -> None:
    newest = day.lin.notifications(limit=2)
    older = day.lin.fetch_next(newest)
    assert not set(ids(newest)) & set(ids(older))
    assert ids(day.lin.fetch_previous(older)) == ids(newest)


def test_alike_notifications_come_in_groups(day: Day) -> None:
    post = day.lin.status_post("请点赞")
    for person in (day.bo, day.mei):
        person.status_favourite(post)

    def group() -> object:
        answer = day.lin.grouped_notifications(grouped_types=["favourite"], expand_accounts="full")
        both = [one for one in answer.notification_groups if one.notifications_count == 2 and one.type == "favourite"]
        return both and (answer, both[0])

    answer, one = eventually(group)
    assert set(one.sample_account_ids) == {day.id("bo"), day.id("mei")}
    assert str(one.status_id) == str(post.id)
    assert {day.id("bo"), day.id("mei")} <= set(ids(answer.accounts))
    assert str(post.id) in ids(answer.statuses)
    assert {account.username for account in day.lin.grouped_notification_accounts(one.group_key)} == {"bo", "mei"}
    assert day.lin.grouped_notification(one.group_key).notification_groups[0].group_key == one.group_key
    assert day.lin.unread_grouped_notifications_count() > 0
    assert day.lin.grouped_notifications().notification_groups
    day.lin.dismiss_grouped_notification(one.group_key)
    assert one.group_key not in [group.group_key for group in day.lin.grouped_notifications().notification_groups]


def test_a_policy_holds_strangers_back(day: Day) -> None:
    policy = day.mei.update_notifications_policy(for_not_following="filter")
    assert policy.for_not_following == "filter"
    asking = day.bo.status_post("@mei 你好，在找工作吗？")
    request = eventually(day.mei.notification_requests)[0]
    assert request.account.username == "bo"
    assert request.last_status.id == asking.id
    assert "bo" not in {one.account.username for one in day.mei.notifications(types=["mention"])}
    assert day.mei.notifications_policy().summary.pending_requests_count == 1
    day.mei.accept_notification_request(request)
    eventually(lambda: "bo" in {one.account.username for one in day.mei.notifications(types=["mention"])})
    assert day.mei.notification_requests() == []
    eventually(day.mei.notifications_merged)
    assert day.mei.update_notifications_policy(for_not_following="accept").for_not_following == "accept"


def test_notifications_are_cleared(day: Day) -> None:
    (newest, *_) = day.lin.notifications()
    day.lin.notifications_dismiss(newest)
    refused(lambda: day.lin.notifications(newest.id), MastodonNotFoundError)
    day.lin.notifications_clear()
    assert day.lin.notifications() == []


def test_a_push_subscription_is_kept(day: Day) -> None:
    refused(day.lin.push_subscription, MastodonNotFoundError)
    keys = {"pubkey": _POINT, "auth": b"0123456789abcdef"}
    made = day.lin.push_subscription_set("https://push.example/lin", keys, mention_events=True, follow_events=False)
    assert made.endpoint == "https://push.example/lin"
    assert (made.alerts.mention, made.alerts.follow) == (True, False)
    assert made.server_key
    assert day.lin.push_subscription_update(mention_events=False, follow_events=True).alerts.follow
    assert day.lin.push_subscription().alerts.follow
    day.lin.push_subscription_delete()
    refused(day.lin.push_subscription, MastodonNotFoundError)
