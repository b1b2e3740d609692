-- name: begin
-- Whoever comes second begins nothing. What is old goes, but for the last time of a job: by that it is
-- known what is due.
with forgotten as (
    delete from job_runs as old
    where workspace_id = $1 and planned_at < $3::timestamptz - interval '90 days'
        and ended_at is not null
        and (reason = 'request' or exists (
            select from job_runs
            where workspace_id = $1 and job = old.job and reason = 'schedule'
                and planned_at > old.planned_at
        ))
)
insert into job_runs (workspace_id, job, planned_at, reason, fence, attempts, started_at)
values ($1, $2, $3, 'schedule', $4, 1, clock_timestamp())
on conflict do nothing
returning true

-- name: request
-- Or what was asked for before, and has not begun.
insert into job_runs as known (workspace_id, job, planned_at, reason)
values ($1, $2, clock_timestamp(), 'request')
on conflict (workspace_id, job) where reason = 'request' and started_at is null
do update set reason = known.reason
returning *

-- name: adopt
-- What was asked for, and what others have begun and did not end, of jobs that are known.
update job_runs set fence = $2, attempts = attempts + 1, started_at = clock_timestamp()
where workspace_id = $1 and ended_at is null and (fence is null or fence < $2) and job = any($3)
returning *

-- name: abandon
-- What nobody has done within an hour who knows the job: it was of another release.
update job_runs set ended_at = clock_timestamp(), outcome = 'abandoned',
    error = 'no scheduler knows the job'
where workspace_id = $1 and ended_at is null and job <> all($2)
    and coalesce(started_at, planned_at) < clock_timestamp() - interval '1 hour'

-- name: judge
-- What has ended and was not asked for before: for who commits what comes of it.
with judged as (
    update job_runs set is_judged = true
    where (workspace_id, job, planned_at) in (
        select workspace_id, job, planned_at from job_runs
        where workspace_id = $1 and ended_at is not null and not is_judged
        order by ended_at
        limit $2
        for update
    ) and not is_judged
    returning *
)
select * from judged order by ended_at, planned_at, job

-- name: begin_again
update job_runs set attempts = attempts + 1, started_at = clock_timestamp()
where workspace_id = $1 and job = $2 and planned_at = $3 and fence = $4 and ended_at is null
returning true

-- name: finish
update job_runs set ended_at = clock_timestamp(), outcome = $5, error = $6
where workspace_id = $1 and job = $2 and planned_at = $3 and fence = $4 and ended_at is null
returning true

-- name: last_planned
select max(planned_at) from job_runs where workspace_id = $1 and job = $2 and reason = 'schedule'

-- name: list_runs
select * from job_runs
where workspace_id = $1 and ($2 = '' or job = $2)
  and ($3::timestamptz is null or (planned_at, job) < ($3, $4::text collate "C"))
order by planned_at desc, job desc
limit $5

-- name: last_runs
select latest.* from unnest($2::text[]) wanted, lateral (
    select * from job_runs
    where workspace_id = $1 and job = wanted
    order by planned_at desc
    limit 1
) latest

-- name: last_successes
-- Of each job that has succeeded in one of its last thousand runs.
select wanted as job, latest.ended_at from unnest($2::text[]) wanted, lateral (
    select ended_at from (
        select outcome, ended_at, planned_at from job_runs
        where workspace_id = $1 and job = wanted
        order by planned_at desc
        limit 1000
    ) recent
    where outcome = 'succeeded'
    order by planned_at desc
    limit 1
) latest
