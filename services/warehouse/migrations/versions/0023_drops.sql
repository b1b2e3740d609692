-- That somebody decided not to hand a dead letter over; of all times that it had come by then.

create table dead_letter_drops (
    workspace_id text collate "C" not null,
    dead_letter_id uuid not null,
    occurrences bigint not null,
    dropped_at timestamptz not null default clock_timestamp(),
    dropped_by text not null,
    reason text not null,
    primary key (workspace_id, dead_letter_id, occurrences),
    foreign key (workspace_id, dead_letter_id) references dead_letters on delete cascade
);

alter table dead_letter_drops enable row level security;
alter table dead_letter_drops force row level security;
create policy tenant on dead_letter_drops to shadower_service
using (workspace_id = current_setting('shadower.workspace_id', true))
with check (workspace_id = current_setting('shadower.workspace_id', true));
create policy upkeep on dead_letter_drops to shadower_upkeep
using (workspace_id = current_setting('shadower.workspace_id', true))
with check (workspace_id = current_setting('shadower.workspace_id', true));

-- What was decided stays as it was.
grant select, insert on dead_letter_drops to shadower_service;
grant select, insert, update, delete on dead_letter_drops to shadower_upkeep;

-- Letters as they lie in their workspace, with their last drops: the one place that says what has become
-- of each. It asks with the rights of who asks it, so that row-level security binds it too.
create view filed_letters with (security_invoker = true) as
select letter.workspace_id, letter.dead_letter_id, letter.source, letter.group_name, letter.topic,
    letter.partition, letter.position, letter.reason, letter.message, letter.attempts, letter.failed_at,
    letter.occurrences, coalesce(letter.last_failed_at, letter.failed_at) as last_failed_at,
    letter.replayed_at, length(letter.payload) as payload_bytes, letter.key, letter.payload,
    last.dropped_at, last.dropped_by, last.reason as drop_reason,
    last.occurrences as drop_occurrences,
    case
        when letter.replayed_at is not null then 'replayed'
        when last.occurrences = letter.occurrences then 'dropped'
        else 'open'
    end as state
from dead_letters letter
left join lateral (
    select * from dead_letter_drops one
    where one.workspace_id = letter.workspace_id and one.dead_letter_id = letter.dead_letter_id
    order by one.occurrences desc
    limit 1
) last on true;
grant select on filed_letters to shadower_service;
