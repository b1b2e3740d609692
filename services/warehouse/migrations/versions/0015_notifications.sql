-- Whom to tell of alerts and reports, what is to be delivered to them, and what came of it.

create table notification_targets (
    workspace_id text collate "C" not null,
    target_id text collate "C" not null,
    -- shadower.notifications.v1.Target as JSON, without what is secret.
    definition jsonb not null,
    -- Addresses, keys and secrets, as services.notifications.sealing writes them.
    sealed bytea not null,
    previous_until timestamptz not null default 'epoch',
    version bigint not null default 1,
    created_at timestamptz not null default clock_timestamp(),
    updated_at timestamptz not null default clock_timestamp(),
    updated_by text not null,
    is_enabled boolean not null,
    -- Its receiver has said so.
    is_gone boolean not null default false,
    primary key (workspace_id, target_id)
);

-- One for each target: who sends to it, and when there is something to be sent. It is claimed as a
-- whole, so that of one target no two processes send at the same time. It goes with its target, by
-- hand: a foreign key would have who leases it lock the target, behind its lane, while all others
-- lock the target first.
create table notification_lanes (
    workspace_id text collate "C" not null,
    target_id text collate "C" not null,
    -- When the next delivery is due; null if none waits.
    due_at timestamptz,
    leased_until timestamptz not null default 'epoch',
    holder uuid,
    -- Attempts in a row of which the receiver was not there or not well; it is left alone until then.
    failures integer not null default 0,
    paused_until timestamptz not null default 'epoch',
    -- The theoretical arrival time of its next message, by its limit.
    paced_at timestamptz not null default 'epoch',
    primary key (workspace_id, target_id)
);

create index notification_lanes_by_due on notification_lanes (due_at) where due_at is not null;

create table notification_deliveries (
    workspace_id text collate "C" not null,
    delivery_id uuid not null default gen_random_uuid(),
    target_id text collate "C" not null,
    event_id uuid not null,
    -- The order in which events are told.
    number bigint not null generated always as identity,
    event_type text collate "C" not null,
    event_at timestamptz not null,
    data jsonb not null,
    -- What it is about: deliveries to a target about the same are sent one after the other.
    subject text collate "C" not null,
    state text collate "C" not null default 'waiting'
        check (state in ('waiting', 'delivered', 'failed')),
    -- Of the addresses of a mail, those that have not got it yet; null is all.
    remaining text[],
    -- Of the addresses of a mail, those that were refused for good since it was last retried.
    refused text[] not null default '{}',
    attempts integer not null default 0,
    created_at timestamptz not null default clock_timestamp(),
    due_at timestamptz not null default clock_timestamp(),
    -- Since it was made, or somebody last had it retried.
    waiting_since timestamptz not null default clock_timestamp(),
    ended_at timestamptz,
    status_code integer not null default 0,
    error text not null default '',
    primary key (workspace_id, delivery_id),
    unique (workspace_id, event_id, target_id),
    foreign key (workspace_id, target_id) references notification_targets on delete cascade,
    check ((state = 'waiting') = (ended_at is null))
);

create index notification_deliveries_waiting
on notification_deliveries (workspace_id, target_id, subject, number) where state = 'waiting';
create index notification_deliveries_due
on notification_deliveries (workspace_id, target_id, number) where state = 'waiting';
create index notification_deliveries_by_subject
on notification_deliveries (workspace_id, subject, target_id);
create index notification_deliveries_by_time
on notification_deliveries (workspace_id, created_at, delivery_id);
create index notification_deliveries_ended
on notification_deliveries (ended_at) where state <> 'waiting';

create table notification_attempts (
    workspace_id text collate "C" not null,
    delivery_id uuid not null,
    number bigint not null generated always as identity,
    attempted_at timestamptz not null,
    duration interval not null,
    status_code integer not null,
    error text not null,
    response text not null,
    is_delivered boolean not null,
    primary key (workspace_id, delivery_id, number),
    foreign key (workspace_id, delivery_id) references notification_deliveries on delete cascade
);

do $$
declare
    tenant_table text;
begin
    foreach tenant_table in array array[
        'notification_targets', 'notification_lanes', 'notification_deliveries',
        'notification_attempts'
    ] loop
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
grant select, insert, update, delete on notification_targets, notification_lanes
to shadower_service;
grant select, insert, update on notification_deliveries to shadower_service;
-- What happened stays as it is.
grant select, insert on notification_attempts to shadower_service;

-- Who has things sent sees for which targets of all workspaces that is due, and nothing else of
-- them; and it deletes what is over, without seeing it.
do $$
begin
    create role shadower_notifier nologin;
exception
    when duplicate_object or unique_violation then null; -- Roles belong to the whole cluster.
end
$$;

create policy notifier on notification_lanes to shadower_notifier using (true);
create policy notifier on notification_deliveries to shadower_notifier using (true);
grant usage on schema shadower to shadower_notifier;
grant select (workspace_id, target_id, due_at, leased_until), update (leased_until, holder)
on notification_lanes to shadower_notifier;
grant select (workspace_id, delivery_id, state, ended_at), delete
on notification_deliveries to shadower_notifier;

do $$
begin
    if not pg_has_role(current_user, 'shadower_notifier', 'member') then
        execute format('grant shadower_notifier to %I', current_user);
    end if;
end
$$;
