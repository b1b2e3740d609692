-- name: count
select count(*) from report_links
where workspace_id = $1 and report_id = $2 and expires_at > now()

-- name: create
insert into report_links (workspace_id, link_id, report_id, secret_hash, created_by, expires_at)
select $1, $2, report_id, $4, $5, least(expires_at, clock_timestamp() + $6)
from reports
where workspace_id = $1 and report_id = $3
-- So that nobody deletes it meanwhile.
for share
returning link_id, report_id, created_at, created_by, expires_at, opened

-- name: list
select link_id, report_id, created_at, created_by, expires_at, opened from report_links
where workspace_id = $1 and report_id = $2
order by link_id

-- name: find
select link_id, report_id, secret_hash from report_links
where workspace_id = $1 and link_id = $2 and expires_at > now()

-- name: open
-- How often it was opened in this minute, with this time.
update report_links set
    opened = opened + 1,
    opened_in_minute = case when minute = date_trunc('minute', now()) then opened_in_minute + 1 else 1 end,
    minute = date_trunc('minute', now())
where workspace_id = $1 and link_id = $2
returning opened_in_minute

-- name: revoke
delete from report_links where workspace_id = $1 and link_id = $2

-- name: forget
update report_links set created_by = 'erased' where workspace_id = $1 and created_by = $2

-- name: count_for_erasure
-- Of reports that are erased: all, or those that may name users.
select count(*) from report_links
join reports using (workspace_id, report_id)
where workspace_id = $1 and (may_name_users or not $2)

-- name: with_expired
select distinct workspace_id from report_links
where expires_at <= now() and ($1::text is null or workspace_id = $1)
limit $2

-- name: delete_expired
delete from report_links
where workspace_id = $1 and link_id in (
    select link_id from report_links where workspace_id = $1 and expires_at <= now() limit $2
)
