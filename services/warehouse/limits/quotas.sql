-- name: changed
-- Quotas that were changed by transactions from $1 on, of all workspaces; see changes.sql.
select horizon, workspace_id, kind, amount, refuses
from (select pg_snapshot_xmin(pg_current_snapshot())::text as horizon) present
left join quotas on quotas.txid >= $1::text::xid8

-- name: list_quotas
select workspace_id, kind, amount, refuses from quotas
where workspace_id = $1 and amount is not null
order by kind

-- name: set_quota
insert into quotas (workspace_id, kind, amount, refuses) values ($1, $2, $3, $4)
on conflict (workspace_id, kind) do update set
    amount = excluded.amount, refuses = excluded.refuses,
    txid = pg_current_xact_id(), updated_at = clock_timestamp()
where (quotas.amount, quotas.refuses) is distinct from (excluded.amount, excluded.refuses)

-- name: unset_quota
update quotas set amount = null, txid = pg_current_xact_id(), updated_at = clock_timestamp()
where workspace_id = $1 and kind = $2 and amount is not null

-- name: first_fact
-- When the first fact of a workspace happened; null if there is none.
select least(
    (select started_at from executions where workspace_id = $1 order by started_at limit 1),
    (select occurred_at from metric_points where workspace_id = $1 order by occurred_at limit 1),
    (select occurred_at from events where workspace_id = $1 order by occurred_at limit 1)
)

-- name: note
-- Whoever comes second in a month notes nothing. Notes of long ago are of no use to anybody.
with forgotten as (
    delete from quota_notices where workspace_id = $1 and month < $3::date - interval '1 year'
)
insert into quota_notices (workspace_id, kind, month, percent) values ($1, $2, $3, $4)
on conflict do nothing
returning percent
