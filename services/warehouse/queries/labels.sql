-- What groups have in common; "" stands for what is not known, so that keys can be compared.

-- name: by_agent_id
agent_id

-- name: by_agent_version
coalesce(agent_version, '')

-- name: by_user_id
coalesce(user_id, '')

-- name: by_model
model

-- name: by_provider
coalesce(provider, '')

-- name: by_status
status

-- name: by_error_type
error_type

-- name: by_tag
(coalesce(tags ->> {key}, '') collate "C")

-- name: by_metric
-- The number of a point's metric among those that are asked for.
metric

-- name: by_weekday
-- Of a zone's clock; Monday is 1.
extract(isodow from start at time zone {time_zone}::text)::int

-- name: by_hour
-- Of a zone's clock.
extract(hour from start at time zone {time_zone}::text)::int
