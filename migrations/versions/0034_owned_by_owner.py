"""key by owner what people keep for themselves, so that it can be split by it.

Makes the keys of these tables anew, which locks each for as long as that takes: seconds for a million notifications,
the largest. Members of lists, words and posts of filters, and hooks of saved searches learn whose they are: the version
before cannot add to these with it; all else works.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0034"
down_revision: str | None = "0033"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_OWNED = (
    "notifications",
    "notification_requests",
    "conversations",
    "lists",
    "filters",
    "media",
    "scheduled_posts",
    "saved_searches",
    "featured_tags",
)
# What belongs to a row of these: its key, the column of the owner, the row it belongs to, whether it goes with it.
_BELONGING = {
    "list_members": (["list_id", "account_id"], "owner_id", "lists", "list_id"),
    "filter_keywords": (["id"], "account_id", "filters", "filter_id"),
    "filter_posts": (["id"], "account_id", "filters", "filter_id"),
    "saved_search_hooks": (["hook", "search_id"], "account_id", "saved_searches", "search_id"),
}
_UNIQUE = (
    ("filter_posts", ["filter_id", "post_id"]),
    ("media", ["file"]),
    ("media", ["preview"]),
    ("media", ["source"]),
)
# Foreign keys that were not called after all their columns.
_NAMED = (
    ("pins", ["post_id", "account_id"]),
    ("media", ["post_id", "account_id"]),
    ("post_revisions", ["post_id", "author_id"]),
    ("polls", ["post_id", "author_id"]),
    ("poll_votes", ["poll_id", "author_id"]),
)


def upgrade() -> None:
    op.drop_constraint("fk_job_alerts_job_id", "job_alerts", type_="foreignkey")
    op.drop_constraint("fk_conversation_posts_conversation_id", "conversation_posts", type_="foreignkey")
    for table, (_, _, _, column) in _BELONGING.items():
        op.drop_constraint(f"fk_{table}_{column}", table, type_="foreignkey")
    for table in _OWNED:
        _key(table, ["id", "account_id"])
    for table, (key, owner, above, column) in _BELONGING.items():
        op.add_column(table, sa.Column(owner, sa.BigInteger(), nullable=True))
        op.execute(f"UPDATE {table} SET {owner} = above.account_id FROM {above} AS above WHERE above.id = {column}")
        op.alter_column(table, owner, nullable=False)
        _key(table, [*key, owner])
        op.create_foreign_key(
            f"fk_{table}_{column}_{owner}", table, above, [column, owner], ["id", "account_id"], ondelete="CASCADE"
        )
    op.create_foreign_key(
        *("fk_conversation_posts_conversation_id_account_id", "conversation_posts", "conversations"),
        *(["conversation_id", "account_id"], ["id", "account_id"]),
    )
    for table, columns in _UNIQUE:
        _unique(table, columns, [*columns, "account_id"])
    for table, columns in _NAMED:
        _rename(table, columns[:1], columns)


def downgrade() -> None:
    op.create_foreign_key("fk_job_alerts_job_id", "job_alerts", "jobs", ["job_id"], ["id"])
    for table, columns in _NAMED:
        _rename(table, columns, columns[:1])
    for table, columns in _UNIQUE:
        _unique(table, [*columns, "account_id"], columns)
    op.drop_constraint("fk_conversation_posts_conversation_id_account_id", "conversation_posts", type_="foreignkey")
    for table, (key, owner, _, column) in _BELONGING.items():
        op.drop_constraint(f"fk_{table}_{column}_{owner}", table, type_="foreignkey")
        _key(table, key)
        op.drop_column(table, owner)
    for table in _OWNED:
        _key(table, ["id"])
    for table, (_, _, above, column) in _BELONGING.items():
        op.create_foreign_key(f"fk_{table}_{column}", table, above, [column], ["id"], ondelete="CASCADE")
    op.create_foreign_key(
        *("fk_conversation_posts_conversation_id", "conversation_posts", "conversations"),
        *(["conversation_id"], ["id"]),
    )


def _key(table: str, columns: Sequence[str]) -> None:
    op.execute(
        f"ALTER TABLE {table} DROP CONSTRAINT pk_{table}, ADD CONSTRAINT pk_{table} PRIMARY KEY ({', '.join(columns)})"
    )


def _unique(table: str, before: Sequence[str], columns: Sequence[str]) -> None:
    old, new = (f"uq_{table}_{'_'.join(names)}" for names in (before, columns))
    op.execute(f"ALTER TABLE {table} DROP CONSTRAINT {old}, ADD CONSTRAINT {new} UNIQUE ({', '.join(columns)})")


def _rename(table: str, before: Sequence[str], columns: Sequence[str]) -> None:
    old, new = (f"fk_{table}_{'_'.join(names)}" for names in (before, columns))
    op.execute(f"ALTER TABLE {table} RENAME CONSTRAINT {old} TO {new}")
