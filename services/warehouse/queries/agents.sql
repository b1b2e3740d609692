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
