-- Limits of workspaces that somebody has set. A limit whose amount is null was set once and is not any
-- more; the row stays, so that whoever follows the changes hears of it.

create table limits (
    workspace_id text collate "C" not null,
    limit_class text collate "C" not null,
    scope text collate "C" not null,
    amount bigint check (amount >= 1),
    seconds integer check (seconds >= 1),
    txid xid8 not null default pg_current_xact_id(),
    updated_at timestamptz not null default clock_timestamp(),
    primary key (workspace_id, limit_class, scope),
    check ((amount is null) = (seconds is null))
);

-- Quotas likewise: what a workspace may have.
create table quotas (
    workspace_id text collate "C" not null,
    kind text collate "C" not null,
    amount bigint check (amount >= 1),
    refuses boolean not null default false,
    txid xid8 not null default pg_current_xact_id(),
    updated_at timestamptz not null default clock_timestamp(),
    primary key (workspace_id, kind)
);

-- Of which parts of a quota it was told, in a calendar month, that they are used.
create table quota_notices (
    workspace_id text collate "C" not null,
    kind text collate "C" not null,
    month date not null,
    percent integer not null,
    noted_at timestamptz not null default clock_timestamp(),
    primary key (workspace_id, kind, month, percent)
);

-- Changes are followed by the transactions that made them: what is not below pg_snapshot_xmin may not
-- have been seen, and is read again.
create index limits_by_change on limits (txid);
create index quotas_by_change on quotas (txid);

do $$
declare
    tenant_table text;
begin
    foreach tenant_table in array array['limits', 'quotas', 'quota_notices'] loop
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
grant select, insert, update on limits, quotas to shadower_service;
grant select, insert, delete on quota_notices to shadower_service;

-- The edge's limiter knows the limits and quotas of all workspaces, and nothing else of them.
do $$
begin
    create role shadower_limiter nologin;
exception
    when duplicate_object or unique_violation then null; -- Roles belong to the whole cluster.
end
$$;

create policy limiter on limits for select to shadower_limiter using (true);
create policy limiter on quotas for select to shadower_limiter using (true);
grant usage on schema shadower to shadower_limiter;
grant select on limits, quotas to shadower_limiter;
grant select on schema_version to shadower_limiter;

do $$
begin
    if not pg_has_role(current_user, 'shadower_limiter', 'member') then
        execute format('grant shadower_limiter to %I', current_user);
    end if;
end
$$;
