-- name: bury
insert into dead_letters (
    workspace_id, dead_letter_id, source, group_name, topic, partition, position,
    reason, message, key, payload, attempts
) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
on conflict do nothing
