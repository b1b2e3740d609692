-- name: look_through
-- A page of cells of a level ($3), in the order of their keys: those that tell of the user, and the last one.
select * from (
    select page.*, array[{texts}] as place_, coalesce({named}, false) as names_it_,
        lead(1) over (order by {keys}) is null as is_last_, count(*) over () as rows_
    from (
        select {columns} from {table}
        where workspace_id = $1 and level = $3 and {beyond}
        order by {keys}
        limit $4::int
    ) as page
) as found
where names_it_ or is_last_
order by {keys}

-- name: in_bytes
exists (select from unnest($2::bytea[]) mark where position(mark in {column}) > 0)
