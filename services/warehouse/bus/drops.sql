-- name: drop
-- Of all times that each has come by now. Whoever was faster has dropped it. Until this is committed,
-- none comes again or is replayed, so that what is said of them is what was decided here.
with asked as (
    select workspace_id, dead_letter_id, occurrences, replayed_at from dead_letters
    where workspace_id = $1 and dead_letter_id = any ($2::uuid[])
    order by dead_letter_id
    for share
)
insert into dead_letter_drops (workspace_id, dead_letter_id, occurrences, dropped_by, reason)
select workspace_id, dead_letter_id, occurrences, $3, $4 from asked
where replayed_at is null
order by dead_letter_id
on conflict (workspace_id, dead_letter_id, occurrences) do nothing

-- name: standing
select dead_letter_id, state, dropped_at, dropped_by, drop_reason, drop_occurrences
from filed_letters
where workspace_id = $1 and dead_letter_id = any ($2::uuid[])
