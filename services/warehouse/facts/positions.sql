-- name: position
select next_offset from log_positions where topic = $1 and partition = $2

-- name: begin_position
-- The first writer of a partition begins at its beginning.
insert into log_positions (topic, partition, next_offset) values ($1, $2, 0)
on conflict do nothing

-- name: move_position
-- The fence: a writer that does not know the position has lost the partition.
update log_positions set next_offset = $4, updated_at = now()
where topic = $1 and partition = $2 and next_offset = $3
