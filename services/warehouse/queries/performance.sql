-- name: agent_name
-- The latest name that an agent has, if it ever ran.
select coalesce(
    (select agent_name from executions
     where workspace_id = $1 and agent_id = $2 and agent_name is not null
     order by started_at desc, execution_id desc
     limit 1),
    ''
) as agent_name
where exists (select from executions where workspace_id = $1 and agent_id = $2)
    -- Of who ran before the horizon only, profiles are left.
    or exists (
        select from agent_profiles
        where workspace_id = $1 and agent_id = $2 and level in ('hour', 'day')
            and start < (select runs_from from workspaces where workspace_id = $1)
    )
