-- Who takes executions out in bulk sees those of the workspace that its session is about, and nothing else.

do $$
begin
    create role shadower_exporter nologin;
exception
    when duplicate_object or unique_violation then null; -- Roles belong to the whole cluster.
end
$$;

grant usage on schema shadower to shadower_exporter;
-- The policy of tenants binds it as it binds everyone.
grant select on executions to shadower_exporter;
-- It has to know which are gone.
grant select (workspace_id, runs_from) on workspaces to shadower_exporter;

do $$
begin
    if not pg_has_role(current_user, 'shadower_exporter', 'member') then
        execute format('grant shadower_exporter to %I', current_user);
    end if;
end
$$;
