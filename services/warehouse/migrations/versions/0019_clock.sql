-- Times of jobs in time zones, what becomes of their runs in the end, and fair turns for rules.

-- On whose clock the schedule is; if nobody has set that, on its default.
alter table scheduled_jobs add column time_zone text collate "C";

-- A run of a job that nobody knows ends, too.
alter table job_runs drop constraint job_runs_outcome_check;
alter table job_runs add constraint job_runs_outcome_check
    check (outcome in ('succeeded', 'failed', 'abandoned'));

-- Whether alerts know what became of it. Of runs that are over already nobody is told any more.
alter table job_runs add column is_judged boolean not null default true;
alter table job_runs alter column is_judged set default false;
create index job_runs_to_judge on job_runs (workspace_id, ended_at)
where ended_at is not null and not is_judged;

-- Workspaces take turns: each is asked what is due there.
drop index alert_rules_by_due;
create index alert_rules_by_due on alert_rules (workspace_id, due_at) where is_enabled;

-- Moments from there up to judged_until are to be judged again, since facts of then came late.
alter table alert_rules add column late_from timestamptz;
