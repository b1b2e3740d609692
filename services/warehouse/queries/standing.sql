-- name: among
-- The total of all groups, and how the group of an agent stands among them; nothing of that if it has
-- none. Equal ones share a rank, and those of which a value is not known have none by it.
with of_groups as materialized (
{groups}
), mine as (
    select * from of_groups where key_1 = {agent}
)
select total.*, standing.*
from (select * from of_groups where key_1 is null) as total
left join (
    select
        count(*) as agents,
        1 + count(*) filter (where one.value_1 > mine.value_1) as executions_rank,
        case when mine.value_2 is not null
            then 1 + count(*) filter (where one.value_2 > mine.value_2) end as success_rate_rank,
        case when mine.value_3 is not null
            then 1 + count(*) filter (where one.value_3 < mine.value_3) end as duration_rank,
        case when mine.value_2 is not null and count(one.value_2) > 1
            then count(*) filter (where one.value_2 < mine.value_2)::float8
                / (count(one.value_2) - 1)::float8 end as success_rate_percentile
    from mine
    cross join (select * from of_groups where key_1 is not null) as one
    group by mine.value_2, mine.value_3
) as standing on true
