-- name: prepare
-- What producers know, beside what is stored in the same form.
create temp table sent (
    kind text, workspace_id text, id text, version integer, content jsonb
);
create temp table acknowledged (
    kind text, workspace_id text, id text, version integer, content jsonb
);
create temp table accounts (
    workspace_id text, kind text,
    tried bigint, tried_invalid bigint, answered bigint, answered_invalid bigint
);
create temp table delivered (group_name text, event_id uuid);

create temp view stored as
select 'execution' as kind, workspace_id, execution_id as id, recorded_at, jsonb_build_object(
    'started_at', (extract(epoch from started_at) * 1000000)::bigint,
    'ended_at', (extract(epoch from ended_at) * 1000000)::bigint,
    'status', status, 'agent_id', agent_id, 'input_tokens', input_tokens,
    'cost_usd', cost_usd, 'user_rating', user_rating
) as content
from shadower.executions
union all
select 'metric_point', workspace_id, point_id, recorded_at, jsonb_build_object(
    'occurred_at', (extract(epoch from occurred_at) * 1000000)::bigint,
    'metric_type', metric_type, 'value', value
)
from shadower.metric_points
union all
select 'event', workspace_id, event_id, recorded_at, jsonb_build_object(
    'occurred_at', (extract(epoch from occurred_at) * 1000000)::bigint,
    'type', type, 'data', data
)
from shadower.events

-- name: index
create index on sent (kind, workspace_id, id);
create index on acknowledged (kind, workspace_id, id);
analyze sent;
analyze acknowledged

-- name: lost
-- Acknowledged and not there.
select distinct kind, workspace_id, id from acknowledged
except
select kind, workspace_id, id from stored

-- name: double
-- There more than once.
select kind, workspace_id, id, count(*) from stored
group by kind, workspace_id, id having count(*) > 1

-- name: made_up
-- There and never sent.
select kind, workspace_id, id from stored
except
select kind, workspace_id, id from sent

-- name: wrong
-- There with a content that nobody sent, or with an older one than was acknowledged.
with latest as (
    select kind, workspace_id, id, max(version) as version from acknowledged
    group by kind, workspace_id, id
)
select kind, workspace_id, id, stored.content, latest.version as acknowledged
from stored
left join latest using (kind, workspace_id, id)
where not exists (
    select from sent
    where (sent.kind, sent.workspace_id, sent.id) = (stored.kind, stored.workspace_id, stored.id)
        and sent.content = stored.content
        and sent.version >= coalesce(latest.version, 0)
)

-- name: misplaced
-- Executions whose key names another time, or which have no key, or keys without execution.
select workspace_id, execution_id, executions.started_at, key.started_at as key_says
from shadower.executions
full join shadower.execution_keys key using (workspace_id, execution_id)
where executions.started_at is distinct from key.started_at

-- name: unbalanced
-- Hours of the ledger that do not add up, or differ from the facts counted anew.
with recounted as (
    select workspace_id, date_trunc('hour', recorded_at at time zone 'UTC') as hour, kind,
        count(*) as facts
    from stored
    group by 1, 2, 3
), account as (
    select workspace_id, hour at time zone 'UTC' as hour, kind::text,
        received, stored, updated, duplicate, rejected
    from shadower.ledger
)
select workspace_id, hour, kind, account.*, facts
from account
full join recounted using (workspace_id, hour, kind)
where coalesce(account.stored, 0) <> coalesce(facts, 0)
    or received <> account.stored + updated + duplicate + rejected

-- name: miscounted
-- Accounts below what was answered, or above what was tried.
with account as (
    select workspace_id, kind::text,
        sum(received) as received, sum(rejected) as rejected
    from shadower.ledger
    group by 1, 2
)
select workspace_id, kind, received, rejected,
    tried, tried_invalid, answered, answered_invalid
from account
full join accounts using (workspace_id, kind)
where coalesce(received, 0) not between answered and tried
    or coalesce(rejected, 0) not between answered_invalid and tried_invalid

-- name: undelivered
-- Events of the outbox that a group never handled.
select group_name, event_id
from (select distinct group_name from delivered) as groups
cross join (select distinct event_id from shadower.outbox where only_group is null) as happened
except
select group_name, event_id from delivered
