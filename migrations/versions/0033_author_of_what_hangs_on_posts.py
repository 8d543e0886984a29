"""give what hangs on a post its author, so that it can be split with it.

Fills a column of every row of post_stats, post_tags, post_revisions, polls and poll_votes, and makes their keys anew:
locks these five for half a minute or so for a million posts. The version before cannot publish with it: stop it first.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0033"
down_revision: str | None = "0032"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_KEYS = {
    "post_stats": ["post_id"],
    "post_tags": ["tag", "post_id"],
    "post_revisions": ["id"],
    "polls": ["id"],
    "poll_votes": ["poll_id", "account_id", "choice"],
}
# Those that are not written in one statement with the post.
_CHECKED = ("post_revisions", "polls")


def upgrade() -> None:
    op.drop_constraint("fk_poll_votes_poll_id", "poll_votes", type_="foreignkey")
    for table, key in _KEYS.items():
        op.add_column(table, sa.Column("author_id", sa.BigInteger(), nullable=True))
        above, name = ("polls", "poll_id") if table == "poll_votes" else ("posts", "post_id")
        op.execute(
            f"UPDATE {table} SET author_id = above.author_id FROM {above} AS above WHERE above.id = {table}.{name}"
        )
        op.alter_column(table, "author_id", nullable=False)
        _key(table, [*key, "author_id"])
    for table in _CHECKED:
        op.create_foreign_key(f"fk_{table}_post_id", table, "posts", ["post_id", "author_id"], ["id", "author_id"])
    op.create_foreign_key(
        "fk_poll_votes_poll_id",
        "poll_votes",
        "polls",
        ["poll_id", "author_id"],
        ["id", "author_id"],
        ondelete="CASCADE",
    )


def downgrade() -> None:
    op.drop_constraint("fk_poll_votes_poll_id", "poll_votes", type_="foreignkey")
    for table in _CHECKED:
        op.drop_constraint(f"fk_{table}_post_id", table, type_="foreignkey")
    for table, key in _KEYS.items():
        _key(table, key)
        op.drop_column(table, "author_id")
    op.create_foreign_key("fk_poll_votes_poll_id", "poll_votes", "polls", ["poll_id"], ["id"], ondelete="CASCADE")


def _key(table: str, columns: Sequence[str]) -> None:
    op.execute(
        f"ALTER TABLE {table} DROP CONSTRAINT pk_{table}, ADD CONSTRAINT pk_{table} PRIMARY KEY ({', '.join(columns)})"
    )
