"""What a Weizhi of 10,000 to 100 million people needs: the formulas behind scale.md. Run it: `python docs/scale.py`.

Every number that is assumed or measured stands at the top with where it is from; everything below follows from them.
"""

import random
from math import ceil

# --- Measured by `make bench` and its forerunners: CPU seconds on one core --------------------------------
READ_UNCHANGED, READ_CHANGED, READ_DEEP = 0.000034, 0.000072, 0.0006  # A home page, remembered; grown; loaded whole.
POST_SERVER, POST_POSTGRESQL = 0.00045, 0.00034  # A post acknowledged.
POST_TASKS = 0.004  # What the worker does for a post besides delivering it, its PostgreSQL included.
DELIVERY_VALKEY, DELIVERY_WORKER = 1 / 235_000, 0.000003  # One entry into one full feed.
PULL, MERGE = 0.0006, 0.000004  # Deep page that pulls: a statement (a third more in PostgreSQL); one author's merge.
HEARING = 0.00047  # One new post heard of by one process (3 µs), and loaded there.
REREAD = 0.00003  # "This feed changed", told to a process that remembers it, and the feed read again.
WRITTEN, NEWS = 20, 80  # Seconds: feeds are written so often; posts are news for so long.
NEWS_BYTES = 200  # A post that is news, in one process.
ENTRY_BYTES, FEED_BYTES, ENTRIES = 10.2, 250, 800  # In Valkey: an entry, a feed's own, how many are kept.
FRAGMENT_BYTES, ROW_BYTES = 3_000, 3_500  # A rendered post in a process; a post in PostgreSQL with all its indexes.
PAGE_BYTES, COMPRESSED = 49_000, 0.15  # A page, and what is left of it on the wire (JSON by zstd or gzip).

# --- Assumed --------------------------------------------------------------------------
MONTHLY, DAILY = 0.50, 0.44  # Of all people those active in a month; of these in a day (Weibo reports 0.44).
READS, POSTS = 30, 0.5  # Home pages and posts a day and daily active person (posts: with reposts and replies).
UNCHANGED, DEEP = 0.45, 0.15  # Of the pages read: nothing new since the last; further down than the first.
PEAK = 3.0  # The busiest minute over the mean of a day.
FOLLOWERS, TAIL = 120, 1.276  # Mean followers; exponent of the share that has more (Kwak et al. 2010, Twitter).
EAGER = 0.25  # Who has k times the followers posts k^EAGER times as much.
BUSY = 0.6  # Of a core, so that queues stay short.
CORE_PRICE, GB_PRICE, DISK_PRICE, EGRESS_PRICE = 14.0, 3.0, 0.10, 0.02  # US dollars: core, GB memory, GB disk, GB out.
COPIES = 3  # Of what PostgreSQL holds: primary, replica, backup. Valkey: two.
VALKEY_GB, VALKEY_RATE = 24, 100_000  # A shard: memory in use, deliveries a second.
PRIMARY_POSTS, PRIMARY_GB = 2_000, 2_000  # A PostgreSQL primary: posts a second, data.
YEARS = 3  # Of posts that are kept where they can be read.
WHOLE = 0.5  # Seconds within which one post should be in all feeds, for others wait behind it.
DAY = 86_400


def follower_counts(people: int, slices: int = 400) -> list[tuple[float, float]]:
    """(followers, share of the accounts) in slices of equal ratio: a power law cut off at everybody."""
    low, high = 1e-3, float(FOLLOWERS)
    for _ in range(60):
        least = (low + high) / 2
        mean = sum(count * share for count, share in _power_law(least, people, slices))
        low, high = (least, high) if mean < min(FOLLOWERS, people / 4) else (low, least)
    return _power_law(low, people, slices)


def _power_law(least: float, most: float, slices: int) -> list[tuple[float, float]]:
    edges = [least * (most / least) ** (number / slices) for number in range(slices + 1)]
    above = [(edge / least) ** -TAIL for edge in edges]
    whole = 1 - above[-1]
    return [((edges[i] * edges[i + 1]) ** 0.5, (above[i] - above[i + 1]) / whole) for i in range(slices)]


def pull_threshold(valkey_shards: int) -> float:
    """Followers above which an author's posts are fetched by readers: delivering one would take all of WHOLE."""
    return WHOLE * valkey_shards * VALKEY_RATE / MONTHLY


def costs(people: int) -> dict[str, float]:
    """What so many people need, in the busiest minute unless it says otherwise."""
    daily = people * MONTHLY * DAILY
    reads, posts = daily * READS * PEAK / DAY, daily * POSTS * PEAK / DAY
    authors = follower_counts(people)
    eager = sum(share * count**EAGER for count, share in authors)
    # (followers, posts a second by all who have so many)
    streams = [(count, posts * share * count**EAGER / eager) for count, share in authors]
    memory = people * MONTHLY * (ENTRIES * ENTRY_BYTES + FEED_BYTES) / 1e9
    shards = 1
    while True:
        threshold = pull_threshold(shards)
        deliveries = sum(rate * count * MONTHLY for count, rate in streams if count <= threshold)
        needed = ceil(max(memory / VALKEY_GB, deliveries / VALKEY_RATE / BUSY, 1))
        if needed <= shards:
            break
        shards = needed
    pulled = sum(share * people for count, share in authors if count > threshold)
    # Whom a reader follows of those: each of their followers follows them.
    merged = sum(share * count for count, share in authors if count > threshold)
    pulling = DEEP * min(merged, 1) * PULL + merged * MERGE
    read = UNCHANGED * READ_UNCHANGED + DEEP * READ_DEEP + (1 - UNCHANGED - DEEP) * READ_CHANGED + pulling
    # A feed that was written is told to the process that remembers it: to those whose reader was here this hour.
    remembered = daily * PEAK / 24 * 2
    told = min(deliveries * DAILY * PEAK / 24 * 2, remembered / WRITTEN)
    work = (reads * read + posts * POST_SERVER + told * REREAD) / BUSY
    # Each process hears of every post, and fills a core with that and with its readers.
    heard = posts * HEARING / BUSY
    api = work / (1 - heard)
    worker = (posts * POST_TASKS + deliveries * DELIVERY_WORKER) / BUSY
    valkey = max(shards, deliveries * DELIVERY_VALKEY / BUSY)
    asked = reads * DEEP * (READ_DEEP + min(merged, 1) * PULL) / 3
    postgresql = (posts * (POST_POSTGRESQL + POST_TASKS / 2) + asked) / BUSY
    data = daily * POSTS * 365 * YEARS * ROW_BYTES / 1e9
    egress = daily * READS * 30 * PAGE_BYTES * COMPRESSED / 1e9
    cores = max(2, ceil(api + worker + 2 * valkey + 2 * postgresql))
    gigabytes = 2 * memory + cores + (reads > 0) * 2
    return {
        "reads": reads,
        "posts": posts,
        "deliveries": deliveries,
        "told": told,
        "news": posts * NEWS * NEWS_BYTES / 1e6,
        "out": reads * PAGE_BYTES * COMPRESSED * 8 / 1e6,
        "memory": memory,
        "api": api,
        "worker": worker,
        "valkey": valkey,
        "postgresql": postgresql,
        "data": data,
        "shards": shards,
        "primaries": ceil(max(posts / PRIMARY_POSTS, data / PRIMARY_GB, 1)),
        "threshold": threshold,
        "pulled": pulled,
        "merged": merged,
        "money": cores * CORE_PRICE + gigabytes * GB_PRICE + data * COPIES * DISK_PRICE + egress * EGRESS_PRICE,
        "each": 0.0,
    }


def delays(people: int, *, pull: bool, seconds: int = 60) -> tuple[float, float, float]:
    """Milliseconds until a post is in everybody's feed once its turn has come: median, 99th percentile, worst.

    A simulation of the busiest minute: posts come at random, by authors drawn as `costs` weighs them, and wait in one
    line for all Valkey shards; a bigger post makes those behind it wait.
    """
    chance = random.Random(people)
    found = costs(people)
    authors = follower_counts(people)
    weights = [share * count**EAGER for count, share in authors]
    counts = [count for count, _ in authors]
    number = min(100_000, max(2_000, int(found["posts"] * seconds)))
    rate = found["shards"] * VALKEY_RATE
    moment, free, waits = 0.0, 0.0, list[float]()
    for count in chance.choices(counts, weights, k=number):
        moment += chance.expovariate(found["posts"])
        if pull and count > found["threshold"]:
            continue
        free = max(free, moment) + count * MONTHLY / rate
        waits.append((free - moment) * 1000)
    waits.sort()
    return waits[len(waits) // 2], waits[len(waits) * 99 // 100], waits[-1]


ROWS = (
    ("home pages/s", "reads", "{:,.0f}"),
    ("posts/s", "posts", "{:,.1f}"),
    ("deliveries/s", "deliveries", "{:,.0f}"),
    ("feeds read again/s", "told", "{:,.0f}"),
    ("news a process, MB", "news", "{:,.2f}"),
    ("Mbit/s out", "out", "{:,.1f}"),
    ("feeds in Valkey, GB", "memory", "{:,.2f}"),
    ("Valkey shards", "shards", "{:,.0f}"),
    ("pull above followers", "threshold", "{:,.0f}"),
    ("authors pulled", "pulled", "{:,.0f}"),
    ("pulled per reader", "merged", "{:,.2f}"),
    ("cores: API", "api", "{:,.2f}"),
    ("cores: worker", "worker", "{:,.2f}"),
    ("cores: Valkey", "valkey", "{:,.1f}"),
    ("cores: PostgreSQL", "postgresql", "{:,.2f}"),
    ("posts of 3 years, GB", "data", "{:,.0f}"),
    ("PostgreSQL primaries", "primaries", "{:,.0f}"),
    ("dollars a month", "money", "{:,.0f}"),
    ("cents a person, month", "each", "{:,.2f}"),
)
SIZES = (10**4, 10**5, 10**6, 10**7, 10**8)


def report() -> str:
    """The tables that stand in scale.md."""
    found = {people: costs(people) for people in SIZES}
    lines = [f"{'people':<23}" + "".join(f"{people:>14,}" for people in SIZES)]
    for name, key, form in ROWS:
        values = [found[people]["money"] * 100 / people if key == "each" else found[people][key] for people in SIZES]
        lines.append(f"{name:<23}" + "".join(f"{form.format(value):>14}" for value in values))
    lines += ["", "A post written into all feeds, ms (simulated; readers need not wait for it)"]
    for name, pull in (("all pushed", False), ("pulled above", True)):
        each = [delays(people, pull=pull) for people in SIZES]
        for at, what in enumerate(("median", "p99", "worst")):
            lines.append(f"{f'{name}: {what}':<23}" + "".join(f"{one[at]:>14,.1f}" for one in each))
    return "\n".join(lines)


if __name__ == "__main__":
    print(report())  # noqa: T201 (its output is the point)
