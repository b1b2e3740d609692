-- name: rename_keys
update execution_keys key set execution_id = renamed.after
from unnest($2::text[], $3::text[]) as renamed (before, after)
where key.workspace_id = $1 and key.execution_id = renamed.before
