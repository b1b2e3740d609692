-- Which code works with a schema that is newer than it.

-- The oldest schema whose code still works with this one; each migration says so. Null: none but its own.
alter table schema_version add column works_from text collate "C";
