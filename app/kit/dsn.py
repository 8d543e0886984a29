"""The database's address in the form the driver itself takes."""


def driver_url(database_url: str) -> str:
    """`database_url` as settings keep it (postgresql+asyncpg://…), for asyncpg without SQLAlchemy."""
    return database_url.replace("postgresql+asyncpg://", "postgresql://", 1)
