-- name: position
select next_offset from log_positions where topic = $1 and partition = $2

-- name: positions
select partition, next_offset from log_positions where topic = $1 and next_offset > 0

-- name: begin_positions
-- The first writer of a partition begins at its beginning. A partition that is not here yet was not
-- in the log either by any moment that is noted of another one, so it is as complete as those are.
insert into log_positions (topic, partition, next_offset, complete_until)
select $1, partition, 0,
    coalesce((select min(complete_until) from log_positions where topic = $1), '-infinity')
from generate_series(0, $2::int - 1) partition
on conflict do nothing

-- name: move_position
-- The fence: a writer that does not know the position has lost the partition.
update log_positions
set next_offset = $4, complete_until = greatest(complete_until, $5::timestamptz), updated_at = now()
where topic = $1 and partition = $2 and next_offset = $3

-- name: moment
select clock_timestamp()

-- name: note_complete
-- Partitions that are written up to the ends that they had at a moment or later. Whoever is about to
-- move a position notes that himself; waiting for him would only be in others' way.
update log_positions as position set complete_until = greatest(complete_until, $4::timestamptz)
from (
    select partition from log_positions
    join unnest($2::int[], $3::bigint[]) as looked (partition, log_end) using (partition)
    where topic = $1 and next_offset = log_end
    for update of log_positions skip locked
) as written
where position.topic = $1 and position.partition = written.partition
