"""Morning: an app is registered, people come, log in and set up their profiles."""

from mastodon import Mastodon, MastodonIllegalArgumentError, MastodonNotFoundError, MastodonUnauthorizedError

from tests.clients.day.browser import code_for
from tests.clients.day.pictures import png
from tests.clients.day.steps import PASSWORD, SCOPES, Day, eventually, refused


def test_an_app_registers(day: Day) -> None:
    day.client_id, day.client_secret = Mastodon.create_app("一天 day", api_base_url=day.url, scopes=SCOPES)
    assert day.client_id
    assert day.client_secret


def test_people_register(day: Day) -> None:
    for name in ("lin", "bo", "mei"):
        person = day.client()
        person.create_account(name, PASSWORD, f"{name}@example.com", agreement=True, locale="zh-CN", scopes=SCOPES)
        assert person.me().username == name
        day.people[name] = person


def test_a_name_is_taken_only_once(day: Day) -> None:
    token, error = day.client().create_account(
        "lin", PASSWORD, "other@example.com", agreement=True, scopes=SCOPES, return_detailed_error=True
    )
    assert token is None
    assert error["details"]["username"][0]["error"] == "ERR_TAKEN"


def test_one_logs_in_through_the_browser(day: Day) -> None:
    client = day.client()
    address = client.auth_request_url(scopes=SCOPES, lang="zh", allow_http=True)
    code = code_for(address, username="lin@example.com", password=PASSWORD)
    client.log_in(code=code, scopes=SCOPES, allow_http=True)
    assert client.me().username == "lin"
    assert client.app_verify_credentials().name == "一天 day"
    refused(lambda: day.client().log_in(code=code, scopes=SCOPES, allow_http=True), MastodonIllegalArgumentError)
    client.revoke_access_token(allow_http=True)
    refused(client.me, (MastodonUnauthorizedError, MastodonIllegalArgumentError))


def test_one_logs_in_with_a_password(day: Day) -> None:
    client = day.client()
    client.log_in("bo@example.com", PASSWORD, scopes=SCOPES, allow_http=True)
    assert client.me().username == "bo"
    refused(
        lambda: day.client().log_in("bo@example.com", "wrong", scopes=SCOPES, allow_http=True),
        MastodonIllegalArgumentError,
    )


def test_the_instance_tells_about_itself(day: Day) -> None:
    nobody = day.client()
    v1, v2, nodeinfo = nobody.instance_v1(), nobody.instance_v2(), nobody.instance_nodeinfo()
    assert v1.uri == v2.domain == day.url.removeprefix("http://")
    assert v2.configuration.statuses.max_characters == 2000
    assert v2.api_versions["mastodon"] >= 7
    assert nodeinfo.software.name == "weizhi"
    assert nodeinfo.openRegistrations
    assert nobody.instance_health()
    assert isinstance(nobody.instance_rules(), list)
    assert "zh" in {language.code for language in nobody.instance_languages()}
    assert nobody.custom_emojis() == []
    assert nobody.instance_extended_description().content is not None
    assert isinstance(nobody.instance_activity(), list)
    assert isinstance(nobody.instance_peers(), list)


def test_one_sets_up_a_profile(day: Day) -> None:
    me = day.lin.account_update_credentials(
        display_name="林小雨 🌧",
        note="后端工程师 #Python https://example.com/",
        fields=[("城市", "杭州"), ("主页", "https://example.com/")],
        bot=False,
        discoverable=True,
        avatar=png(120, 120),
        avatar_mime_type="image/png",
        header=png(300, 100),
        header_mime_type="image/png",
    )
    assert me.display_name == "林小雨 🌧"
    assert [one.name for one in me.fields] == ["城市", "主页"]
    assert me.source.note.startswith("后端工程师")
    assert day.bo.account_lookup("lin").avatar == me.avatar
    assert day.lin.session.get(me.avatar, timeout=20).headers["content-type"].startswith("image/")


def test_someone_locks_the_account(day: Day) -> None:
    assert day.mei.account_update_credentials(locked=True).locked
    assert day.bo.account_lookup("mei").locked


def test_strangers_are_found(day: Day) -> None:
    found = eventually(lambda: day.bo.account_search("林小雨"))
    assert found[0].username == "lin"
    assert [account.id for account in day.bo.accounts([day.id("lin"), day.id("mei")])]
    refused(lambda: day.bo.account_lookup("nobody_here"), MastodonNotFoundError)
    refused(lambda: day.bo.account(1), MastodonNotFoundError)


def test_preferences_are_known(day: Day) -> None:
    preferences = day.lin.preferences()
    assert preferences["posting:default:visibility"] == "public"
    assert preferences["reading:expand:media"] == "default"
