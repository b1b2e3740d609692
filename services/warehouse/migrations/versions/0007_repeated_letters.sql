-- A record that is put aside again is one letter with a count, and no further one.

alter table dead_letters
    add column occurrences bigint not null default 1,
    -- Null as long as it has come once.
    add column last_failed_at timestamptz;

grant update (occurrences, last_failed_at, position, message) on dead_letters to shadower_service;

-- Whoever follows all workspaces files letters for all, and sees whether one is there already, but
-- nothing of what it says.
create policy relay_seeing on dead_letters for select to shadower_relay using (true);
create policy relay_again on dead_letters for update to shadower_relay using (true);
grant select (workspace_id, dead_letter_id, position, occurrences) on dead_letters to shadower_relay;
grant update (occurrences, last_failed_at, position, message, replayed_at) on dead_letters
    to shadower_relay;
