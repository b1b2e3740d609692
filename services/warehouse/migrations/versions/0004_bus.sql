-- The event bus: what happened is written down in the transaction in which it happened, and
-- read from there by relay and subscribers, each group at its own place.

create table outbox (
    workspace_id text collate "C" not null,
    id bigint generated always as identity,
    txid xid8 not null default pg_current_xact_id(),
    event_id uuid not null default gen_random_uuid(),
    type text collate "C" not null,
    created_at timestamptz not null default clock_timestamp(),
    correlation_id text not null default '',
    data jsonb not null default '{}',
    -- For this group alone, to which a dead letter is replayed.
    only_group text collate "C",
    primary key (workspace_id, id),
    check (octet_length(data::text) <= 262144)
);

-- The order of reading. Numbers of a sequence are drawn before their transactions commit, so
-- in the order of ids a late commit would appear behind a reader that has passed its place.
-- Readers go by (txid, id) and only up to pg_snapshot_xmin: every transaction below it has
-- ended, so nothing can appear there any more.
create index outbox_in_order on outbox (txid, id);

-- Up to where each group of subscribers has handled the outbox.
create table bus_positions (
    group_name text collate "C" primary key,
    -- What members of the group lock to be the one that reads.
    lock_key integer not null generated always as identity unique,
    txid xid8 not null default '0',
    id bigint not null default 0,
    updated_at timestamptz not null default now()
);

create type dead_letter_source as enum ('log', 'bus');

create table dead_letters (
    workspace_id text collate "C" not null,
    dead_letter_id uuid not null,
    source dead_letter_source not null,
    group_name text collate "C" not null default '',
    topic text collate "C" not null default '',
    partition integer,
    position bigint not null,
    reason text collate "C" not null,
    message text not null,
    key bytea,
    payload bytea not null,
    attempts integer not null default 1,
    failed_at timestamptz not null default clock_timestamp(),
    replayed_at timestamptz,
    primary key (workspace_id, dead_letter_id)
);

create index dead_letters_by_time on dead_letters (workspace_id, failed_at, dead_letter_id);

do $$
begin
    create role shadower_relay nologin;
exception
    when duplicate_object or unique_violation then null; -- Roles belong to the whole cluster.
end
$$;

do $$
declare
    tenant_table text;
begin
    foreach tenant_table in array array['outbox', 'dead_letters'] loop
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

grant select, insert on outbox to shadower_service;
grant select, insert on dead_letters to shadower_service;
grant update (replayed_at) on dead_letters to shadower_service;

-- Relay and subscribers follow all workspaces, but see nothing of them beside their events.
create policy relay on outbox to shadower_relay using (true);
create policy relay on dead_letters for insert to shadower_relay with check (true);
grant usage on schema shadower to shadower_relay;
grant select, delete on outbox to shadower_relay;
grant select, insert, update on bus_positions to shadower_relay;
grant insert on dead_letters to shadower_relay;
grant select on schema_version to shadower_relay;

do $$
begin
    if not pg_has_role(current_user, 'shadower_relay', 'member') then
        execute format('grant shadower_relay to %I', current_user);
    end if;
end
$$;
