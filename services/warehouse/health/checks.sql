-- name: note
insert into service_checks (workspace_id, service, checked_at, state, latency_us, reason)
values ($1, $2, $3, $4, $5, $6)
on conflict do nothing

-- name: list
select service, checked_at, state, latency_us, reason from service_checks
where workspace_id = $1 and service = $2 and ($3::timestamptz is null or checked_at < $3)
order by checked_at desc
limit $4

-- name: known
-- The last look at each service, and by spans of days how long it served and how long anybody knows: a
-- look tells of the time until the next one, but of no more than $3.
with looked as (
    select service, state, checked_at,
        least(
            lead(checked_at) over (partition by service order by checked_at),
            checked_at + $3::interval, $2::timestamptz
        ) as told_until
    from service_checks
    where workspace_id = $1 and checked_at <= $2
        and checked_at > $2::timestamptz - (select max(days) from unnest($4::int[]) days)
            * interval '1 day' - $3::interval
), by_span as (
    select service, days,
        coalesce(sum(greatest(told_until - greatest(checked_at, $2::timestamptz - days * interval '1 day'),
            interval '0')) filter (where state = 'serving'), interval '0') as serving,
        sum(greatest(told_until - greatest(checked_at, $2::timestamptz - days * interval '1 day'),
            interval '0')) as known
    from looked cross join unnest($4::int[]) as days
    group by service, days
), of_service as (
    select service, array_agg(serving order by days) as serving, array_agg(known order by days) as known
    from by_span
    group by service
)
select last.service, last.checked_at, last.state, last.latency_us, last.reason, serving, known, (
        select min(checked_at) from service_checks
        where workspace_id = $1 and service_checks.service = last.service and checked_at <= $2
            and checked_at > coalesce((
                select max(checked_at) from service_checks
                where workspace_id = $1 and service_checks.service = last.service
                    and checked_at <= $2 and state <> last.state
            ), '-infinity')
    ) as since
from of_service
cross join lateral (
    select * from service_checks
    where workspace_id = $1 and service_checks.service = of_service.service and checked_at <= $2
    order by checked_at desc
    limit 1
) as last
order by last.service
