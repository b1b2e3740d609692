-- Definitions of reports, the reports that were made or are to be, and links to them. What there is to
-- download lies in the object store; here is where it lies.

create table report_definitions (
    workspace_id text collate "C" not null,
    definition_id text collate "C" not null,
    -- shadower.reports.v1.ReportDefinition as JSON.
    definition jsonb not null,
    version bigint not null default 1,
    created_at timestamptz not null default clock_timestamp(),
    updated_at timestamptz not null default clock_timestamp(),
    updated_by text not null,
    -- The next due time; null without a schedule, or while that rests.
    due_at timestamptz,
    -- Somebody is at it until then.
    claimed_until timestamptz not null default '-infinity',
    primary key (workspace_id, definition_id)
);
create index report_definitions_by_due on report_definitions (due_at) where due_at is not null;

create table reports (
    workspace_id text collate "C" not null,
    report_id text collate "C" not null,
    -- Empty if it was asked for without a definition.
    definition_id text collate "C" not null default '',
    -- As it was when the report was asked for.
    definition jsonb not null,
    starts_at timestamptz not null,
    ends_at timestamptz not null check (ends_at > starts_at),
    due_at timestamptz,
    missed integer not null default 0,
    requested_by text not null,
    created_at timestamptz not null default clock_timestamp(),
    -- Who erases a user has to erase it.
    may_name_users boolean not null,
    state text collate "C" not null default 'pending'
        check (state in ('pending', 'running', 'done', 'failed', 'cancelled')),
    progress smallint not null default 0 check (progress between 0 and 100),
    attempts integer not null default 0,
    -- Not to be begun before; null if it is not to be begun any more.
    next_at timestamptz default clock_timestamp(),
    -- Who makes it holds it until then, by this number; another one takes it over after that.
    claimed_until timestamptz not null default '-infinity',
    claim bigint not null default 0,
    failure_reason text collate "C" not null default '',
    failure_message text not null default '',
    ended_at timestamptz,
    as_of timestamptz,
    complete_until timestamptz,
    -- [{"format", "key", "content_type", "size", "sha256"}], and [{"section", "reason"}].
    files jsonb not null default '[]',
    absent_sections jsonb not null default '[]',
    expires_at timestamptz not null,
    primary key (workspace_id, report_id),
    check ((next_at is null) = (state in ('done', 'failed', 'cancelled'))),
    check ((next_at is null) = (ended_at is not null))
);
-- Each due time of a definition is one report, whoever finds it due how often.
create unique index reports_by_due_time on reports (workspace_id, definition_id, due_at)
where due_at is not null;
create index reports_by_time on reports (workspace_id, created_at desc, report_id desc);
create index reports_to_be_made on reports (next_at) where next_at is not null;
create index reports_by_expiry on reports (expires_at);

create table report_links (
    workspace_id text collate "C" not null,
    link_id text collate "C" not null,
    report_id text collate "C" not null,
    -- SHA-256 of its secret, which is random and has 256 bits.
    secret_hash bytea not null,
    created_at timestamptz not null default clock_timestamp(),
    created_by text not null,
    expires_at timestamptz not null,
    opened bigint not null default 0,
    -- The minute in which it was opened last, and how often within it.
    minute timestamptz not null default '-infinity',
    opened_in_minute integer not null default 0,
    primary key (workspace_id, link_id),
    foreign key (workspace_id, report_id) references reports on delete cascade
);
create index report_links_by_report on report_links (workspace_id, report_id);
create index report_links_by_expiry on report_links (expires_at);

do $$
declare
    tenant_table text;
begin
    foreach tenant_table in array array['report_definitions', 'reports', 'report_links'] loop
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
grant select, insert, update, delete on report_definitions, reports, report_links to shadower_service;

-- Who has reports made sees which are due or have expired in all workspaces, and nothing of what they say.
do $$
begin
    create role shadower_reporter nologin;
exception
    when duplicate_object or unique_violation then null; -- Roles belong to the whole cluster.
end
$$;

create policy reporter on report_definitions to shadower_reporter using (true);
create policy reporter on reports to shadower_reporter using (true);
create policy reporter on report_links for select to shadower_reporter using (true);
grant usage on schema shadower to shadower_reporter;
grant select (workspace_id, definition_id, due_at, claimed_until), update (claimed_until)
on report_definitions to shadower_reporter;
grant select (workspace_id, report_id, next_at, claimed_until, claim, expires_at),
    update (claimed_until, claim)
on reports to shadower_reporter;
grant select (workspace_id, link_id, expires_at) on report_links to shadower_reporter;

do $$
begin
    if not pg_has_role(current_user, 'shadower_reporter', 'member') then
        execute format('grant shadower_reporter to %I', current_user);
    end if;
end
$$;
