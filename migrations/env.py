"""Alembic's environment: migrates the connection it is handed (see app.migrate)."""

from alembic import context

import app.tables  # noqa: F401 (fills the metadata)
from app.kit.db import Base

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    transaction_per_migration=True,
    compare_server_default=False,
)
with context.begin_transaction():
    context.run_migrations()
