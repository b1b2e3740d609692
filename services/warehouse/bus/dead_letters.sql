-- name: bury
-- One that is there already has come again if it lies further on: then it is open once more.
-- In the same place it is only buried again, by somebody who could not move on.
insert into dead_letters as letter (
    workspace_id, dead_letter_id, source, group_name, topic, partition, position,
    reason, message, key, payload, attempts
) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
on conflict (workspace_id, dead_letter_id) do update set
    occurrences = letter.occurrences + 1,
    last_failed_at = clock_timestamp(),
    position = $7,
    message = $9,
    replayed_at = null
where letter.position < $7

-- name: list
-- The latest first, behind a place if one is given.
select dead_letter_id, source, group_name, topic, partition, position, reason, message, attempts,
    failed_at, occurrences, last_failed_at, replayed_at, payload_bytes, state, dropped_at, dropped_by,
    drop_reason, drop_occurrences
from filed_letters
where workspace_id = $1
    and ($2::text is null or source = $2::dead_letter_source)
    and ($3::boolean is null or (replayed_at is not null) = $3)
    and ($4::text is null or state = $4)
    and ($5::timestamptz is null or (failed_at, dead_letter_id) < ($5, $6::uuid))
order by failed_at desc, dead_letter_id desc
limit $7

-- name: get
select dead_letter_id, source, group_name, topic, partition, position, reason, message, attempts,
    failed_at, occurrences, last_failed_at, replayed_at, payload_bytes, state, dropped_at, dropped_by,
    drop_reason, drop_occurrences, key, payload
from filed_letters
where workspace_id = $1 and dead_letter_id = $2

-- name: mark_replayed
-- Unless it has come again meanwhile: then it is open. Answers with the moment in either case.
with marked as (
    update dead_letters set replayed_at = clock_timestamp()
    where workspace_id = $1 and dead_letter_id = $2 and occurrences = $3
    returning replayed_at
)
select coalesce((select replayed_at from marked), clock_timestamp())
