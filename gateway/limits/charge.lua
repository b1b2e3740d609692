-- Charges a request to all of its budgets, or to none; gateway/limits/window.py says how.
-- KEYS: a hash for each budget, counts by slots. ARGV: the cost (0 only looks), then for each budget
-- its amount and the length of its slots in microseconds.
-- Answers with 1 or 0, then for each budget what is used, the wait and the time until its reset.
local SLOTS = 60
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local cost = tonumber(ARGV[1])

-- Numbers as they can be added to; nothing else is of ours.
local function is_count(text)
    return #text <= 15 and string.match(text, '^%d+$')
end

-- The slots that count, and those that are over. What is no window is nobody's, and goes.
local function read(key, first)
    local found = redis.pcall('HGETALL', key)
    local counts, over = {}, {}
    local is_ours = not found.err
    for place = 1, is_ours and #found or 0, 2 do
        local slot, count = found[place], found[place + 1]
        if not is_count(slot) or not is_count(count) then
            is_ours = false
        elseif tonumber(slot) < first then
            over[#over + 1] = slot
        else
            counts[#counts + 1] = {tonumber(slot), tonumber(count)}
        end
    end
    if not is_ours then
        redis.call('DEL', key)
        return {}, {}
    end
    return counts, over
end

local function used_of(counts)
    local used = 0
    for _, one in ipairs(counts) do
        used = used + one[2]
    end
    return used
end

local function until_free(counts, room, width)
    local last = 0
    for _, one in ipairs(counts) do
        last = (one[1] + SLOTS + 1) * width - now
        room = room - one[2]
        if room <= 0 then
            break
        end
    end
    return last
end

local function charge(key, window)
    for _, slot in ipairs(window.over) do
        redis.call('HDEL', key, slot)
    end
    redis.call('HINCRBY', key, string.format('%.0f', window.slot), cost)
    redis.call('PEXPIRE', key, math.ceil((SLOTS + 2) * window.width / 1000))
    -- Counts of a time to come were made before the clock was set back.
    if not window.counts[1] or window.counts[1][1] > window.slot then
        table.insert(window.counts, 1, {window.slot, cost})
    end
    window.used = window.used + cost
end

local windows, allowed = {}, 1
for place, key in ipairs(KEYS) do
    local width = tonumber(ARGV[2 * place + 1])
    local slot = math.floor(now / width)
    local counts, over = read(key, slot - SLOTS)
    local used = used_of(counts)
    local missing = used + cost - tonumber(ARGV[2 * place])
    table.sort(counts, function(one, other) return one[1] < other[1] end)
    windows[place] = {
        width = width, slot = slot, counts = counts, over = over, used = used, missing = missing
    }
    if cost > 0 and missing > 0 then
        allowed = 0
    end
end

local answer = {allowed}
for place, window in ipairs(windows) do
    if allowed == 1 and cost > 0 then
        charge(KEYS[place], window)
    end
    local wait = 0
    if allowed == 0 and window.missing > 0 then
        wait = until_free(window.counts, window.missing, window.width)
    end
    answer[#answer + 1] = window.used
    answer[#answer + 1] = wait
    answer[#answer + 1] = until_free(window.counts, 1, window.width)
end
return answer
