"""Media: pictures and films, uploaded first and attached to a post later."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, ForeignKeyConstraint, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from app.kit.db import Base, Created, Id, known_by


class Media(Base):
    """One uploaded file; its post knows the order of several.

    Keys name files in the store; `source` is the file as it came, until it is processed.
    """

    __tablename__ = "media"
    __mapper_args__ = known_by("id")
    __table_args__ = (
        ForeignKeyConstraint(["post_id", "account_id"], ["posts.id", "posts.author_id"]),
        *(UniqueConstraint(column, "account_id") for column in ("file", "preview", "source")),
        CheckConstraint("kind IN ('image', 'gifv', 'video', 'unknown')", name="kind"),
        CheckConstraint("state IN ('processing', 'ready', 'failed')", name="state"),
        Index("ix_media_post_id", "post_id", postgresql_where=text("post_id IS NOT NULL")),
        CheckConstraint("(post_id IS NULL) = (unattached_at IS NOT NULL)", name="attached"),
        Index("ix_media_unattached_at", "unattached_at", postgresql_where=text("unattached_at IS NOT NULL")),
        Index("ix_media_account_id", "account_id", "id"),
        Index("ix_media_reserved_for", "reserved_for", postgresql_where=text("reserved_for IS NOT NULL")),
    )

    id: Mapped[Id]
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), primary_key=True)
    post_id: Mapped[int | None] = mapped_column(BigInteger)
    kind: Mapped[str]
    state: Mapped[str]
    file: Mapped[str | None]
    preview: Mapped[str | None]
    source: Mapped[str | None]
    # {"original": {width, height, size, aspect, duration, frame_rate, bitrate}, "small": {…}, "focus": {x, y}}
    meta: Mapped[dict[str, Any]] = mapped_column(server_default=text("'{}'"))
    blurhash: Mapped[str | None]
    description: Mapped[str | None]
    error: Mapped[str | None]
    # The scheduled post that will have it: until then nobody else can, and it stays however long that is.
    reserved_for: Mapped[int | None] = mapped_column(BigInteger)
    # None while it is attached; what stays unattached for a day goes.
    unattached_at: Mapped[datetime | None] = mapped_column(server_default=text("now()"))
    created_at: Mapped[Created]
