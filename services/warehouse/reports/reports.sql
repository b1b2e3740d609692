-- name: count_waiting
select count(*) from reports where workspace_id = $1 and next_at is not null

-- name: create
insert into reports (
    workspace_id, report_id, definition_id, definition, starts_at, ends_at, due_at, missed, requested_by,
    may_name_users, expires_at
) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, clock_timestamp() + $11)
on conflict (workspace_id, definition_id, due_at) where due_at is not null do nothing
returning report_id

-- name: get
select report_id, definition_id, definition, starts_at, ends_at, due_at, missed, requested_by, created_at,
    state, progress, attempts, failure_reason, failure_message, ended_at, as_of, complete_until, files,
    absent_sections, expires_at
from reports
where workspace_id = $1 and report_id = $2

-- name: lock
select claim from reports where workspace_id = $1 and report_id = $2 for update

-- name: list
-- Those before a place, the last first; of a definition ($3), or of all.
select report_id, definition_id, definition, starts_at, ends_at, due_at, missed, requested_by, created_at,
    state, progress, attempts, failure_reason, failure_message, ended_at, as_of, complete_until, files,
    absent_sections, expires_at
from reports
where workspace_id = $1 and (cardinality($2::text[]) = 0 or state = any($2))
    and ($3 = '' or definition_id = $3)
    and ($4::timestamptz is null or (created_at, report_id) < ($4, $5::text))
order by created_at desc, report_id desc
limit $6

-- name: cancel
update reports set state = 'cancelled', next_at = null, ended_at = clock_timestamp()
where workspace_id = $1 and report_id = $2 and next_at is not null

-- name: begin
-- By who has claimed it, unless somebody else has since, or it is not wanted any more.
update reports set state = 'running', attempts = attempts + 1, progress = 0
where workspace_id = $1 and report_id = $2 and claim = $3 and next_at is not null
returning attempts

-- name: go_on
-- It is still ours, and so much of it is made.
update reports set progress = $4, claimed_until = clock_timestamp() + $5
where workspace_id = $1 and report_id = $2 and claim = $3 and state = 'running'
returning claim

-- name: wait
-- Facts are missing: that is no attempt.
update reports set
    state = 'pending', attempts = attempts - 1, progress = 0, next_at = clock_timestamp() + $4,
    claimed_until = '-infinity'
where workspace_id = $1 and report_id = $2 and claim = $3 and state = 'running'

-- name: try_again
update reports set
    state = 'pending', progress = 0, next_at = clock_timestamp() + $4, claimed_until = '-infinity',
    failure_reason = $5, failure_message = $6
where workspace_id = $1 and report_id = $2 and claim = $3 and state = 'running'

-- name: fail
update reports set
    state = 'failed', next_at = null, ended_at = clock_timestamp(), claimed_until = '-infinity',
    failure_reason = $4, failure_message = $5
where workspace_id = $1 and report_id = $2 and claim = $3 and state = 'running'
returning report_id

-- name: finish
update reports set
    state = 'done', progress = 100, next_at = null, ended_at = clock_timestamp(),
    claimed_until = '-infinity', failure_reason = '', failure_message = '', as_of = $4,
    complete_until = $5, files = $6, absent_sections = $7, expires_at = clock_timestamp() + $8
where workspace_id = $1 and report_id = $2 and claim = $3 and state = 'running'
returning report_id

-- name: delete
delete from reports where workspace_id = $1 and report_id = $2
returning files

-- name: delete_all
delete from reports where workspace_id = $1
returning report_id, files

-- name: delete_about_users
delete from reports where workspace_id = $1 and may_name_users
returning report_id, files

-- name: forget
update reports set requested_by = 'erased' where workspace_id = $1 and requested_by = $2

-- name: keys
-- Also of reports without any.
select report_id, file ->> 'key' as key
from reports left join lateral jsonb_array_elements(files) as file on true
where workspace_id = $1 and report_id = any($2)

-- name: claim
-- Some that wait to be made, for a while: of a workspace ($1), or of all. Who comes at the same time gets
-- others. Workspaces take turns: one each, and first of those that are not among the last ones ($4); in
-- the order of their turns, by which the caller knows who had the last.
with due as (
    select workspace_id, report_id, next_at,
        row_number() over (partition by workspace_id order by next_at, report_id) as turn,
        coalesce(array_position($4::text[], workspace_id::text), 0) as last_turn
    from reports
    where next_at <= now() and claimed_until <= now() and ($1::text is null or workspace_id = $1)
), waiting as (
    select reports.workspace_id, reports.report_id, due.turn, due.last_turn, due.next_at
    from due join reports using (workspace_id, report_id)
    where reports.next_at <= now() and reports.claimed_until <= now()
    order by due.turn, due.last_turn, due.next_at
    limit $2
    for update of reports skip locked
), claimed as (
    update reports set claimed_until = now() + $3, claim = claim + 1
    from waiting
    where reports.workspace_id = waiting.workspace_id and reports.report_id = waiting.report_id
    returning reports.workspace_id, reports.report_id, reports.claim,
        waiting.turn, waiting.last_turn, waiting.next_at
)
select workspace_id, report_id, claim from claimed order by turn, last_turn, next_at

-- name: count_to_make
select count(*) from (
    select from reports
    where next_at <= now() and claimed_until <= now() and ($1::text is null or workspace_id = $1)
    limit 10000
) as waiting

-- name: expired
select workspace_id, report_id from reports
where expires_at <= now() and ($1::text is null or workspace_id = $1)
order by expires_at
limit $2

-- name: count_expired
select count(*) from (
    select from reports
    where expires_at <= now() and ($1::text is null or workspace_id = $1)
    limit 10000
) as expired
