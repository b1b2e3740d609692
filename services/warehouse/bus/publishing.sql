-- name: publish
-- Whoever listens is told when the transaction commits, and not if it does not.
with published as (
    insert into outbox
        (workspace_id, type, data, correlation_id, event_id, created_at, only_group, traceparent)
    values (
        $1, $2, $3, $4,
        coalesce($5, gen_random_uuid()), coalesce($6, clock_timestamp()), nullif($7, ''),
        nullif($8, '')
    )
    returning id
)
select pg_notify('shadower_bus', '') from published
