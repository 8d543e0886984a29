"""What people and posts look like in answers."""

from pydantic import JsonValue

Example = dict[str, JsonValue]


def account(id: str, username: str, display_name: str, headline: str) -> Example:
    """Somebody as Mastodon's Account."""
    url = f"https://weizhi.example/@{username}"
    avatar = f"https://weizhi.example/avatars/{username}.svg"
    header = "https://weizhi.example/avatars/header.svg"
    return {
        "id": id,
        "username": username,
        "acct": username,
        "display_name": display_name,
        "locked": False,
        "bot": False,
        "discoverable": True,
        "indexable": True,
        "group": False,
        "created_at": "2026-03-02T00:00:00.000Z",
        "note": f"<p>{headline}</p>",
        "url": url,
        "uri": url,
        "avatar": avatar,
        "avatar_static": avatar,
        "avatar_description": "",
        "header": header,
        "header_static": header,
        "header_description": "",
        "followers_count": 218,
        "following_count": 164,
        "statuses_count": 97,
        "last_status_at": "2026-11-26",
        "hide_collections": False,
        "noindex": None,
        "emojis": [],
        "roles": [],
        "fields": [],
        "weizhi": {"headline": headline, "verified": None},
    }


ZHANG_WEI = account("117680812650102217", "zhangwei", "张伟", "后端工程师，杭州")
HAN_MEIMEI = account("117680812650168330", "hanmeimei", "韩梅梅", "云杉科技 招聘")
LI_LEI = account("117680812650233405", "lilei", "李雷", "推荐系统，做了八年")


def _status(id: str, author: Example, content: str, kind: str) -> Example:
    url = f"https://weizhi.example/@{author['username']}/{id}"
    return {
        "id": id,
        "uri": url,
        "url": url,
        "created_at": "2026-11-26T08:12:30.250Z",
        "edited_at": None,
        "account": author,
        "content": content,
        "text": None,
        "visibility": "public",
        "sensitive": False,
        "spoiler_text": "",
        "language": "zh",
        "in_reply_to_id": None,
        "in_reply_to_account_id": None,
        "reblog": None,
        "media_attachments": [],
        "mentions": [],
        "tags": [],
        "emojis": [],
        "application": {"name": "Weizhi", "website": None},
        "card": None,
        "poll": None,
        "quote": None,
        "quote_approval": {"automatic": ["public"], "manual": [], "current_user": "automatic"},
        "replies_count": 1,
        "reblogs_count": 13,
        "favourites_count": 6,
        "quotes_count": 2,
        "favourited": False,
        "reblogged": False,
        "muted": False,
        "bookmarked": False,
        "pinned": False,
        "filtered": [],
        "weizhi": _extra(kind),
    }


def _extra(kind: str, **more: JsonValue) -> Example:
    nothing = dict.fromkeys(("via", "job", "highlight", "chain", "chain_text", "chain_html", "calm"))
    return {"kind": kind, **nothing, **more}


_WORDS = "我们在招后端工程师，杭州，有兴趣的来聊聊"
_VIA: Example = {
    "status_id": "117680981179498600",
    "root_status_id": "117680981179490001",
    "depth": 2,
    "inference": "wrapper",
    "confidence": 0.95,
}
POST = _status("117680981179490001", HAN_MEIMEI, f"<p>{_WORDS}</p>", "post")
FOUND_POST: Example = {
    **POST,
    "weizhi": _extra("post", highlight="我们在招<em>后端</em>工程师，杭州，有兴趣的来聊聊"),
}
REPOST: Example = {
    **_status("117680991200813410", ZHANG_WEI, f"<p>{_WORDS}</p>", "repost"),
    "reblog": {**POST, "reblogged": True},
    "reblogged": True,
    "weizhi": _extra("repost", via=_VIA),
}
QUOTE: Example = {
    **_status("117680991200813522", ZHANG_WEI, "<p>转得好</p>", "quote"),
    "quote": {"state": "accepted", "quoted_status": POST, "quoted_status_id": None},
    "weizhi": _extra(
        "quote",
        via=_VIA,
        chain=[{"status_id": "117680981179498600", "account": LI_LEI, "text": "说得对"}],
        chain_text="转得好 //@李雷:说得对",
        chain_html='<p>转得好 //<span class="h-card" translate="no"><a href="https://weizhi.example/@lilei"'
        ' class="u-url mention">@<span>李雷</span></a></span>:说得对</p>',
    ),
}
