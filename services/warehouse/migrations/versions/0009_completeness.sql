-- By when everything that was acknowledged lies before the next entry to be written. A moment of
-- this database's clock; of a partition about which nobody knows anything, before all time.
alter table log_positions add column complete_until timestamptz not null default '-infinity';
