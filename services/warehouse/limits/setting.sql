-- name: list_limits
select workspace_id, limit_class, scope, amount, seconds from limits
where workspace_id = $1 and amount is not null
order by limit_class, scope

-- name: set_limit
-- To set what is set already is no change that anybody need hear of.
insert into limits (workspace_id, limit_class, scope, amount, seconds) values ($1, $2, $3, $4, $5)
on conflict (workspace_id, limit_class, scope) do update set
    amount = excluded.amount, seconds = excluded.seconds,
    txid = pg_current_xact_id(), updated_at = clock_timestamp()
where (limits.amount, limits.seconds) is distinct from (excluded.amount, excluded.seconds)

-- name: unset_limit
update limits set
    amount = null, seconds = null, txid = pg_current_xact_id(), updated_at = clock_timestamp()
where workspace_id = $1 and limit_class = $2 and scope = $3 and amount is not null
