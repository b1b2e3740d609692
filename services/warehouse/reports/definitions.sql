-- name: turn
-- Definitions, reports and links of a workspace are made one after the other, so that none is one too many.
select pg_advisory_xact_lock(hashtextextended('shadower.reports ' || $1, 0))

-- name: count
select count(*) from report_definitions where workspace_id = $1

-- name: create
insert into report_definitions (workspace_id, definition_id, definition, updated_by, due_at)
values ($1, $2, $3, $4, $5)

-- name: get
select definition_id, definition, version, created_at, updated_at, updated_by, due_at
from report_definitions
where workspace_id = $1 and definition_id = $2

-- name: lock
select version from report_definitions where workspace_id = $1 and definition_id = $2 for update

-- name: list
select definition_id, definition, version, created_at, updated_at, updated_by, due_at
from report_definitions
where workspace_id = $1 and definition_id > $2
order by definition_id
limit $3

-- name: replace
update report_definitions set
    definition = $3, version = version + 1, updated_at = clock_timestamp(), updated_by = $4, due_at = $5,
    claimed_until = '-infinity'
where workspace_id = $1 and definition_id = $2

-- name: delete
delete from report_definitions where workspace_id = $1 and definition_id = $2

-- name: delete_all
delete from report_definitions where workspace_id = $1

-- name: delete_about
-- Those whose filter names a user.
delete from report_definitions
where workspace_id = $1 and definition -> 'filter' -> 'user_ids' ? $2::text

-- name: forget
update report_definitions set updated_by = 'erased' where workspace_id = $1 and updated_by = $2

-- name: claim
-- Some that are due, for a minute: of a workspace ($1), or of all. Who comes at the same time gets others.
with due as (
    select workspace_id, definition_id from report_definitions
    where due_at <= now() and claimed_until <= now() and ($1::text is null or workspace_id = $1)
    order by due_at
    limit $2
    for update skip locked
)
update report_definitions set claimed_until = now() + interval '1 minute'
from due
where report_definitions.workspace_id = due.workspace_id
    and report_definitions.definition_id = due.definition_id
returning report_definitions.workspace_id, report_definitions.definition_id

-- name: count_due
select count(*) from (
    select from report_definitions
    where due_at <= now() and claimed_until <= now() and ($1::text is null or workspace_id = $1)
    limit 10000
) as due

-- name: planned
update report_definitions set due_at = $3, claimed_until = '-infinity'
where workspace_id = $1 and definition_id = $2
