-- Where in a trace an event was published, so that those who are told of it go on there.
alter table outbox add column traceparent text collate "C";
alter table outbox add constraint outbox_traceparent_check
check (traceparent ~ '^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$') not valid;
alter table outbox validate constraint outbox_traceparent_check;
