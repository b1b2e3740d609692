-- name: above
-- For those who follow: what is new since a number, so many at a time.
select number, workspace_id, token_id, kept_until
from revoked_tokens
where number > $1 and kept_until > now()
order by number
limit $2

-- name: turn
-- Revocations are numbered one after the other. Until the transaction ends, nobody else gets a
-- number, so that no lower one is ever committed later.
select pg_advisory_xact_lock(hashtext('shadower.revocation_numbers'))

-- name: count
-- How many others of the workspace are kept.
select count(*) from revoked_tokens
where workspace_id = $1 and token_id <> $2 and kept_until > now()

-- name: revoke
-- One that was revoked before keeps the later end.
insert into revoked_tokens as known (
    workspace_id, token_id, number, reason, revoked_by, revoked_at, kept_until
) values ($1, $2, nextval('revocation_numbers'), $3, $4, clock_timestamp(), $5)
on conflict (workspace_id, token_id) do update set
    number = excluded.number,
    reason = excluded.reason,
    revoked_by = excluded.revoked_by,
    revoked_at = excluded.revoked_at,
    kept_until = greatest(known.kept_until, excluded.kept_until)
returning token_id, reason, revoked_by, revoked_at, kept_until

-- name: list
-- The latest first, behind a place if one is given.
select token_id, reason, revoked_by, revoked_at, kept_until
from revoked_tokens
where workspace_id = $1 and kept_until > now()
    and ($2::timestamptz is null or (revoked_at, token_id) < ($2, $3::text))
order by revoked_at desc, token_id desc
limit $4

-- name: forget
-- Those whose tokens have expired, of all workspaces.
delete from revoked_tokens where kept_until < now()
