-- name: changed
-- Limits that were changed by transactions from $1 on, of all workspaces. All below the horizon have
-- ended and were seen; the rest is read once more the next time.
select horizon, workspace_id, limit_class, scope, amount, seconds
from (select pg_snapshot_xmin(pg_current_snapshot())::text as horizon) present
left join limits on limits.txid >= $1::text::xid8
