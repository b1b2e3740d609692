-- The account of what came in, and how far the log has been written.

create type fact_kind as enum ('execution', 'metric_point', 'event', 'span');

-- Written in the transaction that stores the facts. The hour is that of the facts'
-- recorded_at, so the two can be compared at any time.
create table ledger (
    workspace_id text collate "C" not null,
    hour timestamptz not null,
    kind fact_kind not null,
    received bigint not null,
    stored bigint not null,
    updated bigint not null,
    duplicate bigint not null,
    rejected bigint not null,
    primary key (workspace_id, hour, kind),
    check (received = stored + updated + duplicate + rejected)
);

alter table ledger enable row level security;
alter table ledger force row level security;
create policy tenant on ledger
    using (workspace_id = current_setting('shadower.workspace_id', true))
    with check (workspace_id = current_setting('shadower.workspace_id', true));
grant select, insert, update on ledger to shadower_service;

-- The next entry of each partition of the log that is not written yet. Moved on in the
-- transaction that writes entries, and only from where its writer believes it to be: of two
-- writers that both believe to own a partition, one fails. Positions belong to no workspace.
create table log_positions (
    topic text collate "C" not null,
    partition integer not null,
    next_offset bigint not null,
    updated_at timestamptz not null default now(),
    primary key (topic, partition)
);
grant select, insert, update on log_positions to shadower_service;

-- Facts lie about in the order in which they came, which is all that a recount needs.
create index executions_by_recording on executions using brin (recorded_at) with (autosummarize = on);
create index metric_points_by_recording on metric_points using brin (recorded_at) with (autosummarize = on);
create index events_by_recording on events using brin (recorded_at) with (autosummarize = on);

-- Rows are copied into tables of the session before they are taken over.
do $$
begin
    execute format('grant temporary on database %I to shadower_service', current_database());
end
$$;
