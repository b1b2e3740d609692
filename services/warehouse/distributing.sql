-- name: has_citus
select exists (select from pg_extension where extname = 'citus')

-- name: is_distributed
select exists (select from pg_dist_partition where logicalrelid = %(table)s::regclass)

-- name: distribute
-- Rows that are there move along.
select create_distributed_table(%(table)s, 'workspace_id', colocate_with => %(beside)s)

-- name: local_tables
select relname from pg_class
where relnamespace = 'shadower'::regnamespace and relkind in ('r', 'p') and not relispartition
    and oid not in (select logicalrelid from pg_dist_partition)
order by relname

-- name: let_roles_in
-- The coordinator comes to workers as who asks there, so that their policies are for that one.
do $$
declare
    one text;
begin
    for one in select rolname from pg_roles where rolname like 'shadower\_%' and not rolcanlogin loop
        execute format('alter role %I login', one);
    end loop;
end $$

-- name: let_sequences_be_used
grant usage on all sequences in schema shadower to shadower_service, shadower_relay, shadower_upkeep

-- name: enter_everywhere
-- As a command, which workers are told; what set_config sets they are not.
create or replace function set_workspace(workspace text) returns text language plpgsql as $$
begin
    execute format('set local shadower.workspace_id to %L', workspace);
    return workspace;
end $$

-- name: plan_by_values
create or replace function reading_plans() returns text language sql immutable
return 'force_custom_plan'
