-- name: enter_in_ledger
-- Adds to the accounts of this hour, in the order of kinds so that writers never wait in a
-- circle.
insert into ledger as account
    (workspace_id, hour, kind, received, stored, updated, duplicate, rejected)
select $1, date_trunc('hour', transaction_timestamp()), tally.*
from unnest(
    $2::fact_kind[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[], $7::bigint[]
) as tally (kind, received, stored, updated, duplicate, rejected)
order by tally.kind
on conflict (workspace_id, hour, kind) do update set
    received = account.received + excluded.received,
    stored = account.stored + excluded.stored,
    updated = account.updated + excluded.updated,
    duplicate = account.duplicate + excluded.duplicate,
    rejected = account.rejected + excluded.rejected

-- name: accounts
select hour, kind, received, stored, updated, duplicate, rejected, removed from ledger
where workspace_id = $1 and hour >= $2 and hour < $3
order by hour, kind

-- name: recounted
-- Facts by the hour in which they were first stored. Runs that follow from spans did not come.
select date_trunc('hour', recorded_at) as hour, kind, count(*) as facts
from (
    select recorded_at, 'execution'::fact_kind as kind from executions
    where workspace_id = $1 and recorded_at >= $2 and recorded_at < $3 and origin = 'recorded'
    union all
    select recorded_at, 'metric_point' from metric_points
    where workspace_id = $1 and recorded_at >= $2 and recorded_at < $3
    union all
    select recorded_at, 'event' from events
    where workspace_id = $1 and recorded_at >= $2 and recorded_at < $3
    union all
    select recorded_at, 'span' from spans
    where workspace_id = $1 and recorded_at >= $2 and recorded_at < $3
) as fact
group by 1, 2
