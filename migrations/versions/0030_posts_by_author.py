"""key posts by author, so that they can be split by it: no foreign key names a post alone any more.

Locks posts and the tables that named it for as long as the index of the new key takes: some seconds for a million
posts. The version before goes on working with it.
"""

from collections.abc import Sequence

from alembic import op

revision: str = "0030"
down_revision: str | None = "0029"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_TO_POSTS = {
    "posts": ("repost_of_id", "quote_of_id", "in_reply_to_id"),
    "post_stats": ("post_id",),
    "post_tags": ("post_id",),
    "post_revisions": ("post_id",),
    "polls": ("post_id",),
    "cascade_nodes": ("post_id", "root_id", "parent_id"),
    "likes": ("post_id",),
    "bookmarks": ("post_id",),
    "pins": ("post_id",),
    "media": ("post_id",),
    "notifications": ("post_id",),
    "notification_requests": ("last_post_id",),
    "conversation_posts": ("post_id",),
    "filter_posts": ("post_id",),
    "jobs": ("post_id",),
    "applications": ("via_post_id",),
}
# These name posts of one's own: a foreign key that stays within the owner's shard.
_OWN = ("pins", "media")


def upgrade() -> None:
    for table, columns in _TO_POSTS.items():
        for column in columns:
            op.drop_constraint(f"fk_{table}_{column}", table, type_="foreignkey")
    _key("posts", "id", "author_id")
    _key("cascade_nodes", "post_id", "account_id")
    for table in _OWN:
        op.create_foreign_key(f"fk_{table}_post_id", table, "posts", ["post_id", "account_id"], ["id", "author_id"])


def downgrade() -> None:
    for table in _OWN:
        op.drop_constraint(f"fk_{table}_post_id", table, type_="foreignkey")
    _key("cascade_nodes", "post_id")
    _key("posts", "id")
    for table, columns in _TO_POSTS.items():
        for column in columns:
            op.create_foreign_key(f"fk_{table}_{column}", table, "posts", [column], ["id"])


def _key(table: str, *columns: str) -> None:
    op.execute(
        f"ALTER TABLE {table} DROP CONSTRAINT pk_{table}, ADD CONSTRAINT pk_{table} PRIMARY KEY ({', '.join(columns)})"
    )
