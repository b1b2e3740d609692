-- name: mark
-- Whatever is committed by now, and whoever was told so, lies before this place of the log.
select clock_timestamp() as time, (pg_current_wal_lsn() - '0/0')::bigint as place

-- name: replayed
-- Null where nothing is replayed: it is no copy, or not any more.
select case when pg_is_in_recovery() then (pg_last_wal_replay_lsn() - '0/0')::bigint end
