-- name: turn
-- Keys of a workspace are made and given secrets one after the other, so that none is one too many.
select pg_advisory_xact_lock(hashtextextended('shadower.api_keys ' || $1, 0))

-- name: count_keys
select count(*) from api_keys where workspace_id = $1

-- name: create
insert into api_keys (
    workspace_id, api_key_id, display_name, permissions, created_by, created_at, expires_at
) values ($1, $2, $3, $4, $5, clock_timestamp(), $6)

-- name: count_secrets
select count(*) from api_key_secrets
where workspace_id = $1 and api_key_id = $2 and (good_until is null or good_until > clock_timestamp())

-- name: end_secrets
-- None of them lives longer than it would have.
update api_key_secrets set good_until = least(good_until, clock_timestamp() + $3::interval)
where workspace_id = $1 and api_key_id = $2
    and (good_until is null or good_until > clock_timestamp())
returning hash

-- name: add_secret
insert into api_key_secrets (workspace_id, api_key_id, hash, created_at)
values ($1, $2, $3, clock_timestamp())

-- name: delete
delete from api_keys where workspace_id = $1 and api_key_id = $2

-- name: get
select api_key_id, display_name, permissions, created_by, created_at, expires_at, last_used_at
from api_keys
where workspace_id = $1 and api_key_id = $2

-- name: list
-- The latest first, behind a place if one is given.
select api_key_id, display_name, permissions, created_by, created_at, expires_at, last_used_at
from api_keys
where workspace_id = $1
    and ($2::timestamptz is null or (created_at, api_key_id) < ($2, $3::text))
order by created_at desc, api_key_id desc
limit $4

-- name: secrets
-- Those of some keys that are good now, the newest first; not what they are.
select api_key_id, created_at, good_until
from api_key_secrets
where workspace_id = $1 and api_key_id = any($2::text[])
    and (good_until is null or good_until > clock_timestamp())
order by created_at desc

-- name: find
-- A key by its id alone, beside each of its secrets.
select key.workspace_id, key.api_key_id, key.permissions, key.expires_at,
    secret.hash, secret.good_until
from api_keys as key
join api_key_secrets as secret using (workspace_id, api_key_id)
where key.api_key_id = $1

-- name: note_uses
-- When keys last let somebody in, to the minute.
update api_keys set last_used_at = used.at
from unnest($1::text[], $2::text[], $3::timestamptz[]) as used (workspace_id, api_key_id, at)
where api_keys.workspace_id = used.workspace_id and api_keys.api_key_id = used.api_key_id
    and (last_used_at is null or last_used_at < used.at)

-- name: forget
-- Secrets that have been of no use for a day, of all workspaces.
delete from api_key_secrets where good_until < now() - interval '1 day'
