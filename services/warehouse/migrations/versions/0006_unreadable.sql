-- Entries of the log that could not be read have an account, too.

alter type fact_kind add value 'unreadable';
