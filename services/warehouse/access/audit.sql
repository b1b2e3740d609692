-- name: write
-- Of strangers ($12) only if there is such a workspace. What is there already stays as it is.
insert into audit_entries (
    workspace_id, occurred_at, entry_id, subject, token_id, rpc, code, reason, request_id, facts, calls
)
select $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11
where not $12::boolean or exists (select from workspaces where workspace_id = $1)
on conflict do nothing

-- name: latest
-- The latest first, behind a place if one is given.
select occurred_at, entry_id, subject, token_id, rpc, code, reason, request_id, facts, calls
from audit_entries
where workspace_id = $1
    and occurred_at >= $2 and occurred_at < $3
    and ($4::text is null or subject = $4)
    and ($5::text is null or rpc = $5)
    and ($6::integer is null or code = $6)
    and ($7::timestamptz is null or (occurred_at, entry_id) < ($7, $8::uuid))
order by occurred_at desc, entry_id desc
limit $9

-- name: earliest
-- The earliest first, behind a place if one is given.
select occurred_at, entry_id, subject, token_id, rpc, code, reason, request_id, facts, calls
from audit_entries
where workspace_id = $1
    and occurred_at >= $2 and occurred_at < $3
    and ($4::text is null or subject = $4)
    and ($5::text is null or rpc = $5)
    and ($6::integer is null or code = $6)
    and ($7::timestamptz is null or (occurred_at, entry_id) > ($7, $8::uuid))
order by occurred_at, entry_id
limit $9
