-- Conditions; $1 is always the workspace.

-- name: within
workspace_id = $1 and {time} >= {start} and {time} < {end}

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
status = any({values}::execution_status[])

-- name: error_types
error_type = any({values}::error_type[])

-- name: tags
coalesce(tags ->> {key}, '') = any({values}::text[])
