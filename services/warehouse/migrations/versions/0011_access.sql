-- Who may come in: tokens that ended before their time, keys of programs, and what was
-- administered and denied.

-- Revocations are numbered in the order in which they are committed, since whoever makes one holds
-- a lock until then: who has read up to a number has missed nothing below it.
create table revoked_tokens (
    workspace_id text collate "C" not null,
    token_id text collate "C" not null,
    number bigint not null,
    reason text not null,
    revoked_by text not null,
    revoked_at timestamptz not null,
    -- By then the token has expired.
    kept_until timestamptz not null,
    primary key (workspace_id, token_id)
);

create sequence revocation_numbers;
create index revoked_tokens_by_number on revoked_tokens (number);
create index revoked_tokens_by_time on revoked_tokens (workspace_id, revoked_at, token_id);

create table api_keys (
    workspace_id text collate "C" not null,
    api_key_id text collate "C" not null,
    display_name text not null,
    permissions text[] not null,
    created_by text not null,
    created_at timestamptz not null,
    expires_at timestamptz,
    last_used_at timestamptz,
    primary key (workspace_id, api_key_id)
);

create index api_keys_by_time on api_keys (workspace_id, created_at, api_key_id);
-- A secret names its key, and not the workspace.
create index api_keys_by_id on api_keys (api_key_id);

create table api_key_secrets (
    workspace_id text collate "C" not null,
    api_key_id text collate "C" not null,
    -- SHA-256; the secret itself is kept nowhere.
    hash bytea not null,
    created_at timestamptz not null,
    -- Null: as long as the key.
    good_until timestamptz,
    primary key (workspace_id, api_key_id, hash),
    foreign key (workspace_id, api_key_id) references api_keys on delete cascade
);

create table audit_entries (
    workspace_id text collate "C" not null,
    occurred_at timestamptz not null,
    entry_id uuid not null,
    subject text not null,
    token_id text not null,
    rpc text collate "C" not null,
    code integer not null,
    reason text collate "C" not null,
    request_id text not null,
    facts jsonb not null default '{}',
    -- How many calls it stands for.
    calls bigint not null default 1 check (calls > 0),
    primary key (workspace_id, occurred_at, entry_id)
);

do $$
declare
    own_role text;
begin
    foreach own_role in array array['shadower_follower', 'shadower_keeper'] loop
        begin
            execute format('create role %I nologin', own_role);
        exception
            when duplicate_object or unique_violation then null; -- Roles belong to the whole cluster.
        end;
        if not pg_has_role(current_user, own_role, 'member') then
            execute format('grant %I to %I', own_role, current_user);
        end if;
        execute format('grant usage on schema shadower to %I', own_role);
    end loop;
end
$$;

do $$
declare
    tenant_table text;
begin
    foreach tenant_table in array array[
        'revoked_tokens', 'api_keys', 'api_key_secrets', 'audit_entries'
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

grant select, insert, update on revoked_tokens to shadower_service;
grant usage on sequence revocation_numbers to shadower_service;
grant select, insert, delete on api_keys to shadower_service;
grant select, insert, update (good_until), delete on api_key_secrets to shadower_service;
-- What is written down stays as it is.
grant select, insert on audit_entries to shadower_service;

-- Every process follows the revocations of all workspaces, and sees nothing else of them.
create policy follower on revoked_tokens for select to shadower_follower using (true);
grant select (number, workspace_id, token_id, kept_until) on revoked_tokens to shadower_follower;

-- Who lets programs in looks for their keys in all workspaces, and forgets what has expired.
create policy keeper on api_keys to shadower_keeper using (true);
create policy keeper on api_key_secrets to shadower_keeper using (true);
create policy keeper on revoked_tokens to shadower_keeper using (true);
grant select, update (last_used_at) on api_keys to shadower_keeper;
grant select on api_key_secrets to shadower_keeper;
grant select (kept_until), delete on revoked_tokens to shadower_keeper;
grant select (good_until), delete on api_key_secrets to shadower_keeper;
