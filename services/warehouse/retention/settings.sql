-- name: get
select policy, version, updated_at, updated_by from retention_settings where workspace_id = $1

-- name: create
insert into retention_settings (workspace_id, policy, updated_by) values ($1, $2, $3)
on conflict do nothing
returning version

-- name: replace
update retention_settings
set policy = $2, updated_by = $3, version = version + 1, updated_at = clock_timestamp()
where workspace_id = $1 and version = $4
returning version
