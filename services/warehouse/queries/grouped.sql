-- name: grouped
select
    {columns}
from {table}
where {condition}
group by {keys}
order by {keys}
limit {limit}

-- name: whole
select
    {columns}
from {table}
where {condition}

-- name: beyond
({keys}) > ({seen})

-- name: bucket_of_executions
width_bucket(started_at, {starts}::timestamptz[])

-- name: bucket_of_metric_points
width_bucket(occurred_at, {starts}::timestamptz[])

-- Keys; "" stands for what is not known, so that rows of keys can be compared.

-- name: by_agent_id
agent_id

-- name: by_agent_version
coalesce(agent_version, '')

-- name: by_user_id
coalesce(user_id, '')

-- name: by_model
coalesce(model, '')

-- name: by_provider
coalesce(provider, '')

-- name: by_status
(status::text collate "C")

-- name: by_error_type
(coalesce(error_type::text, '') collate "C")

-- name: by_tag
(coalesce(tags ->> {key}, '') collate "C")

-- name: by_position
-- The position of a point's metric among those that were asked for.
array_position({metrics}::text[], metric_type)

-- name: of_metrics
metric_type = any({metrics}::text[])
