-- name: take
-- The fence, if the lease is free, or the holder's already; nothing otherwise. Whoever had lost it has
-- another one than before, so that what he had begun then is not his any more.
insert into schedule_leases as held (workspace_id, name, holder, fence, expires_at)
values ($1, $2, $3, 1, clock_timestamp() + $4)
on conflict (workspace_id, name) do update set
    fence = held.fence
        + (held.holder <> excluded.holder or held.expires_at <= clock_timestamp())::int,
    holder = excluded.holder,
    expires_at = excluded.expires_at
where held.holder = excluded.holder or held.expires_at <= clock_timestamp()
returning fence

-- name: release
update schedule_leases set expires_at = clock_timestamp()
where workspace_id = $1 and name = $2 and holder = $3

-- name: hold
-- Whether a fence still holds; nobody takes the lease before the transaction has ended.
select true from schedule_leases
where workspace_id = $1 and name = $2 and fence = $3 and expires_at > clock_timestamp()
for share
