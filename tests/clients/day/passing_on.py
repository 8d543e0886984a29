"""A job travels: each passes it on with an app that knows nothing of paths, and it is known by which post they came."""

import hashlib
import hmac
import json
from typing import Any

import requests
from mastodon import Mastodon

from tests.clients.day.steps import PASSWORD, SCOPES, Day, eventually

API = "/api/weizhi/v1"
PUSHED = {
    "action": "job_post_created",
    "payload": {
        "id": 1815002,
        "title": "远程后端工程师",
        "location": "杭州, 浙江",
        "content": "<p>负责推荐系统的后端服务。</p>",
        "internal_content": "<p>内部</p>",
        "updated_at": "2026-11-20T15:06:32.691Z",
        "job_id": 1842002,
        "external": True,
        "internal": False,
        "live": True,
        "questions": [],
    },
}


def ours(day: Day, person: Mastodon, method: str, path: str, **options: Any) -> Any:
    """What a plain app does not ask for."""
    headers = {"Authorization": f"Bearer {person.access_token}"}
    answer = requests.request(method, f"{day.url}{API}/{path}", headers=headers, timeout=20, **options)
    assert answer.status_code in (200, 202), answer.text
    return answer.json()


def comes_by(day: Day, person: Mastodon, post: Any, inference: str) -> None:
    """Wait until it is known how somebody came to a post: what was shown is written down a moment later."""
    eventually(lambda: ours(day, person, "GET", f"statuses/{post.id}/path")["inference"] == inference)


def test_a_recruiting_system_pushes_a_job(day: Day) -> None:
    for name in ("han", "an", "qi", "du", "wu", "bai"):
        person = day.people[name] = day.client()
        person.create_account(name, PASSWORD, f"{name}@example.com", agreement=True, locale="zh-CN", scopes=SCOPES)
    for follower, followed in (("an", "han"), ("qi", "an"), ("du", "qi"), ("wu", "du")):
        day.people[follower].account_follow(day.id(followed))
    han = day.people["han"]
    profile = {"name": "云杉科技", "url": "https://yunshan.example", "profile": "做推荐系统的公司，80 人。"}
    organization = ours(day, han, "POST", "organizations", json=profile)
    source = ours(
        day, han, "POST", "inbound_sources", json={"kind": "greenhouse", "organization_id": organization["id"]}
    )
    body = json.dumps(PUSHED).encode()
    signature = hmac.new(source["secret"].encode(), body, hashlib.sha256).hexdigest()
    headers = {"Content-Type": "application/json", "Signature": f"sha256 {signature}", "Greenhouse-Event-ID": "1"}
    pushed = requests.post(source["url"], data=body, headers=headers, timeout=20)
    assert pushed.status_code == 202, pushed.text
    day.made["job"] = pushed.json()["job_id"]


def test_each_passes_it_on(day: Day) -> None:
    job, an, qi, du, wu, bai = day.made["job"], *(day.people[name] for name in ("an", "qi", "du", "wu", "bai"))
    (root,) = eventually(an.timeline_home)
    assert root.card.url.startswith(f"{day.url}/jobs/{job}")
    comes_by(day, an, root, "exposure")
    by_an = an.status_reblog(root.id)

    # One app sends the id of the repost that it shows,
    (seen,) = eventually(qi.timeline_home)
    assert (seen.id, seen.reblog.id) == (by_an.id, root.id)
    by_qi = qi.status_reblog(seen.id)

    # one opens the card in a browser, and passes on what the repost carries,
    (seen,) = eventually(du.timeline_home)
    assert requests.get(seen.card.url, timeout=20).status_code == 200
    comes_by(day, du, root, "card")
    by_du = du.status_reblog(seen.reblog.id)

    # one only reads before it does; and one has the post from elsewhere.
    (seen,) = eventually(wu.timeline_home)
    comes_by(day, wu, root, "exposure")
    by_wu = wu.status_reblog(seen.reblog.id)
    by_bai = bai.status_reblog(root.id)

    # A link passed on, and one who says it: by our own API.
    token = seen.card.url.partition("?t=")[2]
    ours(day, day.bo, "GET", f"jobs/{job}", params={"t": token})
    comes_by(day, day.bo, root, "link")
    by_bo = day.bo.status_reblog(root.id)
    by_lin = ours_reblog(day, day.lin, root, by_an)

    tree = ours(day, day.people["han"], "GET", f"jobs/{job}/cascade")
    assert {
        node["status_id"]: (node["parent_id"], node["depth"], node["inference"], node["confidence"])
        for node in tree["nodes"]
    } == {
        str(by_an.id): (str(root.id), 1, "exposure", 0.75),
        str(by_qi.id): (str(by_an.id), 2, "wrapper", 0.95),
        str(by_du.id): (str(by_qi.id), 3, "card", 0.9),
        str(by_wu.id): (str(by_du.id), 4, "exposure", 0.75),
        str(by_bai.id): (str(root.id), 1, "direct", 0.5),
        str(by_bo.id): (str(by_wu.id), 5, "link", 0.8),
        str(by_lin): (str(by_an.id), 2, "explicit", 1.0),
    }


def ours_reblog(day: Day, person: Mastodon, root: Any, via: Any) -> str:
    """A repost that says by which it came; its id."""
    headers = {"Authorization": f"Bearer {person.access_token}"}
    path = f"{day.url}/api/v1/statuses/{root.id}/reblog"
    answer = requests.post(path, headers=headers, json={"via": str(via.id)}, timeout=20)
    assert answer.status_code == 200, answer.text
    return str(answer.json()["id"])
