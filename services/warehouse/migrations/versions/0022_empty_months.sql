-- As before, but asked so that a distributing extension understands it, which refuses a list of no columns.
create or replace function is_month_empty(fact_table text, month timestamptz) returns boolean
language plpgsql security definer set search_path = shadower, pg_temp set timezone = 'UTC' as $$
declare
    partition_name text := fact_table || to_char(date_trunc('month', month), '"_"YYYY"_"MM');
    is_empty boolean;
begin
    if fact_table not in ('executions', 'metric_points', 'events', 'spans') then
        raise exception 'no fact table: %', fact_table;
    end if;
    if to_regclass(partition_name) is null then
        return false;
    end if;
    execute format('select not exists (select 1 from %I)', partition_name) into is_empty;
    return is_empty;
end
$$;
