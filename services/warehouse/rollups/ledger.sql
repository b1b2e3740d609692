-- name: lock_workspace
-- Nobody changes facts or cells of the workspace until we commit.
select revision from workspaces where workspace_id = $1 for update

-- name: first_run
select started_at from executions where workspace_id = $1 order by started_at limit 1

-- name: first_point
select occurred_at from metric_points where workspace_id = $1 order by occurred_at limit 1

-- name: unchanged_since
-- The last time that cells of a sort were entered or taken; before the first, the beginning.
select coalesce(
    (select updated_at from rollups where workspace_id = $1 and level = $2 and cuboid = $3),
    (select created_at from workspaces where workspace_id = $1)
)

-- name: enter
-- Cells of a time that agree from now on, and a time whose cells are spared.
insert into rollups (workspace_id, level, cuboid, spans, spared, updated_at)
values ($1, $2, $3, $4, $5, statement_timestamp())
on conflict (workspace_id, level, cuboid) do update set
    spans = rollups.spans - excluded.spared + excluded.spans,
    spared = rollups.spared - excluded.spans + excluded.spared,
    updated_at = excluded.updated_at

-- name: take
-- Cells of what was touched: from slots ($3) to weeks ($7), as a whole. $2 are those hours that the
-- cells that writers add to do not cover; $8, $9 and $10 are hours, days and weeks of profiles.
with gone as (
    select level, cuboid, case
        when cuboid = 'profile' and level = 'week' then $10::tstzmultirange
        when cuboid = 'profile' and level = 'day' then $9::tstzmultirange
        when cuboid = 'profile' then $8::tstzmultirange
        when level = 'week' then $7::tstzmultirange
        when level = 'day' then $6::tstzmultirange
        when level = 'quarter_day' then $5::tstzmultirange
        when level = 'hour' and cuboid = 'fine' then $2::tstzmultirange
        when level = 'hour' then $4::tstzmultirange
        when level = 'slot' then $3::tstzmultirange
        -- Of a version that is to come: nobody knows what they are about.
        else '{(,)}'::tstzmultirange
    end as spans
    from rollups where workspace_id = $1 and cuboid <> 'metric'
)
update rollups set
    spans = rollups.spans - gone.spans, spared = rollups.spared - gone.spans,
    updated_at = statement_timestamp()
from gone
where workspace_id = $1
    and rollups.level = gone.level and rollups.cuboid = gone.cuboid
    and (rollups.spans && gone.spans or rollups.spared && gone.spans)

-- name: take_points
-- Cells of points of what was touched: hours, days or weeks as a whole.
with gone as (
    select level, case
        when level = 'week' then $4::tstzmultirange
        when level = 'day' then $3::tstzmultirange
        else $2::tstzmultirange
    end as spans
    from rollups where workspace_id = $1 and cuboid = 'metric'
)
update rollups set
    spans = rollups.spans - gone.spans, spared = rollups.spared - gone.spans,
    updated_at = statement_timestamp()
from gone
where workspace_id = $1 and cuboid = 'metric' and rollups.level = gone.level
    and (rollups.spans && gone.spans or rollups.spared && gone.spans)

-- name: take_sort
update rollups set spans = spans - $4, updated_at = statement_timestamp()
where workspace_id = $1 and level = $2 and cuboid = $3

-- name: agreeing
select spans from rollups where workspace_id = $1 and level = $2 and cuboid = $3

-- name: looked_at
select spans + spared from rollups where workspace_id = $1 and level = $2 and cuboid = $3

-- name: entries
select level, cuboid, spans, updated_at from rollups where workspace_id = $1
