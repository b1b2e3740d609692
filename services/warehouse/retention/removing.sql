-- Each removes at most so many rows as its last value says, the oldest first where there is an index, and
-- answers with how many. Facts are taken into the account of the hour in which they came.

-- name: executions
-- With their keys: whoever uses an id again after that has another run.
with old as (
    select started_at, execution_id from executions
    where workspace_id = $1 and started_at < $2
    order by started_at, execution_id
    limit $3
), gone as (
    delete from executions run using old
    where run.workspace_id = $1 and run.started_at = old.started_at
        and run.execution_id = old.execution_id
    returning run.execution_id, run.started_at, run.recorded_at, run.origin
), keys as (
    -- Not the key of a later run that took the same id.
    delete from execution_keys key using gone
    where key.workspace_id = $1 and key.execution_id = gone.execution_id
        and key.started_at = gone.started_at
), accounted as (
    update ledger account set removed = account.removed + found.facts
    from (
        select date_trunc('hour', recorded_at) as hour, count(*) as facts from gone
        where origin = 'recorded' group by 1
    ) as found
    where account.workspace_id = $1 and account.kind = 'execution' and account.hour = found.hour
)
select count(*) from gone

-- name: spans
with old as (
    select started_at, trace_id, span_id from spans
    where workspace_id = $1 and started_at < $2
    order by started_at, trace_id, span_id
    limit $3
), gone as (
    delete from spans span using old
    where span.workspace_id = $1 and span.started_at = old.started_at
        and span.trace_id = old.trace_id and span.span_id = old.span_id
    returning span.recorded_at
), accounted as (
    update ledger account set removed = account.removed + found.facts
    from (select date_trunc('hour', recorded_at) as hour, count(*) as facts from gone group by 1)
        as found
    where account.workspace_id = $1 and account.kind = 'span' and account.hour = found.hour
)
select count(*) from gone

-- name: metric_points
with old as (
    select occurred_at, point_id from metric_points
    where workspace_id = $1 and occurred_at < $2
    order by occurred_at, point_id
    limit $3
), gone as (
    delete from metric_points point using old
    where point.workspace_id = $1 and point.occurred_at = old.occurred_at
        and point.point_id = old.point_id
    returning point.recorded_at
), accounted as (
    update ledger account set removed = account.removed + found.facts
    from (select date_trunc('hour', recorded_at) as hour, count(*) as facts from gone group by 1)
        as found
    where account.workspace_id = $1 and account.kind = 'metric_point' and account.hour = found.hour
)
select count(*) from gone

-- name: events
with old as (
    select occurred_at, event_id from events
    where workspace_id = $1 and occurred_at < $2
    order by occurred_at, event_id
    limit $3
), gone as (
    delete from events event using old
    where event.workspace_id = $1 and event.occurred_at = old.occurred_at
        and event.event_id = old.event_id
    returning event.recorded_at
), accounted as (
    update ledger account set removed = account.removed + found.facts
    from (select date_trunc('hour', recorded_at) as hour, count(*) as facts from gone group by 1)
        as found
    where account.workspace_id = $1 and account.kind = 'event' and account.hour = found.hour
)
select count(*) from gone

-- name: execution_cells
-- Of some levels ($2).
with gone as (
    delete from execution_cells where workspace_id = $1 and ctid = any (array(
        select ctid from execution_cells
        where workspace_id = $1 and level = any ($2::text[]) and start < $3
        limit $4
    ))
    returning 1
)
select count(*) from gone

-- name: agent_profiles
with gone as (
    delete from agent_profiles where workspace_id = $1 and ctid = any (array(
        select ctid from agent_profiles
        where workspace_id = $1 and level = any ($2::text[]) and start < $3
        limit $4
    ))
    returning 1
)
select count(*) from gone

-- name: point_cells
with gone as (
    delete from point_cells where workspace_id = $1 and ctid = any (array(
        select ctid from point_cells
        where workspace_id = $1 and level = any ($2::text[]) and start < $3
        limit $4
    ))
    returning 1
)
select count(*) from gone

-- name: ledger
with gone as (
    delete from ledger where workspace_id = $1 and ctid = any (array(
        select ctid from ledger where workspace_id = $1 and hour < $2 limit $3
    ))
    returning 1
)
select count(*) from gone

-- name: alerts
-- With their history, which the database removes after them.
with gone as (
    delete from alerts where workspace_id = $1 and ctid = any (array(
        select ctid from alerts
        where workspace_id = $1 and state = 'resolved' and resolved_at < $2
        limit $3
    ))
    returning 1
)
select count(*) from gone

-- name: audit_entries
with gone as (
    delete from audit_entries where workspace_id = $1 and ctid = any (array(
        select ctid from audit_entries where workspace_id = $1 and occurred_at < $2 limit $3
    ))
    returning 1
)
select count(*) from gone

-- name: service_checks
with gone as (
    delete from service_checks where workspace_id = $1 and ctid = any (array(
        select ctid from service_checks where workspace_id = $1 and checked_at < $2 limit $3
    ))
    returning 1
)
select count(*) from gone
