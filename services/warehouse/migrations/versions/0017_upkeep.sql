-- How long things are kept, what was erased, and how services did.

-- Before these times there is nothing more to be had of a workspace, and nothing more is taken: of runs
-- and their spans, of points, of events; of cells up to a quarter of a day; of cells of days and weeks.
-- In this table, since whoever writes facts has its row locked, and whoever reads them reads it anyway.
alter table workspaces
    add column runs_from timestamptz,
    add column points_from timestamptz,
    add column events_from timestamptz,
    add column hours_from timestamptz,
    add column days_from timestamptz;

-- Facts that were stored in the hour and have been removed since, so that the account stays exact.
alter table ledger add column removed bigint not null default 0;

-- What differs from the usual; of "shadower-system", what differs everywhere.
create table retention_settings (
    workspace_id text collate "C" primary key,
    -- shadower.upkeep.v1.RetentionPolicy as JSON.
    policy jsonb not null,
    version bigint not null default 1,
    updated_at timestamptz not null default clock_timestamp(),
    updated_by text not null
);

create table erasures (
    workspace_id text collate "C" not null,
    erasure_id uuid not null,
    scope text collate "C" not null check (scope in ('workspace', 'user')),
    -- What is to be erased, until it is; after that, only its salted hash tells.
    user_id text,
    salt bytea not null,
    hash bytea not null,
    -- What stands in the place of the user's id.
    pseudonym text not null default '',
    requested_by text not null,
    requested_at timestamptz not null default clock_timestamp(),
    -- The step that comes next, and where in it.
    step text collate "C" not null,
    place jsonb not null default '{}',
    counts jsonb not null default '{}',
    ended_at timestamptz,
    copies_until timestamptz,
    primary key (workspace_id, erasure_id),
    check (ended_at is null or user_id is null)
);
create index erasures_by_time on erasures (workspace_id, requested_at desc, erasure_id);
create index erasures_open on erasures (requested_at) where ended_at is null;

-- Of the workspace "shadower-system".
create table service_checks (
    workspace_id text collate "C" not null,
    service text collate "C" not null,
    checked_at timestamptz not null,
    state text collate "C" not null check (state in ('serving', 'not_serving', 'unreachable')),
    latency_us bigint not null,
    reason text not null default '',
    primary key (workspace_id, service, checked_at)
);

do $$
declare
    tenant_table text;
begin
    foreach tenant_table in array array['retention_settings', 'erasures', 'service_checks'] loop
        execute format('alter table %I enable row level security', tenant_table);
        execute format('alter table %I force row level security', tenant_table);
        execute format(
            'create policy tenant on %I to shadower_service
             using (workspace_id = current_setting(''shadower.workspace_id'', true))
             with check (workspace_id = current_setting(''shadower.workspace_id'', true))',
            tenant_table
        );
    end loop;
end
$$;
grant select, insert, update on retention_settings, erasures to shadower_service;
grant select, insert on service_checks to shadower_service;

-- Whoever keeps house removes what nobody else may: in one workspace at a time, as everybody. It also
-- sees which workspaces there are, and which erasures are not done.
do $$
begin
    create role shadower_upkeep nologin;
exception
    when duplicate_object or unique_violation then null; -- Roles belong to the whole cluster.
end
$$;
grant usage on schema shadower to shadower_upkeep;
do $$
declare
    tenant_table name;
begin
    for tenant_table in
        select relname from pg_class
        where relnamespace = 'shadower'::regnamespace and relrowsecurity and relkind in ('r', 'p')
            -- Who does what when is the scheduler's alone.
            and relname not in ('schedule_leases', 'scheduled_jobs', 'job_runs')
        order by relname
    loop
        execute format('grant select, insert, update, delete on %I to shadower_upkeep', tenant_table);
        execute format(
            'create policy upkeep on %I to shadower_upkeep
             using (workspace_id = current_setting(''shadower.workspace_id'', true))
             with check (workspace_id = current_setting(''shadower.workspace_id'', true))',
            tenant_table
        );
    end loop;
end
$$;
-- What was administered stays as it is until it is old enough to go.
revoke insert, update on audit_entries from shadower_upkeep;
-- What was erased is told for ever.
revoke delete on erasures from shadower_upkeep;
grant select on execution_units, execution_condensed, point_units, point_condensed, log_positions,
    schema_version to shadower_upkeep;
create policy upkeep_everywhere on workspaces for select to shadower_upkeep using (true);
create policy upkeep_everywhere on erasures for select to shadower_upkeep using (true);
grant execute on function ensure_month(text, timestamptz) to shadower_upkeep;

do $$
begin
    if not pg_has_role(current_user, 'shadower_upkeep', 'member') then
        execute format('grant shadower_upkeep to %I', current_user);
    end if;
end
$$;

-- Months of a table of facts that lie before a time as a whole.
create function months_before(fact_table text, until timestamptz)
returns table (partition_name text, first_day timestamptz)
language sql stable security definer set search_path = shadower, pg_temp set timezone = 'UTC' as $$
    select relname::text, to_timestamp(right(relname, 7), 'YYYY_MM')
    from pg_inherits join pg_class on pg_class.oid = inhrelid
    where inhparent = fact_table::regclass
        and fact_table in ('executions', 'metric_points', 'events', 'spans')
        and to_timestamp(right(relname, 7), 'YYYY_MM') + interval '1 month' <= until
    order by relname
$$;
revoke all on function months_before(text, timestamptz) from public;
grant execute on function months_before(text, timestamptz) to shadower_upkeep;

-- Whether a month of facts holds none. A partition has no policies, so its owner sees all of it. To look
-- takes long where much was removed of late, and holds nobody up.
create function is_month_empty(fact_table text, month timestamptz) returns boolean
language plpgsql security definer set search_path = shadower, pg_temp set timezone = 'UTC' as $$
declare
    partition_name text := fact_table || to_char(date_trunc('month', month), '"_"YYYY"_"MM');
    is_empty boolean;
begin
    if fact_table not in ('executions', 'metric_points', 'events', 'spans') then
        raise exception 'no fact table: %', fact_table;
    end if;
    if to_regclass(partition_name) is null then
        return false;
    end if;
    execute format('select not exists (select from %I)', partition_name) into is_empty;
    return is_empty;
end
$$;
revoke all on function is_month_empty(text, timestamptz) from public;
grant execute on function is_month_empty(text, timestamptz) to shadower_upkeep;

-- Drops a month of facts if it holds none; whether it did. Nothing is counted or removed here: all that
-- read or write the table wait meanwhile, so whoever calls it has looked first, and says by lock_timeout
-- and statement_timeout how long that may be.
create function drop_month(fact_table text, month timestamptz) returns boolean
language plpgsql security definer set search_path = shadower, pg_temp set timezone = 'UTC' as $$
declare
    partition_name text := fact_table || to_char(date_trunc('month', month), '"_"YYYY"_"MM');
begin
    if fact_table not in ('executions', 'metric_points', 'events', 'spans') then
        raise exception 'no fact table: %', fact_table;
    end if;
    -- The whole table first: a writer that already has it would come to wait for the month, and we for it.
    execute format('lock table only %I in access exclusive mode', fact_table);
    if to_regclass(partition_name) is null then
        return false;
    end if;
    execute format('lock table %I in access exclusive mode', partition_name);
    if not is_month_empty(fact_table, month) then
        return false;
    end if;
    execute format('alter table %I detach partition %I', fact_table, partition_name);
    execute format('drop table %I', partition_name);
    return true;
end
$$;
revoke all on function drop_month(text, timestamptz) from public;
grant execute on function drop_month(text, timestamptz) to shadower_upkeep;
