-- name: bury
insert into dead_letters (
    workspace_id, dead_letter_id, source, group_name, topic, partition, position,
    reason, message, key, payload, attempts
) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
on conflict do nothing

-- name: list
-- The latest first, behind a place if one is given.
select dead_letter_id, source, group_name, topic, partition, position, reason, message, attempts,
    failed_at, replayed_at, length(payload) as payload_bytes
from dead_letters
where workspace_id = $1
    and ($2::text is null or source = $2::dead_letter_source)
    and ($3::boolean is null or (replayed_at is not null) = $3)
    and ($4::timestamptz is null or (failed_at, dead_letter_id) < ($4, $5::uuid))
order by failed_at desc, dead_letter_id desc
limit $6

-- name: get
select dead_letter_id, source, group_name, topic, partition, position, reason, message, attempts,
    failed_at, replayed_at, length(payload) as payload_bytes, key, payload
from dead_letters
where workspace_id = $1 and dead_letter_id = $2

-- name: mark_replayed
update dead_letters set replayed_at = clock_timestamp()
where workspace_id = $1 and dead_letter_id = $2
returning replayed_at
