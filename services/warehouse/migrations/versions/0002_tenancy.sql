-- Tenants are kept apart by the database itself: a session sees and writes the rows of
-- the workspace that it has been told, and of none before that.

do $$
begin
    create role shadower_service nologin;
exception
    when duplicate_object or unique_violation then null; -- Roles belong to the whole cluster.
end
$$;

do $$
declare
    tenant_table text;
begin
    foreach tenant_table in array array[
        'workspaces', 'workspace_changes', 'executions', 'execution_keys', 'metric_points', 'events'
    ] loop
        execute format('alter table %I enable row level security', tenant_table);
        execute format('alter table %I force row level security', tenant_table);
        execute format(
            'create policy tenant on %I
             using (workspace_id = current_setting(''shadower.workspace_id'', true))
             with check (workspace_id = current_setting(''shadower.workspace_id'', true))',
            tenant_table
        );
    end loop;
end
$$;

grant usage on schema shadower to shadower_service;
grant select, insert, update on workspaces to shadower_service;
grant select, insert, delete on workspace_changes to shadower_service;
grant select, insert, update, delete on executions, execution_keys to shadower_service;
grant select, insert on metric_points, events to shadower_service;
grant select on schema_version to shadower_service;
revoke all on function ensure_month(text, timestamptz) from public;
grant execute on function ensure_month(text, timestamptz) to shadower_service;

-- Who runs the migrations may act as the role, so that one DATABASE_URL is enough.
do $$
begin
    if not pg_has_role(current_user, 'shadower_service', 'member') then
        execute format('grant shadower_service to %I', current_user);
    end if;
end
$$;
