-- name: turn
-- Rules and silences of a workspace are made one after the other, so that none is one too many.
select pg_advisory_xact_lock(hashtextextended('shadower.alerts ' || $1, 0))

-- name: count
select count(*) from alert_rules where workspace_id = $1

-- name: create
insert into alert_rules (
    workspace_id, rule_id, definition, updated_by, is_enabled, judged_from, judged_until, due_at
) values ($1, $2, $3, $4, $5, $6, $6, $7)

-- name: get
select rule_id, definition, version, created_at, updated_at, updated_by, is_enabled, judged_from,
    judged_until, judged_revision, late_from, due_at, failure_reason
from alert_rules
where workspace_id = $1 and rule_id = $2

-- name: some
-- Those of some ids that are judged.
select rule_id, definition, version, created_at, updated_at, updated_by, is_enabled, judged_from,
    judged_until, judged_revision, late_from, due_at, failure_reason
from alert_rules
where workspace_id = $1 and rule_id = any($2::text[]) and is_enabled
order by rule_id

-- name: lock
-- Of who changes it.
select version from alert_rules where workspace_id = $1 and rule_id = $2 for update

-- name: list
select rule_id, definition, version, created_at, updated_at, updated_by, is_enabled, judged_from,
    judged_until, judged_revision, late_from, due_at, failure_reason
from alert_rules
where workspace_id = $1 and rule_id > $2
order by rule_id
limit $3

-- name: replace
-- What was judged stays judged; what comes is judged by the new rule.
update alert_rules set
    definition = $3, version = version + 1, updated_at = clock_timestamp(), updated_by = $4,
    is_enabled = $5, judged_from = $6, judged_until = $6, late_from = null, due_at = $7,
    failure_reason = ''
where workspace_id = $1 and rule_id = $2

-- name: delete
delete from alert_rules where workspace_id = $1 and rule_id = $2

-- name: waiting
-- Workspaces with rules that are due, behind one ($1), by their ids.
with recursive waiting as (
    (
        select workspace_id, 1 as number from alert_rules
        where is_enabled and due_at <= now() and claimed_until <= now() and workspace_id > $1
        order by workspace_id
        limit 1
    )
    union all
    select
        (
            select next.workspace_id from alert_rules as next
            where is_enabled and due_at <= now() and claimed_until <= now()
                and next.workspace_id > waiting.workspace_id
            order by next.workspace_id
            limit 1
        ),
        number + 1
    from waiting
    where waiting.workspace_id is not null and number < $2
)
select workspace_id from waiting where workspace_id is not null

-- name: claim
-- Some that are due, for a minute: so many of each workspace, the longest due first. Who comes at the
-- same time gets others.
with due as (
    select rules.workspace_id, rules.rule_id
    from unnest($1::text[]) as place, lateral (
        select workspace_id, rule_id from alert_rules
        where workspace_id = place and is_enabled and due_at <= now() and claimed_until <= now()
        order by due_at
        limit $2
        for update skip locked
    ) as rules
)
update alert_rules set claimed_until = now() + interval '1 minute'
from due
where alert_rules.workspace_id = due.workspace_id and alert_rules.rule_id = due.rule_id
returning alert_rules.workspace_id, alert_rules.rule_id

-- name: count_due
select count(*) from (
    select from alert_rules
    where is_enabled and due_at <= now() and claimed_until <= now()
        and ($1::text is null or workspace_id = $1)
    limit 100000
) as due

-- name: hold
-- The rule as it was when its facts were read, or nothing: somebody has changed or judged it, or
-- is at it. Also whether it has alerts that are not over.
select exists (
    select from alerts
    where alerts.workspace_id = $1 and alerts.rule_id = $2 and state <> 'resolved'
)
from alert_rules
where workspace_id = $1 and rule_id = $2 and version = $3 and judged_until = $4
    and late_from is not distinct from $5 and is_enabled
for update skip locked

-- name: judged
update alert_rules set
    judged_until = $3, judged_revision = $4, late_from = $5, due_at = $6,
    claimed_until = '-infinity', failure_reason = ''
where workspace_id = $1 and rule_id = $2

-- name: judged_quietly
-- The same of many at once of whom there is nothing to keep or to tell: of those that are as they were
-- when their facts were read, that nobody else is at, and that have no alerts which are not over.
with held as (
    select asked.*
    from unnest(
        $2::text[], $3::bigint[], $4::timestamptz[], $5::timestamptz[],
        $6::timestamptz[], $7::bigint[], $8::timestamptz[], $9::timestamptz[]
    ) as asked (rule_id, version, judged_until, late_from, until, revision, late, due)
    join alert_rules as rules on rules.workspace_id = $1 and rules.rule_id = asked.rule_id
    where rules.version = asked.version and rules.judged_until = asked.judged_until
        and rules.late_from is not distinct from asked.late_from and rules.is_enabled
        and not exists (
            select from alerts
            where alerts.workspace_id = $1 and alerts.rule_id = asked.rule_id
                and state <> 'resolved'
        )
    for update of rules skip locked
)
update alert_rules set
    judged_until = held.until, judged_revision = held.revision, late_from = held.late,
    due_at = held.due, claimed_until = '-infinity', failure_reason = ''
from held
where workspace_id = $1 and alert_rules.rule_id = held.rule_id
returning alert_rules.rule_id

-- name: fail
-- Whatever it says: perhaps nobody can read it.
update alert_rules set due_at = now() + $3, claimed_until = '-infinity', failure_reason = $4
where workspace_id = $1 and rule_id = $2

-- name: postpone
update alert_rules set due_at = $4, claimed_until = '-infinity', failure_reason = ''
where workspace_id = $1 and rule_id = $2 and version = $3
