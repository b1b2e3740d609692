-- name: names
-- The latest name of each agent that has one.
select agent.agent_id, latest.agent_name
from unnest($2::text[]) as agent (agent_id)
cross join lateral (
    select agent_name from executions
    where workspace_id = $1 and agent_id = agent.agent_id and agent_name is not null
    order by started_at desc, execution_id desc
    limit 1
) as latest

-- name: page
-- Of all groups in an order, those behind a place. Only as many as that are sorted.
with of_groups as materialized (
    select key_1 as agent_id, {value} as value from (
{groups}
    ) as grouped
), page as (
    select agent_id, value from of_groups
    where {beyond}
    order by value {direction} nulls last, agent_id
    limit {limit}
)
select
    (select count(*) from of_groups where not ({beyond}))
        + row_number() over (order by value {direction} nulls last, agent_id) as position,
    value,
    agent_id
from page
order by position

-- name: everywhere
true

-- name: beyond
-- Equal ones are ordered by id, unknown ones come last.
value is null or value {sign} {{value}} or (value = {{value}} and agent_id > {{agent}})

-- name: amid_unknown
value is null and agent_id > {agent}

-- name: value
value_1::float8

-- name: exact_value
value_1

-- name: time_value
-- In seconds since 1970.
extract(epoch from value_1)::float8
