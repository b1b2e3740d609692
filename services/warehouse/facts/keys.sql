-- name: claim_keys
-- Claims the ids that are new. In the order of ids, so that writers never wait for each
-- other in a circle; waits for a writer that claimed one and has not committed. What returns nothing is
-- counted as it was offered where tables are distributed, and not as it was taken.
insert into execution_keys (workspace_id, execution_id, started_at)
select $1, arriving.execution_id, arriving.started_at
from unnest($2::text[], $3::timestamptz[]) as arriving (execution_id, started_at)
order by arriving.execution_id collate "C"
on conflict do nothing
returning 1

-- name: lock_keys
select execution_id, started_at from execution_keys
where workspace_id = $1 and execution_id = any($2::text[])
order by execution_id
for update

-- name: stored_executions
-- Runs at the times that their locked keys name; a key that was claimed just now has none.
select e.*
from unnest($2::text[], $3::timestamptz[]) as key (execution_id, started_at)
join executions e
    on e.workspace_id = $1 and e.started_at = key.started_at and e.execution_id = key.execution_id
