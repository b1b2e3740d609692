-- name: turn
select pg_advisory_xact_lock(hashtextextended('shadower.erasures ' || $1, 0))

-- name: open
select * from erasures
where workspace_id = $1 and user_id is not distinct from $2::text and ended_at is null
    and scope = case when $2::text is null then 'workspace' else 'user' end

-- name: begin
insert into erasures (
    workspace_id, erasure_id, scope, user_id, salt, hash, pseudonym, requested_by, step
) values ($1, gen_random_uuid(), $2, $3, $4, $5, $6, $7, $8)
returning *

-- name: get
select * from erasures where workspace_id = $1 and erasure_id = $2

-- name: list
select * from erasures
where workspace_id = $1 and ($2::timestamptz is null or (requested_at, erasure_id) < ($2, $3))
order by requested_at desc, erasure_id desc
limit $4

-- name: advance
update erasures set step = $5, place = $6, counts = $7
where workspace_id = $1 and erasure_id = $2 and step = $3 and place = $4 and ended_at is null
returning *

-- name: lock_counts
select counts from erasures where workspace_id = $1 and erasure_id = $2 for update

-- name: note
update erasures set counts = $3 where workspace_id = $1 and erasure_id = $2

-- name: end
-- Whom it was about, nobody need know any more.
update erasures
set ended_at = clock_timestamp(), user_id = null, place = '{}', step = 'done', copies_until = $3
where workspace_id = $1 and erasure_id = $2 and ended_at is null

-- name: all_open
select workspace_id, erasure_id from erasures
where ended_at is null and ($1::text is null or workspace_id = $1)
order by requested_at
limit $2
