-- Charges a request to all of its budgets, or to none; gateway/limits/window.py says how.
-- KEYS: a hash for each budget. ARGV: the cost (0 only looks), what is wanted ahead, what is returned of an
-- earlier lease, then for each budget its amount, the length of its slots in microseconds, and the slot
-- that the lease was charged in.
-- Answers with 1 or 0 and what is lent, then for each budget what is used, the wait, the time until its
-- reset and the slot that what is lent is charged in.
--
-- A hash has the counts by slots; and beside them `used`, their sum, and `oldest`, their first slot, as
-- of the slot `at`, so that most requests need not look at all counts.
local SLOTS = 60
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local cost, wanted, returned = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local LENT_SHARE, LEAST_LENT_AMOUNT, LEASE_LIFE = 100, 1000, 1000000
local PLACES = {at = true, used = true, oldest = true}

local function failed(answer)
    return type(answer) == 'table' and answer.err
end

-- A number as it can be added to, or nil; nothing else is of ours.
local function count_of(text)
    return text and #text <= 15 and not string.find(text, '%D') and tonumber(text) or nil
end

local function name_of(slot)
    return string.format('%.0f', slot)
end

-- All counts of a hash by slots, or nil if some are not of ours.
local function counts_of(key)
    local found, counts = redis.call('HGETALL', key), {}
    for place = 1, #found, 2 do
        if not PLACES[found[place]] then
            local slot, count = count_of(found[place]), count_of(found[place + 1])
            if not slot or not count then
                return nil
            end
            counts[#counts + 1] = {slot, count}
        end
    end
    table.sort(counts, function(one, other) return one[1] < other[1] end)
    return counts
end

local function write_sum(key, window)
    redis.call(
        'HSET', key, 'at', name_of(window.slot), 'used', name_of(window.used),
        'oldest', name_of(window.oldest)
    )
end

-- Looks at all counts, and drops those that are over. What is no window is nobody's, and goes.
local function sum_up(key, window)
    local counts, over = counts_of(key), {}
    window.used, window.oldest = 0, nil
    for _, one in ipairs(counts or {}) do
        if one[1] < window.slot - SLOTS or one[2] == 0 then
            over[#over + 1] = name_of(one[1])
        else
            window.used = window.used + one[2]
            window.oldest = window.oldest or one[1]
        end
    end
    if window.used == 0 then
        redis.call('DEL', key)
        return
    end
    if #over > 0 then
        redis.call('HDEL', key, unpack(over))
    end
    write_sum(key, window)
end

-- What was not used of a lease. The sum is not one of these counts any more, so it is made again.
local function take_back(key, slot)
    local found = redis.pcall('HGET', key, slot)
    local count = type(found) == 'string' and count_of(found)
    if count and count >= returned then
        redis.call('HINCRBY', key, slot, -returned)
        redis.call('HDEL', key, 'at')
    end
end

local function look(key, width)
    local window = {width = width, slot = math.floor(now / width), used = 0}
    local known = redis.pcall('HMGET', key, 'at', 'used', 'oldest')
    if failed(known) then
        redis.call('DEL', key)
        return window
    end
    window.used, window.oldest = count_of(known[2]) or 0, count_of(known[3])
    if known[1] ~= name_of(window.slot) or window.used == 0 or not window.oldest then
        sum_up(key, window)
    end
    return window
end

local function leaves(slot, width)
    return (slot + SLOTS + 1) * width - now
end

-- Whatever the oldest slot has is room enough for one request.
local function until_room(key, window)
    if window.missing <= 1 and window.used > 0 then
        return leaves(window.oldest, window.width)
    end
    local room, last = window.missing, 0
    for _, one in ipairs(counts_of(key) or {}) do
        room = room - one[2]
        last = leaves(one[1], window.width)
        if room <= 0 then
            break
        end
    end
    return last
end

local function charge(key, window, slot, units)
    if failed(redis.pcall('HINCRBY', key, name_of(slot), units)) then
        redis.call('DEL', key)
        redis.call('HINCRBY', key, name_of(slot), units)
        window.used, window.oldest = 0, nil
    end
    -- Counts of a time to come are leases, or were made before the clock was set back.
    window.oldest = math.min(window.oldest or slot, slot)
    window.used = window.used + units
    write_sum(key, window)
    redis.call('PEXPIRE', key, math.ceil((SLOTS + 2) * window.width / 1000))
end

-- gateway/limits/lease.py says why so little.
local function lendable(window)
    if window.amount < LEAST_LENT_AMOUNT then
        return 0
    end
    local room = math.floor(window.amount / 2) - window.used
    return math.max(0, math.min(math.floor(window.amount / LENT_SHARE), room))
end

local windows, allowed, lent = {}, 1, wanted
for place, key in ipairs(KEYS) do
    local amount, width, slot = tonumber(ARGV[3 * place + 1]), tonumber(ARGV[3 * place + 2]), ARGV[3 * place + 3]
    if returned > 0 then
        take_back(key, slot)
    end
    local window = look(key, width)
    window.amount, window.missing = amount, window.used + cost - amount
    windows[place] = window
    if cost > 0 and window.missing > 0 then
        allowed = 0
    end
end

local answer = {allowed, 0}
for place, window in ipairs(windows) do
    if allowed == 1 and cost > 0 then
        charge(KEYS[place], window, window.slot, cost)
    end
    lent = math.min(lent, lendable(window))
    local is_over = allowed == 0 and window.missing > 0
    answer[#answer + 1] = window.used
    answer[#answer + 1] = is_over and until_room(KEYS[place], window) or 0
    answer[#answer + 1] = window.used > 0 and leaves(window.oldest, window.width) or 0
    -- What is lent may be used until its lease ends, so it counts from then on.
    window.lent_slot = math.floor((now + LEASE_LIFE) / window.width)
    answer[#answer + 1] = window.lent_slot
end
if allowed == 1 and cost > 0 and lent > 0 then
    answer[2] = lent
    for place, window in ipairs(windows) do
        charge(KEYS[place], window, window.lent_slot, lent)
    end
end
return answer
