-- name: has_citus
select exists (select from pg_extension where extname = 'citus')

-- name: is_distributed
select exists (select from pg_dist_partition where logicalrelid = $1::regclass)
