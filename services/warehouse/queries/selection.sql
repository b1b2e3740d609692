-- Conditions on executions as cells of one run, or on their cells.

-- name: agent_ids
agent_id = any({values}::text[])

-- name: agent_versions
agent_version = any({values}::text[])

-- name: user_ids
user_id = any({values}::text[])

-- name: models
model = any({values}::text[])

-- name: providers
provider = any({values}::text[])

-- name: statuses
status::text = any({values}::text[])

-- name: error_types
error_type::text = any({values}::text[])

-- name: tags
coalesce(tags ->> {key}, '') = any({values}::text[])

-- name: everything
true
