-- Requests of busy callers pass by a lease of the limiter's, so that it is not asked about each of them.
-- gateway/limits/lease.py says what a lease is. Every worker has this for itself.
--
-- Before the limiter's filter: a request that passes by a lease gets headers that say what the limiter would
-- tell its caller. Who has them, is not asked about; and the first filter tells the caller.
-- After it: what the limiter lent is kept for the requests that follow.
local PERIOD = 1000          -- milliseconds, that requests are counted in and a lease is good for
local BUSY = 4               -- requests in a period
local RUNS_LOW = 4           -- when so many requests have a lease's last part, one asks for the next
local LONGEST_NAME = 2048    -- bytes; who has a longer one, is always asked about
local MOST_CALLERS = 4000
local OURS, LIMITERS = "shadower.leases", "envoy.filters.http.ratelimit"

-- Those who did not ask for two periods are forgotten, with what they were lent.
local callers, former, number, since = {}, {}, 0, 0

local function caller_of(name, now)
  if now - since >= PERIOD or number >= MOST_CALLERS then
    callers, former, number, since = {}, callers, 0, now
  end
  local caller = callers[name]
  if not caller then
    caller = former[name] or {count = 0, asks_until = 0, over = {}}
    caller.before, caller.count = caller.count, 0
    callers[name], number = caller, number + 1
  end
  return caller
end

-- By all that the limiter goes by, and by the method in place of its class.
local function name_of(headers)
  local path = headers:get("x-envoy-original-path")
  return table.concat({
    headers:get(":path"), headers:get("authorization") or "", headers:get("x-shadower-workspace") or "",
    path and string.match(path, "^[^?]*") or "",
  }, "\n")
end

local function is_good(lease, now)
  return lease and lease.units > 0 and now < lease.ends
end

-- The lease in hand, or the one that was asked for in time. What is left of those that are over, waits to
-- be returned: one with each question.
local function lease_of(caller, now)
  local lease = caller.lease
  if not is_good(lease, now) then
    if lease and lease.units > 0 then
      table.insert(caller.over, lease)
    end
    caller.lease, caller.next = caller.next, nil
  end
  return is_good(caller.lease, now) and caller.lease or nil
end

local function runs_low(lease)
  return not lease or lease.units * RUNS_LOW < lease.lent
end

local function returned_by(caller)
  local over = table.remove(caller.over)
  return over and string.format("%d@%s", over.units, over.slots)
end

-- What is asked for beside whether this request may pass; nil if nothing is. One request at a time asks,
-- or each of those that come at once would.
local function wanted_by(caller, lease, now)
  local wanted = math.max(caller.count, caller.before)
  if wanted < BUSY or now < caller.asks_until or caller.next or not runs_low(lease) then
    return nil
  end
  caller.asks_until = now + PERIOD
  return wanted
end

local function in_hand(caller, now)
  local lease, next = caller.lease, caller.next
  return (is_good(lease, now) and lease.units or 0) + (is_good(next, now) and next.units or 0)
end

local function pass_by(caller, headers, now)
  caller.lease.units = caller.lease.units - 1
  headers:add("x-shadower-lent-limit", caller.limit)
  headers:add("x-shadower-lent-remaining", caller.room + in_hand(caller, now))
  headers:add("x-shadower-lent-reset", math.max(0, math.ceil((caller.resets - now) / 1000)))
end

local function ask(metadata, name, wanted, returned, now)
  metadata:set(OURS, "asking", name)
  metadata:set(OURS, "asked", tostring(now))
  metadata:set(OURS, "wanted", tostring(wanted))
  if returned then
    metadata:set(OURS, "returned", returned)
  end
end

function envoy_on_request(handle)
  local headers, now = handle:headers(), handle:timestamp()
  local name = name_of(headers)
  if #name > LONGEST_NAME then
    return
  end
  local caller = caller_of(name, now)
  caller.count = caller.count + 1
  local lease = lease_of(caller, now)
  local wanted = wanted_by(caller, lease, now)
  if wanted then
    ask(handle:streamInfo():dynamicMetadata(), name, wanted, returned_by(caller), now)
  elseif lease then
    pass_by(caller, headers, now)
  end
end

-- What the limiter said is left, is without all that is in hand. A lease is good from when it was asked for,
-- however late the answer is.
local function keep(caller, lease, headers, asked, now)
  local units, slots = string.match(lease or "", "^(%d+)@(.+)$")
  local lent = tonumber(units) or 0
  caller.room = (tonumber(headers:get("x-ratelimit-remaining")) or 0) - lent
  caller.limit = headers:get("x-ratelimit-limit")
  caller.resets = now + 1000 * (tonumber(headers:get("x-ratelimit-reset")) or 0)
  if lent > 0 then
    if caller.next and caller.next.units > 0 then
      table.insert(caller.over, caller.next)
    end
    caller.next = {units = lent, lent = lent, slots = slots, ends = asked + PERIOD}
  end
end

function envoy_on_response(handle)
  local headers = handle:headers()
  -- About others the limiter was not asked.
  if not headers:get("x-ratelimit-limit") then
    return
  end
  local metadata = handle:streamInfo():dynamicMetadata()
  local ours, limiters = metadata:get(OURS), metadata:get(LIMITERS)
  if not ours then
    return
  end
  local now = handle:timestamp()
  local caller = caller_of(ours.asking, now)
  caller.asks_until = 0
  keep(caller, limiters and limiters.lease, headers, tonumber(ours.asked), now)
  headers:replace("x-ratelimit-remaining", caller.room + in_hand(caller, now))
end
