-- name: count
-- Those that are over keep nobody from making others.
select count(*) from alert_silences where workspace_id = $1 and ends_at > clock_timestamp()

-- name: create
insert into alert_silences (
    workspace_id, silence_id, rule_ids, group_labels, starts_at, ends_at, reason, created_by
) values ($1, $2, $3, $4, $5, $6, $7, $8)

-- name: get
select silence_id, rule_ids, group_labels, starts_at, ends_at, reason, created_by, created_at
from alert_silences
where workspace_id = $1 and silence_id = $2

-- name: list
select silence_id, rule_ids, group_labels, starts_at, ends_at, reason, created_by, created_at
from alert_silences
where workspace_id = $1 and silence_id > $2
order by silence_id
limit $3

-- name: of_now
-- Those that keep a rule quiet now, whatever the group.
select silence_id, rule_ids, group_labels, starts_at, ends_at, reason, created_by, created_at
from alert_silences
where workspace_id = $1 and starts_at <= clock_timestamp() and ends_at > clock_timestamp()
    and (rule_ids = '{}' or $2 = any(rule_ids))

-- name: delete
delete from alert_silences where workspace_id = $1 and silence_id = $2
