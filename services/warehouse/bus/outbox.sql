-- name: read
-- What stands behind a position, in the order of reading, with what is not settled yet: a
-- transaction below pg_snapshot_xmin has ended, so nothing can appear before it any more.
select txid, id, event_id, type, workspace_id, created_at, correlation_id, data,
    coalesce(only_group, '') as only_group, coalesce(traceparent, '') as traceparent,
    txid < pg_snapshot_xmin(pg_current_snapshot()) as is_settled
from outbox
where (txid, id) > ($1::xid8, $2::bigint)
order by outbox.txid, outbox.id
limit $3

-- name: present
-- Behind everything that has ended; what is under way now stands behind it.
select pg_snapshot_xmin(pg_current_snapshot()) as txid, 0 as id

-- name: join_group
insert into bus_positions (group_name)
select $1 where not exists (select from bus_positions where group_name = $1)
on conflict do nothing

-- name: lead_group
-- Waits for the member that reads, unless it is us. The lock belongs to the connection and
-- no transaction: one that waits with a number of its own would hold up every reader.
select pg_advisory_lock(7403112, lock_key) from bus_positions where group_name = $1

-- name: position
select txid, id from bus_positions where group_name = $1

-- name: advance
-- Only from where we believe the group to be: who has lost the lead unaware changes nothing.
update bus_positions set txid = $4, id = $5, updated_at = now()
where group_name = $1 and txid = $2 and id = $3
returning group_name

-- name: prune
-- The oldest rows that every group has passed, a few at a time. Groups are those that read
-- the outbox itself: with Kafka the relay, else all but the relay.
delete from outbox
where (workspace_id, id) in (
    select oldest.workspace_id, oldest.id
    from (select * from outbox order by outbox.txid, outbox.id limit $3) oldest
    where created_at < now() - $1::interval
        and not exists (
            select from bus_positions passed
            where (group_name = 'relay') = $2
                and (passed.txid, passed.id) < (oldest.txid, oldest.id)
        )
)
returning id

-- name: lag
-- Of each group that reads the outbox: how many events stand behind its place, of $2 at most, and how
-- long the first of them has stood there.
select group_name, (
        select count(*) from (
            select from outbox where (outbox.txid, outbox.id) > (passed.txid, passed.id) limit $2
        ) behind
    ) as events, (
        select extract(epoch from clock_timestamp() - created_at)::float8 from outbox
        where (outbox.txid, outbox.id) > (passed.txid, passed.id)
        order by outbox.txid, outbox.id limit 1
    ) as seconds
from bus_positions passed
where (group_name = 'relay') = $1
