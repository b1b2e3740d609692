-- What is done at times. All of it is of the workspace "shadower-system" so far.

-- Who does it: whoever holds the lease. The fence grows when it passes to another holder, and what is
-- written about runs has to name the one that holds.
create table schedule_leases (
    workspace_id text collate "C" not null,
    name text collate "C" not null,
    holder text collate "C" not null,
    fence bigint not null,
    expires_at timestamptz not null,
    primary key (workspace_id, name)
);

-- What somebody has set of a job. Times before `since` are nobody's to catch up.
create table scheduled_jobs (
    workspace_id text collate "C" not null,
    job text collate "C" not null,
    schedule text,
    is_paused boolean not null default false,
    since timestamptz not null default clock_timestamp(),
    primary key (workspace_id, job)
);

-- Each time of a job has one run, whoever begins it how often.
create table job_runs (
    workspace_id text collate "C" not null,
    job text collate "C" not null,
    planned_at timestamptz not null,
    reason text collate "C" not null check (reason in ('schedule', 'request')),
    fence bigint,
    attempts integer not null default 0,
    started_at timestamptz,
    ended_at timestamptz,
    outcome text collate "C" check (outcome in ('succeeded', 'failed')),
    error text not null default '',
    primary key (workspace_id, job, planned_at),
    check ((ended_at is null) = (outcome is null))
);
create index job_runs_by_time on job_runs (workspace_id, planned_at desc);
create index job_runs_open on job_runs (workspace_id) where ended_at is null;
-- Whoever asks again for what has not begun, asks for the same.
create unique index job_runs_asked_for on job_runs (workspace_id, job)
where reason = 'request' and started_at is null;

do $$
declare
    tenant_table text;
begin
    foreach tenant_table in array array['schedule_leases', 'scheduled_jobs', 'job_runs'] loop
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
grant select, insert, update on schedule_leases, scheduled_jobs to shadower_service;
grant select, insert, update, delete on job_runs to shadower_service;

-- The scheduler knows which workspaces there are, and nothing else of them.
do $$
begin
    create role shadower_scheduler nologin;
exception
    when duplicate_object or unique_violation then null; -- Roles belong to the whole cluster.
end
$$;

create policy scheduler on workspaces for select to shadower_scheduler using (true);
grant usage on schema shadower to shadower_scheduler;
grant select (workspace_id) on workspaces to shadower_scheduler;
grant select on schema_version to shadower_scheduler;

do $$
begin
    if not pg_has_role(current_user, 'shadower_scheduler', 'member') then
        execute format('grant shadower_scheduler to %I', current_user);
    end if;
end
$$;
