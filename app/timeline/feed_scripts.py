"""What happens to stored feeds inside Valkey: lists of ids, newest first, and marks.

A *ready* feed: ids, then `!whole` if nothing older exists, then marks of those who opened it when it was ready. A
*building* feed has the mark of its first opener, `!open:<token>`, before its ids, so that neither a reader nor a push
takes it for a ready one. Ids are digits without leading zeros, which Valkey keeps in 10 bytes: the longer is greater,
and of two as long the one that sorts later. No mark is as long as an id of these centuries.
"""

from app.kit.valkey import Script

_TOOLS = """
local function newer(a, b)
  if #a ~= #b then return #a > #b end
  return a > b
end

local function is_mark(item) return string.byte(item) == 33 end

-- openers (of a building feed), ids, marks (of a ready one), whole, length
local function load(key)
  local items = redis.call('LRANGE', key, 0, -1)
  local feed = {openers = {}, ids = {}, marks = {}, whole = false, length = #items}
  for _, item in ipairs(items) do
    if item == '!whole' then feed.whole = true
    elseif not is_mark(item) then feed.ids[#feed.ids + 1] = item
    elseif #feed.ids == 0 and not feed.whole then feed.openers[#feed.openers + 1] = item
    else feed.marks[#feed.marks + 1] = item end
  end
  return feed
end

-- Written behind what is there, which is then cut off: the key keeps its time to live.
local function save(key, feed)
  local items = {}
  for _, part in ipairs({feed.openers, feed.ids, feed.whole and {'!whole'} or {}, feed.marks}) do
    for _, item in ipairs(part) do items[#items + 1] = item end
  end
  for i = 1, #items, 1000 do redis.call('RPUSH', key, unpack(items, i, math.min(i + 999, #items))) end
  redis.call('LTRIM', key, feed.length, -1)
end

-- Adds ids that are sorted; beyond `most` only `keep` stay.
local function merge(feed, added, most, keep)
  local ids, old, i, j = {}, feed.ids, 1, 1
  while old[i] or added[j] do
    if not added[j] or (old[i] and newer(old[i], added[j])) then ids[#ids + 1] = old[i]; i = i + 1
    elseif old[i] == added[j] then j = j + 1
    else ids[#ids + 1] = added[j]; j = j + 1 end
  end
  feed.ids = ids
  if #ids > most then
    feed.ids, feed.whole = {unpack(ids, 1, keep)}, false
  end
end
"""

# Adds ids, from oldest to newest, to a feed that exists, and keeps it free of gaps: an id older than the oldest of a
# feed that is not whole has others before it that the feed does not hold. A new post is newer than the head of nearly
# every feed, or stands near it.
_ADD = (
    _TOOLS
    + """
local call, keep, most = redis.call, tonumber(ARGV[1]), tonumber(ARGV[2])

local function merge_in(key, added)
  local feed = load(key)
  local oldest, welcome = feed.ids[#feed.ids], {}
  local anywhere = feed.whole or #feed.openers > 0
  for i = #added, 1, -1 do
    if anywhere or (oldest and newer(added[i], oldest)) then welcome[#welcome + 1] = added[i] end
  end
  if #welcome == 0 then return end
  merge(feed, welcome, most, keep)
  save(key, feed)
end

-- One id into a ready feed: found from the head by steps that double, then by halves.
local function insert(key, id)
  local low, high, size = 0, 1, call('LLEN', key)
  local function stands_before(place)
    local item = call('LINDEX', key, place)
    return not is_mark(item) and newer(item, id)
  end
  while high < size and stands_before(high) do low = high; high = high * 2 end
  high = math.min(high, size)
  if not stands_before(low) then high = low end
  while high - low > 1 do
    local middle = math.floor((low + high) / 2)
    if stands_before(middle) then low = middle else high = middle end
  end
  local item = high < size and call('LINDEX', key, high)
  if not item or item == id or string.sub(item, 1, 6) == '!open:' then return end
  call('LINSERT', key, 'BEFORE', item, id)
end

local function add(key, from, to)
  local head, oldest = call('LINDEX', key, 0), ARGV[from]
  if not head then return end
  if #head == #oldest and head < oldest then
    local length = from == to and call('LPUSH', key, oldest) or call('LPUSH', key, unpack(ARGV, from, to))
    if length > most then call('LTRIM', key, 0, keep - 1) end
    return
  end
  local digits, known = #head, from
  -- Those from `known` on are newer than the head.
  while known <= to and not (#ARGV[known] == digits and head < ARGV[known]) do known = known + 1 end
  if known - from > 4 or string.sub(head, 1, 6) == '!open:' then return merge_in(key, {unpack(ARGV, from, to)}) end
  for i = from, known - 1 do
    if ARGV[i] ~= head then insert(key, ARGV[i]) end
  end
  local length = known <= to and call('LPUSH', key, unpack(ARGV, known, to)) or call('LLEN', key)
  if length > most then call('LTRIM', key, 0, keep - 1) end
end
"""
)

# KEYS: feeds. ARGV: how many ids stay, beyond how many items a feed is cut, ids from oldest to newest: all to each.
PUSH = Script(
    _ADD
    + """
local to = #ARGV
for i = 1, #KEYS do add(KEYS[i], 3, to) end
"""
)

# KEYS: feeds. ARGV: how many ids stay, beyond how many items a feed is cut; then for each feed how many ids it gets,
# and these.
PUSH_EACH = Script(
    _ADD
    + """
local from = 4
for _, key in ipairs(KEYS) do
  local to = from + ARGV[from - 1] - 1
  add(key, from, to)
  from = to + 2
end
"""
)

# KEYS: feed. ARGV: the opener's mark, seconds to live. At the end, so that a ready feed stays one.
OPEN = Script(
    """
redis.call('RPUSH', KEYS[1], ARGV[1])
redis.call('EXPIRE', KEYS[1], ARGV[2], 'NX')
"""
)

# KEYS: feed. ARGV: how many ids stay, seconds to live, '1' if whole, the opener's mark, ids from newest to oldest.
# Without that mark the feed was lost after it was opened: pushes since then found nothing, so what the opener knows
# may lack them.
FILL = Script(
    _TOOLS
    + """
local key, keep = KEYS[1], tonumber(ARGV[1])
local feed = load(key)
local others, found = {}, false
for _, part in ipairs({feed.openers, feed.marks}) do
  for _, mark in ipairs(part) do
    if mark == ARGV[4] then found = true else others[#others + 1] = mark end
  end
end
if not found then return end
feed.openers, feed.marks, feed.whole = {}, others, ARGV[3] == '1'
merge(feed, {unpack(ARGV, 5)}, keep, keep)
save(key, feed)
redis.call('EXPIRE', key, ARGV[2])
"""
)

# KEYS: feeds. ARGV: ids.
REMOVE = Script(
    _TOOLS
    + """
local function take_many(key)
  local feed, gone, left = load(key), {}, {}
  for _, id in ipairs(ARGV) do gone[id] = true end
  for _, id in ipairs(feed.ids) do
    if not gone[id] then left[#left + 1] = id end
  end
  if #left < #feed.ids then
    feed.ids = left
    save(key, feed)
  end
end

for _, key in ipairs(KEYS) do
  if #ARGV > 8 then take_many(key)
  else
    for _, id in ipairs(ARGV) do redis.call('LREM', key, 1, id) end
  end
end
"""
)
