-- Rules that say when to tell of what, the alerts that came of them, and times in which to be quiet.

create table alert_rules (
    workspace_id text collate "C" not null,
    rule_id text collate "C" not null,
    -- shadower.alerts.v1.AlertRule as JSON.
    definition jsonb not null,
    version bigint not null default 1,
    created_at timestamptz not null default clock_timestamp(),
    updated_at timestamptz not null default clock_timestamp(),
    updated_by text not null,
    is_enabled boolean not null,
    -- No window that ends before is judged.
    judged_from timestamptz not null,
    -- The end of the last window that was judged, and the last change of facts that was seen then.
    judged_until timestamptz not null,
    judged_revision bigint not null default 0,
    due_at timestamptz not null,
    -- Somebody is at it until then.
    claimed_until timestamptz not null default '-infinity',
    failure_reason text collate "C" not null default '',
    primary key (workspace_id, rule_id)
);

create index alert_rules_by_due on alert_rules (due_at) where is_enabled;

create table alerts (
    workspace_id text collate "C" not null,
    alert_id uuid not null,
    rule_id text collate "C" not null,
    rule_name text not null,
    severity smallint not null,
    group_key text collate "C" not null,
    group_labels jsonb not null,
    state text collate "C" not null
        check (state in ('pending', 'triggered', 'acknowledged', 'resolved')),
    value double precision,
    expected double precision,
    pending_at timestamptz not null,
    triggered_at timestamptz,
    acknowledged_at timestamptz,
    acknowledged_by text not null default '',
    resolved_at timestamptz,
    resolved_by text not null default '',
    judged_at timestamptz not null,
    -- The last window of which the condition was known to hold.
    held_at timestamptz not null,
    notifications integer not null default 0,
    notified_at timestamptz,
    escalation_level integer not null default 0,
    primary key (workspace_id, alert_id),
    check ((state = 'resolved') = (resolved_at is not null))
);

create unique index alerts_open on alerts (workspace_id, rule_id, group_key)
where state <> 'resolved';
create index alerts_by_time on alerts (workspace_id, pending_at, alert_id);
create index alerts_ended on alerts (workspace_id, rule_id, resolved_at) where state = 'resolved';

create table alert_transitions (
    workspace_id text collate "C" not null,
    alert_id uuid not null,
    number bigint not null generated always as identity,
    change text collate "C" not null,
    occurred_at timestamptz not null default clock_timestamp(),
    judged_at timestamptz,
    value double precision,
    subject text not null default '',
    note text not null default '',
    primary key (workspace_id, alert_id, number),
    foreign key (workspace_id, alert_id) references alerts on delete cascade
);

create table alert_silences (
    workspace_id text collate "C" not null,
    silence_id text collate "C" not null,
    rule_ids text[] not null,
    group_labels jsonb not null,
    starts_at timestamptz not null,
    ends_at timestamptz not null check (ends_at > starts_at),
    reason text not null,
    created_by text not null,
    created_at timestamptz not null default clock_timestamp(),
    primary key (workspace_id, silence_id)
);

do $$
declare
    tenant_table text;
begin
    foreach tenant_table in array array[
        'alert_rules', 'alerts', 'alert_transitions', 'alert_silences'
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
grant select, insert, update, delete on alert_rules, alerts to shadower_service;
-- What happened stays as it is.
grant select, insert on alert_transitions to shadower_service;
grant select, insert, delete on alert_silences to shadower_service;

-- Who has rules judged sees when those of all workspaces are due, and nothing else of them.
do $$
begin
    create role shadower_evaluator nologin;
exception
    when duplicate_object or unique_violation then null; -- Roles belong to the whole cluster.
end
$$;

create policy evaluator on alert_rules to shadower_evaluator using (true);
grant usage on schema shadower to shadower_evaluator;
grant select (workspace_id, rule_id, is_enabled, due_at, claimed_until), update (claimed_until)
on alert_rules to shadower_evaluator;

do $$
begin
    if not pg_has_role(current_user, 'shadower_evaluator', 'member') then
        execute format('grant shadower_evaluator to %I', current_user);
    end if;
end
$$;
