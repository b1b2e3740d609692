-- name: top
-- Those that have most of the first value, and how many there are; of equal ones, the first.
select one.*, count(*) over () as groups
from (
{groups}
) as one
order by one.value_1 desc nulls last, {keys}
limit {most}
