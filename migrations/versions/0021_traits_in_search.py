"""what has media, a poll or a link can be found by words of the index."""

from collections.abc import Sequence

from alembic import op

revision: str = "0021"
down_revision: str | None = "0020"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    # Only those that have any: most rows stay as they are.
    op.execute(
        """
        UPDATE search_posts SET words = words || array_to_tsvector(found.traits)
        FROM (
            SELECT search_posts.id, array_remove(ARRAY[
                CASE WHEN search_posts.has_link THEN '=link' END,
                CASE WHEN posts.media_ids <> '{}' THEN '=media' END,
                CASE WHEN 'image' = ANY(kinds) THEN '=image' END,
                CASE WHEN kinds && ARRAY['video', 'gifv'] THEN '=video' END,
                CASE WHEN posts.poll_id IS NOT NULL THEN '=poll' END,
                CASE WHEN posts.in_reply_to_id IS NOT NULL THEN '=reply' END,
                CASE WHEN posts.sensitive THEN '=sensitive' END
            ], NULL) AS traits
            FROM search_posts
            JOIN posts ON posts.id = search_posts.id,
                LATERAL (
                    SELECT array_agg(CAST(kind AS text)) AS kinds FROM media WHERE media.id = ANY(posts.media_ids)
                ) AS attached
        ) AS found
        WHERE found.id = search_posts.id AND found.traits <> '{}'
        """
    )


def downgrade() -> None:
    op.execute(
        """
        UPDATE search_posts
        SET words = ts_delete(words, ARRAY['=link', '=media', '=image', '=video', '=poll', '=reply', '=sensitive'])
        """
    )
