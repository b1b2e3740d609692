-- name: open
-- Those of a rule that are not over. Nobody else changes them until the transaction ends.
select alert_id, rule_id, rule_name, severity, group_key, group_labels, state, value, expected,
    pending_at, triggered_at, acknowledged_at, acknowledged_by, resolved_at, resolved_by, judged_at,
    held_at, notifications, notified_at, escalation_level
from alerts
where workspace_id = $1 and rule_id = $2 and state <> 'resolved'
for update

-- name: ended
-- When the last one of each group of a rule was over, lately: no window up to there tells anything new.
select group_key, max(greatest(resolved_at, judged_at)) as ended_at
from alerts
where workspace_id = $1 and rule_id = $2 and state = 'resolved' and resolved_at > $3
group by group_key

-- name: save
insert into alerts (
    workspace_id, alert_id, rule_id, rule_name, severity, group_key, group_labels, state, value,
    expected, pending_at, triggered_at, acknowledged_at, acknowledged_by, resolved_at, resolved_by,
    judged_at, held_at, notifications, notified_at, escalation_level
) values (
    $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21
)
on conflict (workspace_id, alert_id) do update set
    state = excluded.state, value = excluded.value, expected = excluded.expected,
    triggered_at = excluded.triggered_at, acknowledged_at = excluded.acknowledged_at,
    acknowledged_by = excluded.acknowledged_by, resolved_at = excluded.resolved_at,
    resolved_by = excluded.resolved_by, judged_at = excluded.judged_at, held_at = excluded.held_at,
    notifications = excluded.notifications, notified_at = excluded.notified_at,
    escalation_level = excluded.escalation_level

-- name: forget
-- Pending ones that came to nothing.
delete from alerts
where workspace_id = $1 and alert_id = any($2::uuid[]) and state = 'pending'

-- name: note
insert into alert_transitions (workspace_id, alert_id, change, judged_at, value, subject, note)
values ($1, $2, $3, $4, $5, $6, $7)

-- name: get
select alert_id, rule_id, rule_name, severity, group_key, group_labels, state, value, expected,
    pending_at, triggered_at, acknowledged_at, acknowledged_by, resolved_at, resolved_by, judged_at,
    held_at, notifications, notified_at, escalation_level
from alerts
where workspace_id = $1 and alert_id = $2

-- name: get_to_change
select alert_id, rule_id, rule_name, severity, group_key, group_labels, state, value, expected,
    pending_at, triggered_at, acknowledged_at, acknowledged_by, resolved_at, resolved_by, judged_at,
    held_at, notifications, notified_at, escalation_level
from alerts
where workspace_id = $1 and alert_id = $2
for update

-- name: list
-- Those that began to hold last first, behind a place if one is given.
select alert_id, rule_id, rule_name, severity, group_key, group_labels, state, value, expected,
    pending_at, triggered_at, acknowledged_at, acknowledged_by, resolved_at, resolved_by, judged_at,
    held_at, notifications, notified_at, escalation_level
from alerts
where workspace_id = $1 and state = any($2::text[]) and ($3::text = '' or rule_id = $3)
    and ($4::timestamptz is null or (pending_at, alert_id) < ($4, $5::uuid))
order by pending_at desc, alert_id desc
limit $6

-- name: history
-- The latest entries, the earliest first.
select change, occurred_at, judged_at, value, subject, note from (
    select number, change, occurred_at, judged_at, value, subject, note
    from alert_transitions
    where workspace_id = $1 and alert_id = $2
    order by number desc
    limit $3
) as latest
order by number
