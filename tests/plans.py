"""How PostgreSQL is made to answer in ways it would choose for other data only."""

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession


async def join_by_nested_loops(session: AsyncSession) -> None:
    """For the rest of the transaction: such a join asks its inner side again for every row."""
    for other in ("hashjoin", "mergejoin", "material", "hashagg", "sort"):
        await session.execute(text(f"SET LOCAL enable_{other} = off"))
