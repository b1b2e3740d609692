-- Which code works with a schema that is newer than it, and how a workspace is entered.

-- The oldest schema whose code still works with this one; each migration says so. Null: none but its own.
alter table schema_version add column works_from text collate "C";

-- Tells row-level security whose rows the transaction is about. A function, since where tables are
-- distributed it has to be told to all servers that have a part in it.
create function set_workspace(workspace text) returns text language sql
return set_config('shadower.workspace_id', workspace, true);

-- How statements are planned that read. Most are short walks along indexes whatever their values, so
-- planning each anew would take as long as the answer. Where tables are distributed, the values say
-- where to go.
create function reading_plans() returns text language sql immutable
return 'force_generic_plan';
