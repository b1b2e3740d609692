-- name: rename_keys
-- Those of the runs alone: an id may be that of a younger one by now.
update execution_keys key set execution_id = renamed.after
from unnest($2::text[], $3::timestamptz[], $4::text[]) as renamed (before, started_at, after)
where key.workspace_id = $1 and key.execution_id = renamed.before
    and key.started_at = renamed.started_at
