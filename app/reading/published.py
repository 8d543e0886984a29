"""A post just published, as its author sees it, told from what was written instead of being read again."""

from collections.abc import Collection
from typing import Any

import orjson

from app.accounts.models import Account
from app.kit.generations import Generations
from app.kit.site import Site
from app.kit.wire import mastodon_time
from app.posts.authors import Author
from app.posts.models import Post
from app.reading.hydrate import Hydrated, HydratedPost
from app.reading.present import present_mentions, present_status, present_tags, present_words
from app.reading.present_account import present_account, present_counters
from app.reading.schemas import StatusOut
from app.reading.viewer import Viewer

# Kilobytes each.
_MOST_ACCOUNTS = 5_000
_MOST_FORMS = 1_000


def present_published(post: Post, author: Author, *, site: Site) -> StatusOut:
    """A post of words alone: nobody has done anything with it, and nothing stands between it and its author."""
    item = HydratedPost(post, author.profile, stats=None, node=None, app=author.app)
    return present_status(item, Hydrated({post.id: item}, {}, Viewer(post.author_id)), site=site)


class PublishedAnswers:
    """`present_published` as bytes, put together from what many posts and what an author's posts have in common.

    Keys come in another order, no more.
    """

    def __init__(self, site: Site) -> None:
        self._site = site
        self._accounts: Generations[int, tuple[Account, bytes]] = Generations(_MOST_ACCOUNTS)
        self._forms: Generations[Any, bytes] = Generations(_MOST_FORMS)

    def write(self, post: Post, author: Author) -> bytes:
        """The answer to who published `post`, of words alone."""
        own = self._own(post, author)
        form = self._form(post, author, own)
        return b'%b,"account":%b,%b' % (orjson.dumps(own)[:-1], self._account(author), form)

    def _own(self, post: Post, author: Author) -> dict[str, Any]:
        """What each post of words alone has for itself, besides its author's account."""
        url = self._site.post_url(author.profile.account.username, post.id)
        return {
            "id": str(post.id),
            "uri": url,
            "url": url,
            "created_at": mastodon_time(post.created_at),
            "content": present_words(post, post.text, site=self._site),
            "spoiler_text": post.spoiler_text,
            "language": post.language,
            "mentions": [mention.model_dump() for mention in present_mentions(post, site=self._site)],
            "tags": [tag.model_dump() for tag in present_tags(post, site=self._site)],
        }

    def _form(self, post: Post, author: Author, own: Collection[str]) -> bytes:
        """All that is not its own, from after its opening brace."""
        key = (post.visibility, post.sensitive, post.quote_policy, author.app)
        form = self._forms.get(key)
        if form is None:
            whole = present_published(post, author, site=self._site)
            form = whole.model_dump_json(exclude={"account", *own}).encode()[1:]
            self._forms.put(key, form)
        return form

    def _account(self, author: Author) -> bytes:
        account, counters = author.profile.account, present_counters(author.profile.stats)
        kept = self._accounts.get(account.id)
        if kept is None or kept[0] is not account:
            whole = present_account(author.profile, site=self._site)
            kept = (account, whole.model_dump_json(exclude=set(counters)).encode()[:-1])
            self._accounts.put(account.id, kept)
        return b"%b,%b" % (kept[1], orjson.dumps(counters)[1:])
