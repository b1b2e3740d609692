-- name: columns
-- What cannot be written, or holds no words of anybody's, is left alone.
select attname::text as name, format_type(atttypid, null) as type,
    array_position(indkey::int2[], attnum) as place,
    atttypid in ('text'::regtype, 'jsonb'::regtype, 'text[]'::regtype)
        and attgenerated = '' as holds_words
from pg_attribute
join pg_index on indrelid = attrelid and indisprimary
where attrelid = $1::text::regclass and attnum > 0 and not attisdropped
order by attnum

-- name: remove
with old as (
    select {keys} from {table} where workspace_id = $1 limit $2
), gone as (
    delete from {table} one using old where one.workspace_id = $1 and {same} returning 1
)
select count(*) from gone

-- name: look_through
-- A page of rows, in the order of their keys: those that name it, and the last one, which says where to
-- go on.
select * from (
    select page.*, array[{texts}] as place_,
        coalesce({named}, false) as names_it_,
        lead(1) over (order by {keys}) is null as is_last_, count(*) over () as rows_
    from (
        select * from {table} where workspace_id = $1 and {beyond} order by {keys} limit $3::int
    ) as page
) as found
where names_it_ or is_last_
order by {keys}

-- name: in_text
exists (select from unnest($2::text[]) word where strpos({column}::text, word) > 0)

-- name: lock
select one.* from unnest({lists}) as place ({keys})
join {table} one on one.workspace_id = $1 and {same}
order by {order}
for update of one

-- name: change
update {table} set {changes} where workspace_id = $1 and {same}

-- name: drop
delete from {table} where workspace_id = $1 and {same}
