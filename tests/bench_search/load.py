async def measure(*a, **k): return {}
