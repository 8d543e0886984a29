"""What the login and consent pages say, in Chinese and English."""

from collections.abc import Mapping

_NOUNS = {
    "accounts": ("个人资料和账号", "profiles and accounts"),
    "applications": ("求职申请", "job applications"),
    "blocks": ("屏蔽名单", "blocks"),
    "bookmarks": ("收藏", "bookmarks"),
    "cascades": ("职位的传播路径", "how jobs spread"),
    "introductions": ("引荐", "introductions"),
    "collections": ("合集", "collections"),
    "conversations": ("私信会话", "conversations"),
    "favourites": ("赞过的帖子", "favourites"),
    "filters": ("过滤规则", "filters"),
    "follows": ("关注", "follows"),
    "jobs": ("职位", "jobs"),
    "lists": ("分组", "lists"),
    "media": ("图片和视频", "media"),
    "mutes": ("静音名单", "mutes"),
    "notifications": ("通知", "notifications"),
    "reports": ("举报", "reports"),
    "search": ("搜索", "search"),
    "statuses": ("帖子", "posts"),
    "webhooks": ("网络回调", "webhooks"),
}
_WHOLE = {
    "read": ("查看你账号的全部内容，包括私信和求职申请", "See everything in your account, direct messages included"),
    "write": ("以你的名义做所有事：发帖、删帖、改资料、投递", "Do everything in your name: post, delete, edit, apply"),
    "follow": ("管理你的关注、屏蔽和静音", "Manage whom you follow, block and mute"),
    "push": ("接收你的推送通知", "Receive your push notifications"),
    "profile": ("只查看你的基本资料", "See your basic profile only"),
    "offline_access": ("在你不使用时也保持登录", "Stay signed in while you are away"),
    "read:search": ("以你的名义搜索", "Search in your name"),
    "write:media": ("上传图片和视频", "Upload pictures and videos"),
    "write:reports": ("以你的名义举报", "Report others in your name"),
    "write:statuses": ("以你的名义发帖、转发、删帖", "Post, repost and delete in your name"),
    "write:applications": ("以你的名义投递职位", "Apply to jobs in your name"),
    "write:accounts": ("修改你的个人资料", "Edit your profile"),
    "write:jobs": ("以你所在机构的名义管理职位", "Manage the jobs of your organisations"),
}
_CHINESE, _ENGLISH = 0, 1

WORDS: Mapping[str, tuple[str, str]] = {
    "log_in": ("登录", "Log in"),
    "log_in_title": ("登录微职", "Log in to Weizhi"),
    "log_in_for": (
        "登录后，你可以决定是否让 {app} 使用你的账号。",
        "Log in to decide whether {app} may use your account.",
    ),
    "name": ("用户名或邮箱", "User name or e-mail"),
    "password": ("密码", "Password"),
    "cancel": ("取消，返回应用", "Cancel and go back"),
    "wrong": ("用户名或密码不对。", "That user name and password do not match."),
    "slow_down": ("尝试次数太多，请稍后再试。", "Too many attempts. Please wait a while and try again."),
    "unavailable": (
        "现在无法安全登录，请稍后再试。",
        "Logging in is not possible right now. Please try again shortly.",
    ),
    "allow_title": ("允许 {app} 使用你的账号？", "Let {app} use your account?"),
    "signed_in_as": ("当前账号", "Signed in as"),
    "not_you": ("不是你？换个账号", "Not you? Use another account"),
    "may": ("{app} 将可以：", "{app} will be able to:"),
    "unknown_app": (
        "这是第三方应用，微职没有核实过它。只允许你信任的应用。",
        "This app is not made or checked by Weizhi. Allow only apps that you trust.",
    ),
    "website": ("网站", "Website"),
    "goes_back": ("之后回到", "Then back to"),
    "allow": ("允许", "Allow"),
    "deny": ("拒绝", "Deny"),
    "take_back": ("以后可以在这里收回：", "You can take this back later:"),
    "apps_title": ("你授权的应用", "Apps you allowed"),
    "apps_help": (
        "这些应用可以使用你的账号。收回后，它们会立即失去访问权限。",
        "These apps may use your account. One that you take back loses access at once.",
    ),
    "apps_none": ("没有应用可以使用你的账号。", "No app may use your account."),
    "since": ("授权于", "Since"),
    "revoke": ("收回 {app} 的授权", "Take access back from {app}"),
    "log_in_for_apps": (
        "登录后，你可以查看并收回你授权的应用。",
        "Log in to see the apps you allowed, and to take that back.",
    ),
    "stale_page": ("这个页面已经过期。请刷新后再试。", "This page has expired. Load it again and try once more."),
    "code_title": ("复制授权码", "Copy this code"),
    "code_help": (
        "把下面的授权码粘贴到应用里。它只能用一次，10 分钟内有效。不要发给任何人。",
        "Paste this code into the app. It works once, within 10 minutes. Do not send it to anyone.",
    ),
    "denied_title": ("没有授权", "Nothing was allowed"),
    "denied_help": ("你可以关闭这个页面。", "You can close this page."),
    "error_title": ("无法继续", "This cannot go on"),
    "unknown_client": (
        "这个应用没有在微职注册，或者它要求的返回地址不对。为了安全，我们没有跳转。请回到应用重试，或联系它的作者。",
        "This app is not registered here, or wants the answer sent to an address that is not its own. To be safe you "
        "were not sent there. Go back to the app and try again, or tell its makers.",
    ),
    "stale_form": (
        "这个页面已经过期。请回到应用，重新开始登录。",
        "This page has expired. Go back to the app and start again.",
    ),
}


def say(language: str, key: str) -> str:
    """The words for `key` in `language`."""
    return WORDS[key][_ENGLISH if language == "en" else _CHINESE]


def scope_meaning(language: str, scope: str) -> str:
    """What a scope lets an app do."""
    at = _ENGLISH if language == "en" else _CHINESE
    if scope in _WHOLE:
        return _WHOLE[scope][at]
    verb, _, noun = scope.partition(":")
    if verb == "read":
        return (f"查看你的{_NOUNS[noun][_CHINESE]}", f"See your {_NOUNS[noun][_ENGLISH]}")[at]
    return (f"管理你的{_NOUNS[noun][_CHINESE]}", f"Manage your {_NOUNS[noun][_ENGLISH]}")[at]


def choose_language(asked: str | None, accepted: str) -> str:
    """zh-CN or en: by the app's wish (`lang`), else by the browser's (`Accept-Language`), else Chinese."""
    wishes = [(2.0, asked or "")]
    for part in accepted.split(",")[:20]:
        tag, _, quality = part.strip().partition(";q=")
        try:
            wishes.append((float(quality or 1), tag))
        except ValueError:
            continue
    for _, tag in sorted(wishes, key=lambda wish: -wish[0]):
        base = tag.lower().split("-")[0].split("_")[0]
        if base in ("zh", "en"):
            return "en" if base == "en" else "zh-CN"
    return "zh-CN"
