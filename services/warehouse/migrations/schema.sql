CREATE SCHEMA shadower;
ALTER SCHEMA shadower OWNER TO postgres;
CREATE TYPE shadower.dead_letter_source AS ENUM (
    'log',
    'bus'
);
ALTER TYPE shadower.dead_letter_source OWNER TO postgres;
CREATE TYPE shadower.error_type AS ENUM (
    'timeout',
    'rate_limit',
    'validation',
    'model_error',
    'network',
    'auth',
    'resource',
    'user_error',
    'unknown'
);
ALTER TYPE shadower.error_type OWNER TO postgres;
CREATE TYPE shadower.execution_origin AS ENUM (
    'recorded',
    'trace'
);
ALTER TYPE shadower.execution_origin OWNER TO postgres;
CREATE TYPE shadower.execution_status AS ENUM (
    'running',
    'succeeded',
    'failed',
    'timed_out',
    'cancelled'
);
ALTER TYPE shadower.execution_status OWNER TO postgres;
CREATE TYPE shadower.fact_kind AS ENUM (
    'execution',
    'metric_point',
    'event',
    'span',
    'unreadable'
);
ALTER TYPE shadower.fact_kind OWNER TO postgres;
CREATE TYPE shadower.span_kind AS ENUM (
    'agent',
    'workflow',
    'model_call',
    'tool_call',
    'step',
    'other'
);
ALTER TYPE shadower.span_kind OWNER TO postgres;
CREATE TYPE shadower.span_outcome AS ENUM (
    'unspecified',
    'ok',
    'error'
);
ALTER TYPE shadower.span_outcome OWNER TO postgres;
CREATE FUNCTION shadower.drop_month(fact_table text, month timestamp with time zone) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'shadower', 'pg_temp'
    SET "TimeZone" TO 'UTC'
    AS $$
declare
    partition_name text := fact_table || to_char(date_trunc('month', month), '"_"YYYY"_"MM');
begin
    if fact_table not in ('executions', 'metric_points', 'events', 'spans') then
        raise exception 'no fact table: %', fact_table;
    end if;
    -- The whole table first: a writer that already has it would come to wait for the month, and we for it.
    execute format('lock table only %I in access exclusive mode', fact_table);
    if to_regclass(partition_name) is null then
        return false;
    end if;
    execute format('lock table %I in access exclusive mode', partition_name);
    if not is_month_empty(fact_table, month) then
        return false;
    end if;
    execute format('alter table %I detach partition %I', fact_table, partition_name);
    execute format('drop table %I', partition_name);
    return true;
end
$$;
ALTER FUNCTION shadower.drop_month(fact_table text, month timestamp with time zone) OWNER TO postgres;
CREATE FUNCTION shadower.ensure_month(fact_table text, month timestamp with time zone) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'shadower', 'pg_temp'
    SET "TimeZone" TO 'UTC'
    AS $$
declare
    first_day timestamptz := date_trunc('month', month);
    partition_name text := fact_table || to_char(date_trunc('month', month), '"_"YYYY"_"MM');
begin
    if fact_table not in ('executions', 'metric_points', 'events', 'spans') then
        raise exception 'no fact table: %', fact_table;
    end if;
    if to_regclass(partition_name) is not null then
        return;
    end if;
    -- The lock that attaching takes anyway. Whoever has waited for a relation's lock hears of
    -- the partition that was made meanwhile; after an advisory lock it would not.
    execute format('lock table %I in share update exclusive mode', fact_table);
    if to_regclass(partition_name) is not null then
        return;
    end if;
    execute format('create table %I (like %I including all)', partition_name, fact_table);
    execute format(
        'alter table %I attach partition %I for values from (%L) to (%L)',
        fact_table, partition_name, first_day, first_day + interval '1 month'
    );
end
$$;
ALTER FUNCTION shadower.ensure_month(fact_table text, month timestamp with time zone) OWNER TO postgres;
CREATE FUNCTION shadower.is_month_empty(fact_table text, month timestamp with time zone) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'shadower', 'pg_temp'
    SET "TimeZone" TO 'UTC'
    AS $$
declare
    partition_name text := fact_table || to_char(date_trunc('month', month), '"_"YYYY"_"MM');
    is_empty boolean;
begin
    if fact_table not in ('executions', 'metric_points', 'events', 'spans') then
        raise exception 'no fact table: %', fact_table;
    end if;
    if to_regclass(partition_name) is null then
        return false;
    end if;
    execute format('select not exists (select 1 from %I)', partition_name) into is_empty;
    return is_empty;
end
$$;
ALTER FUNCTION shadower.is_month_empty(fact_table text, month timestamp with time zone) OWNER TO postgres;
CREATE FUNCTION shadower.months_before(fact_table text, until timestamp with time zone) RETURNS TABLE(partition_name text, first_day timestamp with time zone)
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'shadower', 'pg_temp'
    SET "TimeZone" TO 'UTC'
    AS $$
    select relname::text, to_timestamp(right(relname, 7), 'YYYY_MM')
    from pg_inherits join pg_class on pg_class.oid = inhrelid
    where inhparent = fact_table::regclass
        and fact_table in ('executions', 'metric_points', 'events', 'spans')
        and to_timestamp(right(relname, 7), 'YYYY_MM') + interval '1 month' <= until
    order by relname
$$;
ALTER FUNCTION shadower.months_before(fact_table text, until timestamp with time zone) OWNER TO postgres;
CREATE FUNCTION shadower.reading_plans() RETURNS text
    LANGUAGE sql IMMUTABLE
    RETURN 'force_generic_plan'::text;
ALTER FUNCTION shadower.reading_plans() OWNER TO postgres;
CREATE FUNCTION shadower.set_workspace(workspace text) RETURNS text
    LANGUAGE sql
    RETURN set_config('shadower.workspace_id'::text, workspace, true);
ALTER FUNCTION shadower.set_workspace(workspace text) OWNER TO postgres;
CREATE TABLE shadower.agent_profiles (
    workspace_id text NOT NULL COLLATE pg_catalog."C",
    level text NOT NULL COLLATE pg_catalog."C",
    start timestamp with time zone NOT NULL,
    agent_id text NOT NULL COLLATE pg_catalog."C",
    users bytea,
    messages bytea,
    peak bigint NOT NULL,
    first_decided_at timestamp with time zone,
    last_decided_at timestamp with time zone,
    begins_failing boolean,
    has_succeeded boolean,
    failing_since timestamp with time zone,
    ended bigint,
    outage_us bigint,
    CONSTRAINT agent_profiles_level_check CHECK ((level = ANY (ARRAY['hour'::text, 'day'::text, 'week'::text])))
);
ALTER TABLE ONLY shadower.agent_profiles ALTER COLUMN users SET STORAGE EXTERNAL;
ALTER TABLE ONLY shadower.agent_profiles ALTER COLUMN messages SET STORAGE EXTERNAL;
ALTER TABLE ONLY shadower.agent_profiles FORCE ROW LEVEL SECURITY;
ALTER TABLE shadower.agent_profiles OWNER TO postgres;
CREATE TABLE shadower.alert_rules (
    workspace_id text NOT NULL COLLATE pg_catalog."C",
    rule_id text NOT NULL COLLATE pg_catalog."C",
    definition jsonb NOT NULL,
    version bigint DEFAULT 1 NOT NULL,
    created_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    updated_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    updated_by text NOT NULL,
    is_enabled boolean NOT NULL,
    judged_from timestamp with time zone NOT NULL,
    judged_until timestamp with time zone NOT NULL,
    judged_revision bigint DEFAULT 0 NOT NULL,
    due_at timestamp with time zone NOT NULL,
    claimed_until timestamp with time zone DEFAULT '-infinity'::timestamp with time zone NOT NULL,
    failure_reason text DEFAULT ''::text NOT NULL COLLATE pg_catalog."C",
    late_from timestamp with time zone
);
ALTER TABLE ONLY shadower.alert_rules FORCE ROW LEVEL SECURITY;
ALTER TABLE shadower.alert_rules OWNER TO postgres;
CREATE TABLE shadower.alert_silences (
    workspace_id text NOT NULL COLLATE pg_catalog."C",
    silence_id text NOT NULL COLLATE pg_catalog."C",
    rule_ids text[] NOT NULL,
    group_labels jsonb NOT NULL,
    starts_at timestamp with time zone NOT NULL,
    ends_at timestamp with time zone NOT NULL,
    reason text NOT NULL,
    created_by text NOT NULL,
    created_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT alert_silences_check CHECK ((ends_at > starts_at))
);
ALTER TABLE ONLY shadower.alert_silences FORCE ROW LEVEL SECURITY;
ALTER TABLE shadower.alert_silences OWNER TO postgres;
CREATE TABLE shadower.alert_transitions (
    workspace_id text NOT NULL COLLATE pg_catalog."C",
    alert_id uuid NOT NULL,
    number bigint NOT NULL,
    change text NOT NULL COLLATE pg_catalog."C",
    occurred_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    judged_at timestamp with time zone,
    value double precision,
    subject text DEFAULT ''::text NOT NULL,
    note text DEFAULT ''::text NOT NULL
);
ALTER TABLE ONLY shadower.alert_transitions FORCE ROW LEVEL SECURITY;
ALTER TABLE shadower.alert_transitions OWNER TO postgres;
ALTER TABLE shadower.alert_transitions ALTER COLUMN number ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME shadower.alert_transitions_number_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE shadower.alerts (
    workspace_id text NOT NULL COLLATE pg_catalog."C",
    alert_id uuid NOT NULL,
    rule_id text NOT NULL COLLATE pg_catalog."C",
    rule_name text NOT NULL,
    severity smallint NOT NULL,
    group_key text NOT NULL COLLATE pg_catalog."C",
    group_labels jsonb NOT NULL,
    state text NOT NULL COLLATE pg_catalog."C",
    value double precision,
    expected double precision,
    pending_at timestamp with time zone NOT NULL,
    triggered_at timestamp with time zone,
    acknowledged_at timestamp with time zone,
    acknowledged_by text DEFAULT ''::text NOT NULL,
    resolved_at timestamp with time zone,
    resolved_by text DEFAULT ''::text NOT NULL,
    judged_at timestamp with time zone NOT NULL,
    held_at timestamp with time zone NOT NULL,
    notifications integer DEFAULT 0 NOT NULL,
    notified_at timestamp with time zone,
    escalation_level integer DEFAULT 0 NOT NULL,
    CONSTRAINT alerts_check CHECK (((state = 'resolved'::text) = (resolved_at IS NOT NULL))),
    CONSTRAINT alerts_state_check CHECK ((state = ANY (ARRAY['pending'::text, 'triggered'::text, 'acknowledged'::text, 'resolved'::text])))
);
ALTER TABLE ONLY shadower.alerts FORCE ROW LEVEL SECURITY;
ALTER TABLE shadower.alerts OWNER TO postgres;
CREATE TABLE shadower.api_key_secrets (
    workspace_id text NOT NULL COLLATE pg_catalog."C",
    api_key_id text NOT NULL COLLATE pg_catalog."C",
    hash bytea NOT NULL,
    created_at timestamp with time zone NOT NULL,
    good_until timestamp with time zone
);
ALTER TABLE ONLY shadower.api_key_secrets FORCE ROW LEVEL SECURITY;
ALTER TABLE shadower.api_key_secrets OWNER TO postgres;
CREATE TABLE shadower.api_keys (
    workspace_id text NOT NULL COLLATE pg_catalog."C",
    api_key_id text NOT NULL COLLATE pg_catalog."C",
    display_name text NOT NULL,
    permissions text[] NOT NULL,
    created_by text NOT NULL,
    created_at timestamp with time zone NOT NULL,
    expires_at timestamp with time zone,
    last_used_at timestamp with time zone
);
ALTER TABLE ONLY shadower.api_keys FORCE ROW LEVEL SECURITY;
ALTER TABLE shadower.api_keys OWNER TO postgres;
CREATE TABLE shadower.audit_entries (
    workspace_id text NOT NULL COLLATE pg_catalog."C",
    occurred_at timestamp with time zone NOT NULL,
    entry_id uuid NOT NULL,
    subject text NOT NULL,
    token_id text NOT NULL,
    rpc text NOT NULL COLLATE pg_catalog."C",
    code integer NOT NULL,
    reason text NOT NULL COLLATE pg_catalog."C",
    request_id text NOT NULL,
    facts jsonb DEFAULT '{}'::jsonb NOT NULL,
    calls bigint DEFAULT 1 NOT NULL,
    CONSTRAINT audit_entries_calls_check CHECK ((calls > 0))
);
ALTER TABLE ONLY shadower.audit_entries FORCE ROW LEVEL SECURITY;
ALTER TABLE shadower.audit_entries OWNER TO postgres;
CREATE TABLE shadower.bus_positions (
    group_name text NOT NULL COLLATE pg_catalog."C",
    lock_key integer NOT NULL,
    txid xid8 DEFAULT '0'::xid8 NOT NULL,
    id bigint DEFAULT 0 NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL
);
ALTER TABLE shadower.bus_positions OWNER TO postgres;
ALTER TABLE shadower.bus_positions ALTER COLUMN lock_key ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME shadower.bus_positions_lock_key_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE shadower.dead_letter_drops (
    workspace_id text NOT NULL COLLATE pg_catalog."C",
    dead_letter_id uuid NOT NULL,
    occurrences bigint NOT NULL,
    dropped_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    dropped_by text NOT NULL,
    reason text NOT NULL
);
ALTER TABLE ONLY shadower.dead_letter_drops FORCE ROW LEVEL SECURITY;
ALTER TABLE shadower.dead_letter_drops OWNER TO postgres;
CREATE TABLE shadower.dead_letters (
    workspace_id text NOT NULL COLLATE pg_catalog."C",
    dead_letter_id uuid NOT NULL,
    source shadower.dead_letter_source NOT NULL,
    group_name text DEFAULT ''::text NOT NULL COLLATE pg_catalog."C",
    topic text DEFAULT ''::text NOT NULL COLLATE pg_catalog."C",
    partition integer,
    "position" bigint NOT NULL,
    reason text NOT NULL COLLATE pg_catalog."C",
    message text NOT NULL,
    key bytea,
    payload bytea NOT NULL,
    attempts integer DEFAULT 1 NOT NULL,
    failed_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    replayed_at timestamp with time zone,
    occurrences bigint DEFAULT 1 NOT NULL,
    last_failed_at timestamp with time zone
);
ALTER TABLE ONLY shadower.dead_letters FORCE ROW LEVEL SECURITY;
ALTER TABLE shadower.dead_letters OWNER TO postgres;
CREATE TABLE shadower.erasures (
    workspace_id text NOT NULL COLLATE pg_catalog."C",
    erasure_id uuid NOT NULL,
    scope text NOT NULL COLLATE pg_catalog."C",
    user_id text,
    salt bytea NOT NULL,
    hash bytea NOT NULL,
    pseudonym text DEFAULT ''::text NOT NULL,
    requested_by text NOT NULL,
    requested_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    step text NOT NULL COLLATE pg_catalog."C",
    place jsonb DEFAULT '{}'::jsonb NOT NULL,
    counts jsonb DEFAULT '{}'::jsonb NOT NULL,
    ended_at timestamp with time zone,
    copies_until timestamp with time zone,
    CONSTRAINT erasures_check CHECK (((ended_at IS NULL) OR (user_id IS NULL))),
    CONSTRAINT erasures_scope_check CHECK ((scope = ANY (ARRAY['workspace'::text, 'user'::text])))
);
ALTER TABLE ONLY shadower.erasures FORCE ROW LEVEL SECURITY;
ALTER TABLE shadower.erasures OWNER TO postgres;
CREATE TABLE shadower.events (
    workspace_id text NOT NULL COLLATE pg_catalog."C",
    occurred_at timestamp with time zone NOT NULL,
    event_id text NOT NULL COLLATE pg_catalog."C",
    type text NOT NULL COLLATE pg_catalog."C",
    user_id text COLLATE pg_catalog."C",
    correlation_id text COLLATE pg_catalog."C",
    data jsonb DEFAULT '{}'::jsonb NOT NULL,
    metadata jsonb DEFAULT '{}'::jsonb NOT NULL,
    recorded_at timestamp with time zone DEFAULT now() NOT NULL
)
PARTITION BY RANGE (occurred_at);
ALTER TABLE ONLY shadower.events FORCE ROW LEVEL SECURITY;
ALTER TABLE shadower.events OWNER TO postgres;
CREATE TABLE shadower.execution_cells (
    workspace_id text NOT NULL COLLATE pg_catalog."C",
    level text NOT NULL COLLATE pg_catalog."C",
    cuboid text NOT NULL COLLATE pg_catalog."C",
    start timestamp with time zone NOT NULL,
    agent_id text NOT NULL COLLATE pg_catalog."C",
    model text NOT NULL COLLATE pg_catalog."C",
    status text NOT NULL COLLATE pg_catalog."C",
    error_type text NOT NULL COLLATE pg_catalog."C",
    executions bigint NOT NULL,
    running bigint NOT NULL,
    succeeded bigint NOT NULL,
    failed bigint NOT NULL,
    timed_out bigint NOT NULL,
    cancelled bigint NOT NULL,
    errors_timeout bigint NOT NULL,
    errors_rate_limit bigint NOT NULL,
    errors_validation bigint NOT NULL,
    errors_model_error bigint NOT NULL,
    errors_network bigint NOT NULL,
    errors_auth bigint NOT NULL,
    errors_resource bigint NOT NULL,
    errors_user_error bigint NOT NULL,
    errors_unknown bigint NOT NULL,
    duration_known bigint NOT NULL,
    duration_sum numeric,
    duration_squares numeric,
    duration_min numeric,
    duration_max numeric,
    input_tokens_known bigint NOT NULL,
    input_tokens_sum numeric,
    input_tokens_squares numeric,
    input_tokens_min numeric,
    input_tokens_max numeric,
    output_tokens_known bigint NOT NULL,
    output_tokens_sum numeric,
    output_tokens_squares numeric,
    output_tokens_min numeric,
    output_tokens_max numeric,
    cached_input_tokens_known bigint NOT NULL,
    cached_input_tokens_sum numeric,
    cached_input_tokens_squares numeric,
    cached_input_tokens_min numeric,
    cached_input_tokens_max numeric,
    total_tokens_known bigint NOT NULL,
    total_tokens_sum numeric,
    total_tokens_squares numeric,
    total_tokens_min numeric,
    total_tokens_max numeric,
    cost_known bigint NOT NULL,
    cost_sum numeric,
    cost_squares numeric,
    cost_min numeric,
    cost_max numeric,
    credits_known bigint NOT NULL,
    credits_sum numeric,
    credits_squares numeric,
    credits_min numeric,
    credits_max numeric,
    user_rating_known bigint NOT NULL,
    user_rating_sum numeric,
    user_rating_squares numeric,
    user_rating_min numeric,
    user_rating_max numeric,
    tool_calls_known bigint NOT NULL,
    tool_calls_sum numeric,
    tool_calls_squares numeric,
    tool_calls_min numeric,
    tool_calls_max numeric,
    user_rating_1 bigint NOT NULL,
    user_rating_2 bigint NOT NULL,
    user_rating_3 bigint NOT NULL,
    user_rating_4 bigint NOT NULL,
    user_rating_5 bigint NOT NULL,
    duration_sum_succeeded numeric,
    duration_sum_decided numeric,
    user_known bigint NOT NULL,
    model_known bigint NOT NULL,
    conversation_known bigint NOT NULL,
    last_started_at timestamp with time zone NOT NULL,
    duration_bins bytea NOT NULL,
    users bytea NOT NULL,
    duration_percentiles double precision[],
    CONSTRAINT execution_cells_cuboid_check CHECK ((cuboid = ANY (ARRAY['workspace'::text, 'agent'::text, 'model'::text, 'agent_model'::text, 'fine'::text]))),
    CONSTRAINT execution_cells_level_check CHECK ((level = ANY (ARRAY['slot'::text, 'hour'::text, 'quarter_day'::text, 'day'::text, 'week'::text])))
)
WITH (toast_tuple_target='4080');
ALTER TABLE ONLY shadower.execution_cells ALTER COLUMN duration_bins SET STORAGE EXTERNAL;
ALTER TABLE ONLY shadower.execution_cells ALTER COLUMN users SET STORAGE EXTERNAL;
ALTER TABLE ONLY shadower.execution_cells FORCE ROW LEVEL SECURITY;
ALTER TABLE shadower.execution_cells OWNER TO postgres;
CREATE VIEW shadower.execution_condensed WITH (security_invoker='true') AS
 SELECT workspace_id,
    level,
    cuboid,
    start,
    agent_id,
    model,
    status,
    error_type,
    executions,
    running,
    succeeded,
    failed,
    timed_out,
    cancelled,
    errors_timeout,
    errors_rate_limit,
    errors_validation,
    errors_model_error,
    errors_network,
    errors_auth,
    errors_resource,
    errors_user_error,
    errors_unknown,
    duration_known,
    duration_sum,
    duration_squares,
    duration_min,
    duration_max,
    input_tokens_known,
    input_tokens_sum,
    input_tokens_squares,
    input_tokens_min,
    input_tokens_max,
    output_tokens_known,
    output_tokens_sum,
    output_tokens_squares,
    output_tokens_min,
    output_tokens_max,
    cached_input_tokens_known,
    cached_input_tokens_sum,
    cached_input_tokens_squares,
    cached_input_tokens_min,
    cached_input_tokens_max,
    total_tokens_known,
    total_tokens_sum,
    total_tokens_squares,
    total_tokens_min,
    total_tokens_max,
    cost_known,
    cost_sum,
    cost_squares,
    cost_min,
    cost_max,
    credits_known,
    credits_sum,
    credits_squares,
    credits_min,
    credits_max,
    user_rating_known,
    user_rating_sum,
    user_rating_squares,
    user_rating_min,
    user_rating_max,
    tool_calls_known,
    tool_calls_sum,
    tool_calls_squares,
    tool_calls_min,
    tool_calls_max,
    user_rating_1,
    user_rating_2,
    user_rating_3,
    user_rating_4,
    user_rating_5,
    duration_sum_succeeded,
    duration_sum_decided,
    user_known,
    model_known,
    conversation_known,
    last_started_at,
    duration_bins,
    users,
    NULL::bigint AS duration_us,
    (NULL::text COLLATE "C") AS user_id,
    (NULL::text COLLATE "C") AS agent_version,
    (NULL::text COLLATE "C") AS provider,
    (NULL::text COLLATE "C") AS conversation_id,
    NULL::bigint AS input_tokens,
    NULL::bigint AS output_tokens,
    NULL::bigint AS cached_input_tokens,
    NULL::bigint AS total_tokens,
    NULL::numeric AS cost,
    NULL::numeric AS credits,
    NULL::smallint AS user_rating,
    NULL::integer AS tool_calls,
    duration_percentiles
   FROM shadower.execution_cells;
ALTER VIEW shadower.execution_condensed OWNER TO postgres;
CREATE TABLE shadower.execution_keys (
    workspace_id text NOT NULL COLLATE pg_catalog."C",
    execution_id text NOT NULL COLLATE pg_catalog."C",
    started_at timestamp with time zone NOT NULL
);
ALTER TABLE ONLY shadower.execution_keys FORCE ROW LEVEL SECURITY;
ALTER TABLE shadower.execution_keys OWNER TO postgres;
CREATE TABLE shadower.executions (
    workspace_id text NOT NULL COLLATE pg_catalog."C",
    execution_id text NOT NULL COLLATE pg_catalog."C",
    started_at timestamp with time zone NOT NULL,
    ended_at timestamp with time zone,
    duration_us bigint GENERATED ALWAYS AS (((EXTRACT(epoch FROM (ended_at - started_at)) * (1000000)::numeric))::bigint) STORED,
    status shadower.execution_status NOT NULL,
    error_type shadower.error_type,
    agent_id text NOT NULL COLLATE pg_catalog."C",
    agent_name text,
    agent_version text COLLATE pg_catalog."C",
    user_id text COLLATE pg_catalog."C",
    model text COLLATE pg_catalog."C",
    provider text COLLATE pg_catalog."C",
    input_tokens bigint,
    output_tokens bigint,
    cached_input_tokens bigint,
    cost_usd numeric,
    credits numeric,
    user_rating smallint,
    tool_calls integer,
    parent_execution_id text COLLATE pg_catalog."C",
    conversation_id text COLLATE pg_catalog."C",
    error_message text,
    metadata jsonb DEFAULT '{}'::jsonb NOT NULL,
    recorded_at timestamp with time zone DEFAULT now() NOT NULL,
    origin shadower.execution_origin DEFAULT 'recorded'::shadower.execution_origin NOT NULL,
    CONSTRAINT executions_check CHECK ((ended_at >= started_at)),
    CONSTRAINT executions_check1 CHECK (((error_type IS NOT NULL) = (status = ANY (ARRAY['failed'::shadower.execution_status, 'timed_out'::shadower.execution_status]))))
)
PARTITION BY RANGE (started_at);
ALTER TABLE ONLY shadower.executions FORCE ROW LEVEL SECURITY;
ALTER TABLE shadower.executions OWNER TO postgres;
CREATE VIEW shadower.execution_units WITH (security_invoker='true') AS
 SELECT workspace_id,
    (NULL::text COLLATE "C") AS level,
    (NULL::text COLLATE "C") AS cuboid,
    started_at AS start,
    agent_id,
    COALESCE(model, ''::text) AS model,
    ((status)::text COLLATE "C") AS status,
    (COALESCE((error_type)::text, ''::text) COLLATE "C") AS error_type,
    (1)::bigint AS executions,
    (((status = 'running'::shadower.execution_status))::integer)::bigint AS running,
    (((status = 'succeeded'::shadower.execution_status))::integer)::bigint AS succeeded,
    (((status = 'failed'::shadower.execution_status))::integer)::bigint AS failed,
    (((status = 'timed_out'::shadower.execution_status))::integer)::bigint AS timed_out,
    (((status = 'cancelled'::shadower.execution_status))::integer)::bigint AS cancelled,
    (COALESCE(((error_type = 'timeout'::shadower.error_type))::integer, 0))::bigint AS errors_timeout,
    (COALESCE(((error_type = 'rate_limit'::shadower.error_type))::integer, 0))::bigint AS errors_rate_limit,
    (COALESCE(((error_type = 'validation'::shadower.error_type))::integer, 0))::bigint AS errors_validation,
    (COALESCE(((error_type = 'model_error'::shadower.error_type))::integer, 0))::bigint AS errors_model_error,
    (COALESCE(((error_type = 'network'::shadower.error_type))::integer, 0))::bigint AS errors_network,
    (COALESCE(((error_type = 'auth'::shadower.error_type))::integer, 0))::bigint AS errors_auth,
    (COALESCE(((error_type = 'resource'::shadower.error_type))::integer, 0))::bigint AS errors_resource,
    (COALESCE(((error_type = 'user_error'::shadower.error_type))::integer, 0))::bigint AS errors_user_error,
    (COALESCE(((error_type = 'unknown'::shadower.error_type))::integer, 0))::bigint AS errors_unknown,
    (((duration_us IS NOT NULL))::integer)::bigint AS duration_known,
    (duration_us)::numeric AS duration_sum,
    ((duration_us)::numeric * (duration_us)::numeric) AS duration_squares,
    (duration_us)::numeric AS duration_min,
    (duration_us)::numeric AS duration_max,
    (((input_tokens IS NOT NULL))::integer)::bigint AS input_tokens_known,
    (input_tokens)::numeric AS input_tokens_sum,
    ((input_tokens)::numeric * (input_tokens)::numeric) AS input_tokens_squares,
    (input_tokens)::numeric AS input_tokens_min,
    (input_tokens)::numeric AS input_tokens_max,
    (((output_tokens IS NOT NULL))::integer)::bigint AS output_tokens_known,
    (output_tokens)::numeric AS output_tokens_sum,
    ((output_tokens)::numeric * (output_tokens)::numeric) AS output_tokens_squares,
    (output_tokens)::numeric AS output_tokens_min,
    (output_tokens)::numeric AS output_tokens_max,
    (((cached_input_tokens IS NOT NULL))::integer)::bigint AS cached_input_tokens_known,
    (cached_input_tokens)::numeric AS cached_input_tokens_sum,
    ((cached_input_tokens)::numeric * (cached_input_tokens)::numeric) AS cached_input_tokens_squares,
    (cached_input_tokens)::numeric AS cached_input_tokens_min,
    (cached_input_tokens)::numeric AS cached_input_tokens_max,
    ((((input_tokens + output_tokens) IS NOT NULL))::integer)::bigint AS total_tokens_known,
    ((input_tokens + output_tokens))::numeric AS total_tokens_sum,
    (((input_tokens + output_tokens))::numeric * ((input_tokens + output_tokens))::numeric) AS total_tokens_squares,
    ((input_tokens + output_tokens))::numeric AS total_tokens_min,
    ((input_tokens + output_tokens))::numeric AS total_tokens_max,
    (((cost_usd IS NOT NULL))::integer)::bigint AS cost_known,
    cost_usd AS cost_sum,
    (cost_usd * cost_usd) AS cost_squares,
    cost_usd AS cost_min,
    cost_usd AS cost_max,
    (((credits IS NOT NULL))::integer)::bigint AS credits_known,
    credits AS credits_sum,
    (credits * credits) AS credits_squares,
    credits AS credits_min,
    credits AS credits_max,
    (((user_rating IS NOT NULL))::integer)::bigint AS user_rating_known,
    (user_rating)::numeric AS user_rating_sum,
    ((user_rating)::numeric * (user_rating)::numeric) AS user_rating_squares,
    (user_rating)::numeric AS user_rating_min,
    (user_rating)::numeric AS user_rating_max,
    (((tool_calls IS NOT NULL))::integer)::bigint AS tool_calls_known,
    (tool_calls)::numeric AS tool_calls_sum,
    ((tool_calls)::numeric * (tool_calls)::numeric) AS tool_calls_squares,
    (tool_calls)::numeric AS tool_calls_min,
    (tool_calls)::numeric AS tool_calls_max,
    (COALESCE(((user_rating = 1))::integer, 0))::bigint AS user_rating_1,
    (COALESCE(((user_rating = 2))::integer, 0))::bigint AS user_rating_2,
    (COALESCE(((user_rating = 3))::integer, 0))::bigint AS user_rating_3,
    (COALESCE(((user_rating = 4))::integer, 0))::bigint AS user_rating_4,
    (COALESCE(((user_rating = 5))::integer, 0))::bigint AS user_rating_5,
    (
        CASE
            WHEN (status = 'succeeded'::shadower.execution_status) THEN duration_us
            ELSE NULL::bigint
        END)::numeric AS duration_sum_succeeded,
    (
        CASE
            WHEN (status = ANY (ARRAY['succeeded'::shadower.execution_status, 'failed'::shadower.execution_status, 'timed_out'::shadower.execution_status])) THEN duration_us
            ELSE NULL::bigint
        END)::numeric AS duration_sum_decided,
    (((user_id IS NOT NULL))::integer)::bigint AS user_known,
    (((model IS NOT NULL))::integer)::bigint AS model_known,
    (((conversation_id IS NOT NULL))::integer)::bigint AS conversation_known,
    started_at AS last_started_at,
    NULL::bytea AS duration_bins,
    NULL::bytea AS users,
    duration_us,
    user_id,
    agent_version,
    provider,
    conversation_id,
    input_tokens,
    output_tokens,
    cached_input_tokens,
    (input_tokens + output_tokens) AS total_tokens,
    cost_usd AS cost,
    credits,
    user_rating,
    tool_calls,
    NULL::double precision[] AS duration_percentiles
   FROM shadower.executions;
ALTER VIEW shadower.execution_units OWNER TO postgres;
CREATE VIEW shadower.filed_letters WITH (security_invoker='true') AS
 SELECT letter.workspace_id,
    letter.dead_letter_id,
    letter.source,
    letter.group_name,
    letter.topic,
    letter.partition,
    letter."position",
    letter.reason,
    letter.message,
    letter.attempts,
    letter.failed_at,
    letter.occurrences,
    COALESCE(letter.last_failed_at, letter.failed_at) AS last_failed_at,
    letter.replayed_at,
    length(letter.payload) AS payload_bytes,
    letter.key,
    letter.payload,
    last.dropped_at,
    last.dropped_by,
    last.reason AS drop_reason,
    last.occurrences AS drop_occurrences,
        CASE
            WHEN (letter.replayed_at IS NOT NULL) THEN 'replayed'::text
            WHEN (last.occurrences = letter.occurrences) THEN 'dropped'::text
            ELSE 'open'::text
        END AS state
   FROM (shadower.dead_letters letter
     LEFT JOIN LATERAL ( SELECT one.workspace_id,
            one.dead_letter_id,
            one.occurrences,
            one.dropped_at,
            one.dropped_by,
            one.reason
           FROM shadower.dead_letter_drops one
          WHERE ((one.workspace_id = letter.workspace_id) AND (one.dead_letter_id = letter.dead_letter_id))
          ORDER BY one.occurrences DESC
         LIMIT 1) last ON (true));
ALTER VIEW shadower.filed_letters OWNER TO postgres;
CREATE TABLE shadower.job_runs (
    workspace_id text NOT NULL COLLATE pg_catalog."C",
    job text NOT NULL COLLATE pg_catalog."C",
    planned_at timestamp with time zone NOT NULL,
    reason text NOT NULL COLLATE pg_catalog."C",
    fence bigint,
    attempts integer DEFAULT 0 NOT NULL,
    started_at timestamp with time zone,
    ended_at timestamp with time zone,
    outcome text COLLATE pg_catalog."C",
    error text DEFAULT ''::text NOT NULL,
    is_judged boolean DEFAULT false NOT NULL,
    CONSTRAINT job_runs_check CHECK (((ended_at IS NULL) = (outcome IS NULL))),
    CONSTRAINT job_runs_outcome_check CHECK ((outcome = ANY (ARRAY['succeeded'::text, 'failed'::text, 'abandoned'::text]))),
    CONSTRAINT job_runs_reason_check CHECK ((reason = ANY (ARRAY['schedule'::text, 'request'::text])))
);
ALTER TABLE ONLY shadower.job_runs FORCE ROW LEVEL SECURITY;
ALTER TABLE shadower.job_runs OWNER TO postgres;
CREATE TABLE shadower.ledger (
    workspace_id text NOT NULL COLLATE pg_catalog."C",
    hour timestamp with time zone NOT NULL,
    kind shadower.fact_kind NOT NULL,
    received bigint NOT NULL,
    stored bigint NOT NULL,
    updated bigint NOT NULL,
    duplicate bigint NOT NULL,
    rejected bigint NOT NULL,
    removed bigint DEFAULT 0 NOT NULL,
    CONSTRAINT ledger_check CHECK ((received = (((stored + updated) + duplicate) + rejected)))
);
ALTER TABLE ONLY shadower.ledger FORCE ROW LEVEL SECURITY;
ALTER TABLE shadower.ledger OWNER TO postgres;
CREATE TABLE shadower.limits (
    workspace_id text NOT NULL COLLATE pg_catalog."C",
    limit_class text NOT NULL COLLATE pg_catalog."C",
    scope text NOT NULL COLLATE pg_catalog."C",
    amount bigint,
    seconds integer,
    txid xid8 DEFAULT pg_current_xact_id() NOT NULL,
    updated_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT limits_amount_check CHECK ((amount >= 1)),
    CONSTRAINT limits_check CHECK (((amount IS NULL) = (seconds IS NULL))),
    CONSTRAINT limits_seconds_check CHECK ((seconds >= 1))
);
ALTER TABLE ONLY shadower.limits FORCE ROW LEVEL SECURITY;
ALTER TABLE shadower.limits OWNER TO postgres;
CREATE TABLE shadower.log_positions (
    topic text NOT NULL COLLATE pg_catalog."C",
    partition integer NOT NULL,
    next_offset bigint NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    complete_until timestamp with time zone DEFAULT '-infinity'::timestamp with time zone NOT NULL
);
ALTER TABLE shadower.log_positions OWNER TO postgres;
CREATE TABLE shadower.metric_points (
    workspace_id text NOT NULL COLLATE pg_catalog."C",
    occurred_at timestamp with time zone NOT NULL,
    point_id text NOT NULL COLLATE pg_catalog."C",
    metric_type text NOT NULL COLLATE pg_catalog."C",
    value double precision NOT NULL,
    tags jsonb DEFAULT '{}'::jsonb NOT NULL,
    recorded_at timestamp with time zone DEFAULT now() NOT NULL
)
PARTITION BY RANGE (occurred_at);
ALTER TABLE ONLY shadower.metric_points FORCE ROW LEVEL SECURITY;
ALTER TABLE shadower.metric_points OWNER TO postgres;
CREATE TABLE shadower.spans (
    workspace_id text NOT NULL COLLATE pg_catalog."C",
    started_at timestamp with time zone NOT NULL,
    trace_id text NOT NULL COLLATE pg_catalog."C",
    span_id text NOT NULL COLLATE pg_catalog."C",
    parent_span_id text COLLATE pg_catalog."C",
    ended_at timestamp with time zone NOT NULL,
    duration_us bigint GENERATED ALWAYS AS (((EXTRACT(epoch FROM (ended_at - started_at)) * (1000000)::numeric))::bigint) STORED,
    kind shadower.span_kind NOT NULL,
    name text,
    outcome shadower.span_outcome NOT NULL,
    error_type text COLLATE pg_catalog."C",
    error_message text,
    service_name text COLLATE pg_catalog."C",
    agent_id text COLLATE pg_catalog."C",
    agent_name text,
    agent_version text COLLATE pg_catalog."C",
    user_id text COLLATE pg_catalog."C",
    conversation_id text COLLATE pg_catalog."C",
    provider text COLLATE pg_catalog."C",
    request_model text COLLATE pg_catalog."C",
    response_model text COLLATE pg_catalog."C",
    response_id text COLLATE pg_catalog."C",
    finish_reasons text[] DEFAULT '{}'::text[] NOT NULL,
    input_tokens bigint,
    output_tokens bigint,
    cache_read_tokens bigint,
    cache_write_tokens bigint,
    reasoning_tokens bigint,
    tool_name text COLLATE pg_catalog."C",
    tool_type text COLLATE pg_catalog."C",
    tool_call_id text COLLATE pg_catalog."C",
    cost_usd numeric,
    price_version text COLLATE pg_catalog."C",
    recorded_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT spans_check CHECK ((ended_at >= started_at)),
    CONSTRAINT spans_check1 CHECK (((cost_usd IS NULL) = (price_version IS NULL)))
)
PARTITION BY RANGE (started_at);
ALTER TABLE ONLY shadower.spans FORCE ROW LEVEL SECURITY;
ALTER TABLE shadower.spans OWNER TO postgres;
CREATE VIEW shadower.model_calls WITH (security_invoker='true') AS
 SELECT workspace_id,
    trace_id,
    span_id,
    parent_span_id,
    started_at,
    ended_at,
    duration_us,
    name,
    outcome,
    error_type,
    error_message,
    service_name,
    user_id,
    conversation_id,
    provider,
    request_model,
    response_model,
    response_id,
    finish_reasons,
    input_tokens,
    output_tokens,
    cache_read_tokens,
    cache_write_tokens,
    reasoning_tokens,
    cost_usd,
    price_version
   FROM shadower.spans
  WHERE (kind = 'model_call'::shadower.span_kind);
ALTER VIEW shadower.model_calls OWNER TO postgres;
CREATE TABLE shadower.notification_attempts (
    workspace_id text NOT NULL COLLATE pg_catalog."C",
    delivery_id uuid NOT NULL,
    number bigint NOT NULL,
    attempted_at timestamp with time zone NOT NULL,
    duration interval NOT NULL,
    status_code integer NOT NULL,
    error text NOT NULL,
    response text NOT NULL,
    is_delivered boolean NOT NULL
);
ALTER TABLE ONLY shadower.notification_attempts FORCE ROW LEVEL SECURITY;
ALTER TABLE shadower.notification_attempts OWNER TO postgres;
ALTER TABLE shadower.notification_attempts ALTER COLUMN number ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME shadower.notification_attempts_number_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE shadower.notification_deliveries (
    workspace_id text NOT NULL COLLATE pg_catalog."C",
    delivery_id uuid DEFAULT gen_random_uuid() NOT NULL,
    target_id text NOT NULL COLLATE pg_catalog."C",
    event_id uuid NOT NULL,
    number bigint NOT NULL,
    event_type text NOT NULL COLLATE pg_catalog."C",
    event_at timestamp with time zone NOT NULL,
    data jsonb NOT NULL,
    subject text NOT NULL COLLATE pg_catalog."C",
    state text DEFAULT 'waiting'::text NOT NULL COLLATE pg_catalog."C",
    remaining text[],
    refused text[] DEFAULT '{}'::text[] NOT NULL,
    attempts integer DEFAULT 0 NOT NULL,
    created_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    due_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    waiting_since timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    ended_at timestamp with time zone,
    status_code integer DEFAULT 0 NOT NULL,
    error text DEFAULT ''::text NOT NULL,
    CONSTRAINT notification_deliveries_check CHECK (((state = 'waiting'::text) = (ended_at IS NULL))),
    CONSTRAINT notification_deliveries_state_check CHECK ((state = ANY (ARRAY['waiting'::text, 'delivered'::text, 'failed'::text])))
);
ALTER TABLE ONLY shadower.notification_deliveries FORCE ROW LEVEL SECURITY;
ALTER TABLE shadower.notification_deliveries OWNER TO postgres;
ALTER TABLE shadower.notification_deliveries ALTER COLUMN number ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME shadower.notification_deliveries_number_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE shadower.notification_lanes (
    workspace_id text NOT NULL COLLATE pg_catalog."C",
    target_id text NOT NULL COLLATE pg_catalog."C",
    due_at timestamp with time zone,
    leased_until timestamp with time zone DEFAULT '1970-01-01 00:00:00+00'::timestamp with time zone NOT NULL,
    holder uuid,
    failures integer DEFAULT 0 NOT NULL,
    paused_until timestamp with time zone DEFAULT '1970-01-01 00:00:00+00'::timestamp with time zone NOT NULL,
    paced_at timestamp with time zone DEFAULT '1970-01-01 00:00:00+00'::timestamp with time zone NOT NULL
);
ALTER TABLE ONLY shadower.notification_lanes FORCE ROW LEVEL SECURITY;
ALTER TABLE shadower.notification_lanes OWNER TO postgres;
CREATE TABLE shadower.notification_targets (
    workspace_id text NOT NULL COLLATE pg_catalog."C",
    target_id text NOT NULL COLLATE pg_catalog."C",
    definition jsonb NOT NULL,
    sealed bytea NOT NULL,
    previous_until timestamp with time zone DEFAULT '1970-01-01 00:00:00+00'::timestamp with time zone NOT NULL,
    version bigint DEFAULT 1 NOT NULL,
    created_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    updated_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    updated_by text NOT NULL,
    is_enabled boolean NOT NULL,
    is_gone boolean DEFAULT false NOT NULL
);
ALTER TABLE ONLY shadower.notification_targets FORCE ROW LEVEL SECURITY;
ALTER TABLE shadower.notification_targets OWNER TO postgres;
CREATE TABLE shadower.outbox (
    workspace_id text NOT NULL COLLATE pg_catalog."C",
    id bigint NOT NULL,
    txid xid8 DEFAULT pg_current_xact_id() NOT NULL,
    event_id uuid DEFAULT gen_random_uuid() NOT NULL,
    type text NOT NULL COLLATE pg_catalog."C",
    created_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    correlation_id text DEFAULT ''::text NOT NULL,
    data jsonb DEFAULT '{}'::jsonb NOT NULL,
    only_group text COLLATE pg_catalog."C",
    traceparent text COLLATE pg_catalog."C",
    CONSTRAINT outbox_data_check CHECK ((octet_length((data)::text) <= 262144)),
    CONSTRAINT outbox_traceparent_check CHECK ((traceparent ~ '^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$'::text))
);
ALTER TABLE ONLY shadower.outbox FORCE ROW LEVEL SECURITY;
ALTER TABLE shadower.outbox OWNER TO postgres;
ALTER TABLE shadower.outbox ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME shadower.outbox_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE shadower.point_cells (
    workspace_id text NOT NULL COLLATE pg_catalog."C",
    level text NOT NULL COLLATE pg_catalog."C",
    start timestamp with time zone NOT NULL,
    metric_type text NOT NULL COLLATE pg_catalog."C",
    points bigint NOT NULL,
    total double precision NOT NULL,
    "least" double precision NOT NULL,
    most double precision NOT NULL,
    latest_at timestamp with time zone NOT NULL,
    latest double precision NOT NULL,
    CONSTRAINT point_cells_level_check CHECK ((level = ANY (ARRAY['hour'::text, 'day'::text, 'week'::text])))
);
ALTER TABLE ONLY shadower.point_cells FORCE ROW LEVEL SECURITY;
ALTER TABLE shadower.point_cells OWNER TO postgres;
CREATE VIEW shadower.point_condensed WITH (security_invoker='true') AS
 SELECT workspace_id,
    level,
    start,
    metric_type,
    points,
    total,
    "least",
    most,
    latest_at,
    latest,
    (NULL::text COLLATE "C") AS point_id,
    NULL::double precision AS value,
    NULL::jsonb AS tags
   FROM shadower.point_cells;
ALTER VIEW shadower.point_condensed OWNER TO postgres;
CREATE VIEW shadower.point_units WITH (security_invoker='true') AS
 SELECT workspace_id,
    (NULL::text COLLATE "C") AS level,
    occurred_at AS start,
    metric_type,
    (1)::bigint AS points,
    value AS total,
    value AS "least",
    value AS most,
    occurred_at AS latest_at,
    value AS latest,
    point_id,
    value,
    tags
   FROM shadower.metric_points;
ALTER VIEW shadower.point_units OWNER TO postgres;
CREATE TABLE shadower.quota_notices (
    workspace_id text NOT NULL COLLATE pg_catalog."C",
    kind text NOT NULL COLLATE pg_catalog."C",
    month date NOT NULL,
    percent integer NOT NULL,
    noted_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL
);
ALTER TABLE ONLY shadower.quota_notices FORCE ROW LEVEL SECURITY;
ALTER TABLE shadower.quota_notices OWNER TO postgres;
CREATE TABLE shadower.quotas (
    workspace_id text NOT NULL COLLATE pg_catalog."C",
    kind text NOT NULL COLLATE pg_catalog."C",
    amount bigint,
    refuses boolean DEFAULT false NOT NULL,
    txid xid8 DEFAULT pg_current_xact_id() NOT NULL,
    updated_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT quotas_amount_check CHECK ((amount >= 1))
);
ALTER TABLE ONLY shadower.quotas FORCE ROW LEVEL SECURITY;
ALTER TABLE shadower.quotas OWNER TO postgres;
CREATE TABLE shadower.report_definitions (
    workspace_id text NOT NULL COLLATE pg_catalog."C",
    definition_id text NOT NULL COLLATE pg_catalog."C",
    definition jsonb NOT NULL,
    version bigint DEFAULT 1 NOT NULL,
    created_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    updated_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    updated_by text NOT NULL,
    due_at timestamp with time zone,
    claimed_until timestamp with time zone DEFAULT '-infinity'::timestamp with time zone NOT NULL
);
ALTER TABLE ONLY shadower.report_definitions FORCE ROW LEVEL SECURITY;
ALTER TABLE shadower.report_definitions OWNER TO postgres;
CREATE TABLE shadower.report_links (
    workspace_id text NOT NULL COLLATE pg_catalog."C",
    link_id text NOT NULL COLLATE pg_catalog."C",
    report_id text NOT NULL COLLATE pg_catalog."C",
    secret_hash bytea NOT NULL,
    created_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    created_by text NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    opened bigint DEFAULT 0 NOT NULL,
    minute timestamp with time zone DEFAULT '-infinity'::timestamp with time zone NOT NULL,
    opened_in_minute integer DEFAULT 0 NOT NULL
);
ALTER TABLE ONLY shadower.report_links FORCE ROW LEVEL SECURITY;
ALTER TABLE shadower.report_links OWNER TO postgres;
CREATE TABLE shadower.reports (
    workspace_id text NOT NULL COLLATE pg_catalog."C",
    report_id text NOT NULL COLLATE pg_catalog."C",
    definition_id text DEFAULT ''::text NOT NULL COLLATE pg_catalog."C",
    definition jsonb NOT NULL,
    starts_at timestamp with time zone NOT NULL,
    ends_at timestamp with time zone NOT NULL,
    due_at timestamp with time zone,
    missed integer DEFAULT 0 NOT NULL,
    requested_by text NOT NULL,
    created_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    may_name_users boolean NOT NULL,
    state text DEFAULT 'pending'::text NOT NULL COLLATE pg_catalog."C",
    progress smallint DEFAULT 0 NOT NULL,
    attempts integer DEFAULT 0 NOT NULL,
    next_at timestamp with time zone DEFAULT clock_timestamp(),
    claimed_until timestamp with time zone DEFAULT '-infinity'::timestamp with time zone NOT NULL,
    claim bigint DEFAULT 0 NOT NULL,
    failure_reason text DEFAULT ''::text NOT NULL COLLATE pg_catalog."C",
    failure_message text DEFAULT ''::text NOT NULL,
    ended_at timestamp with time zone,
    as_of timestamp with time zone,
    complete_until timestamp with time zone,
    files jsonb DEFAULT '[]'::jsonb NOT NULL,
    absent_sections jsonb DEFAULT '[]'::jsonb NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    CONSTRAINT reports_check CHECK ((ends_at > starts_at)),
    CONSTRAINT reports_check1 CHECK (((next_at IS NULL) = (state = ANY (ARRAY['done'::text, 'failed'::text, 'cancelled'::text])))),
    CONSTRAINT reports_check2 CHECK (((next_at IS NULL) = (ended_at IS NOT NULL))),
    CONSTRAINT reports_progress_check CHECK (((progress >= 0) AND (progress <= 100))),
    CONSTRAINT reports_state_check CHECK ((state = ANY (ARRAY['pending'::text, 'running'::text, 'done'::text, 'failed'::text, 'cancelled'::text])))
);
ALTER TABLE ONLY shadower.reports FORCE ROW LEVEL SECURITY;
ALTER TABLE shadower.reports OWNER TO postgres;
CREATE TABLE shadower.retention_settings (
    workspace_id text NOT NULL COLLATE pg_catalog."C",
    policy jsonb NOT NULL,
    version bigint DEFAULT 1 NOT NULL,
    updated_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    updated_by text NOT NULL
);
ALTER TABLE ONLY shadower.retention_settings FORCE ROW LEVEL SECURITY;
ALTER TABLE shadower.retention_settings OWNER TO postgres;
CREATE SEQUENCE shadower.revocation_numbers
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE shadower.revocation_numbers OWNER TO postgres;
CREATE TABLE shadower.revoked_tokens (
    workspace_id text NOT NULL COLLATE pg_catalog."C",
    token_id text NOT NULL COLLATE pg_catalog."C",
    number bigint NOT NULL,
    reason text NOT NULL,
    revoked_by text NOT NULL,
    revoked_at timestamp with time zone NOT NULL,
    kept_until timestamp with time zone NOT NULL
);
ALTER TABLE ONLY shadower.revoked_tokens FORCE ROW LEVEL SECURITY;
ALTER TABLE shadower.revoked_tokens OWNER TO postgres;
CREATE TABLE shadower.rollups (
    workspace_id text NOT NULL COLLATE pg_catalog."C",
    level text NOT NULL COLLATE pg_catalog."C",
    cuboid text NOT NULL COLLATE pg_catalog."C",
    spans tstzmultirange NOT NULL,
    spared tstzmultirange NOT NULL,
    updated_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT rollups_cuboid_check CHECK ((cuboid = ANY (ARRAY['workspace'::text, 'agent'::text, 'model'::text, 'agent_model'::text, 'fine'::text, 'profile'::text, 'metric'::text]))),
    CONSTRAINT rollups_level_check CHECK ((level = ANY (ARRAY['slot'::text, 'hour'::text, 'quarter_day'::text, 'day'::text, 'week'::text])))
);
ALTER TABLE ONLY shadower.rollups FORCE ROW LEVEL SECURITY;
ALTER TABLE shadower.rollups OWNER TO postgres;
CREATE TABLE shadower.schedule_leases (
    workspace_id text NOT NULL COLLATE pg_catalog."C",
    name text NOT NULL COLLATE pg_catalog."C",
    holder text NOT NULL COLLATE pg_catalog."C",
    fence bigint NOT NULL,
    expires_at timestamp with time zone NOT NULL
);
ALTER TABLE ONLY shadower.schedule_leases FORCE ROW LEVEL SECURITY;
ALTER TABLE shadower.schedule_leases OWNER TO postgres;
CREATE TABLE shadower.scheduled_jobs (
    workspace_id text NOT NULL COLLATE pg_catalog."C",
    job text NOT NULL COLLATE pg_catalog."C",
    schedule text,
    is_paused boolean DEFAULT false NOT NULL,
    since timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    time_zone text COLLATE pg_catalog."C"
);
ALTER TABLE ONLY shadower.scheduled_jobs FORCE ROW LEVEL SECURITY;
ALTER TABLE shadower.scheduled_jobs OWNER TO postgres;
CREATE TABLE shadower.schema_version (
    version_num character varying(32) NOT NULL,
    works_from text COLLATE pg_catalog."C"
);
ALTER TABLE shadower.schema_version OWNER TO postgres;
CREATE TABLE shadower.service_checks (
    workspace_id text NOT NULL COLLATE pg_catalog."C",
    service text NOT NULL COLLATE pg_catalog."C",
    checked_at timestamp with time zone NOT NULL,
    state text NOT NULL COLLATE pg_catalog."C",
    latency_us bigint NOT NULL,
    reason text DEFAULT ''::text NOT NULL,
    CONSTRAINT service_checks_state_check CHECK ((state = ANY (ARRAY['serving'::text, 'not_serving'::text, 'unreachable'::text])))
);
ALTER TABLE ONLY shadower.service_checks FORCE ROW LEVEL SECURITY;
ALTER TABLE shadower.service_checks OWNER TO postgres;
CREATE VIEW shadower.tool_calls WITH (security_invoker='true') AS
 SELECT workspace_id,
    trace_id,
    span_id,
    parent_span_id,
    started_at,
    ended_at,
    duration_us,
    name,
    outcome,
    error_type,
    error_message,
    service_name,
    user_id,
    conversation_id,
    tool_name,
    tool_type,
    tool_call_id
   FROM shadower.spans
  WHERE (kind = 'tool_call'::shadower.span_kind);
ALTER VIEW shadower.tool_calls OWNER TO postgres;
CREATE TABLE shadower.workspace_changes (
    workspace_id text NOT NULL COLLATE pg_catalog."C",
    revision bigint NOT NULL,
    committed_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    touched tstzmultirange NOT NULL
);
ALTER TABLE ONLY shadower.workspace_changes FORCE ROW LEVEL SECURITY;
ALTER TABLE shadower.workspace_changes OWNER TO postgres;
CREATE TABLE shadower.workspaces (
    workspace_id text NOT NULL COLLATE pg_catalog."C",
    revision bigint DEFAULT 0 NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    runs_from timestamp with time zone,
    points_from timestamp with time zone,
    events_from timestamp with time zone,
    hours_from timestamp with time zone,
    days_from timestamp with time zone
);
ALTER TABLE ONLY shadower.workspaces FORCE ROW LEVEL SECURITY;
ALTER TABLE shadower.workspaces OWNER TO postgres;
ALTER TABLE ONLY shadower.agent_profiles
    ADD CONSTRAINT agent_profiles_pkey PRIMARY KEY (workspace_id, level, start, agent_id);
ALTER TABLE ONLY shadower.alert_rules
    ADD CONSTRAINT alert_rules_pkey PRIMARY KEY (workspace_id, rule_id);
ALTER TABLE ONLY shadower.alert_silences
    ADD CONSTRAINT alert_silences_pkey PRIMARY KEY (workspace_id, silence_id);
ALTER TABLE ONLY shadower.alert_transitions
    ADD CONSTRAINT alert_transitions_pkey PRIMARY KEY (workspace_id, alert_id, number);
ALTER TABLE ONLY shadower.alerts
    ADD CONSTRAINT alerts_pkey PRIMARY KEY (workspace_id, alert_id);
ALTER TABLE ONLY shadower.api_key_secrets
    ADD CONSTRAINT api_key_secrets_pkey PRIMARY KEY (workspace_id, api_key_id, hash);
ALTER TABLE ONLY shadower.api_keys
    ADD CONSTRAINT api_keys_pkey PRIMARY KEY (workspace_id, api_key_id);
ALTER TABLE ONLY shadower.audit_entries
    ADD CONSTRAINT audit_entries_pkey PRIMARY KEY (workspace_id, occurred_at, entry_id);
ALTER TABLE ONLY shadower.bus_positions
    ADD CONSTRAINT bus_positions_lock_key_key UNIQUE (lock_key);
ALTER TABLE ONLY shadower.bus_positions
    ADD CONSTRAINT bus_positions_pkey PRIMARY KEY (group_name);
ALTER TABLE ONLY shadower.dead_letter_drops
    ADD CONSTRAINT dead_letter_drops_pkey PRIMARY KEY (workspace_id, dead_letter_id, occurrences);
ALTER TABLE ONLY shadower.dead_letters
    ADD CONSTRAINT dead_letters_pkey PRIMARY KEY (workspace_id, dead_letter_id);
ALTER TABLE ONLY shadower.erasures
    ADD CONSTRAINT erasures_pkey PRIMARY KEY (workspace_id, erasure_id);
ALTER TABLE ONLY shadower.events
    ADD CONSTRAINT events_pkey PRIMARY KEY (workspace_id, occurred_at, event_id);
ALTER TABLE ONLY shadower.execution_cells
    ADD CONSTRAINT execution_cells_pkey PRIMARY KEY (workspace_id, level, cuboid, start, agent_id, model, status, error_type);
ALTER TABLE ONLY shadower.execution_keys
    ADD CONSTRAINT execution_keys_pkey PRIMARY KEY (workspace_id, execution_id);
ALTER TABLE ONLY shadower.executions
    ADD CONSTRAINT executions_pkey PRIMARY KEY (workspace_id, started_at, execution_id);
ALTER TABLE ONLY shadower.job_runs
    ADD CONSTRAINT job_runs_pkey PRIMARY KEY (workspace_id, job, planned_at);
ALTER TABLE ONLY shadower.ledger
    ADD CONSTRAINT ledger_pkey PRIMARY KEY (workspace_id, hour, kind);
ALTER TABLE ONLY shadower.limits
    ADD CONSTRAINT limits_pkey PRIMARY KEY (workspace_id, limit_class, scope);
ALTER TABLE ONLY shadower.log_positions
    ADD CONSTRAINT log_positions_pkey PRIMARY KEY (topic, partition);
ALTER TABLE ONLY shadower.metric_points
    ADD CONSTRAINT metric_points_pkey PRIMARY KEY (workspace_id, occurred_at, point_id);
ALTER TABLE ONLY shadower.notification_attempts
    ADD CONSTRAINT notification_attempts_pkey PRIMARY KEY (workspace_id, delivery_id, number);
ALTER TABLE ONLY shadower.notification_deliveries
    ADD CONSTRAINT notification_deliveries_pkey PRIMARY KEY (workspace_id, delivery_id);
ALTER TABLE ONLY shadower.notification_deliveries
    ADD CONSTRAINT notification_deliveries_workspace_id_event_id_target_id_key UNIQUE (workspace_id, event_id, target_id);
ALTER TABLE ONLY shadower.notification_lanes
    ADD CONSTRAINT notification_lanes_pkey PRIMARY KEY (workspace_id, target_id);
ALTER TABLE ONLY shadower.notification_targets
    ADD CONSTRAINT notification_targets_pkey PRIMARY KEY (workspace_id, target_id);
ALTER TABLE ONLY shadower.outbox
    ADD CONSTRAINT outbox_pkey PRIMARY KEY (workspace_id, id);
ALTER TABLE ONLY shadower.point_cells
    ADD CONSTRAINT point_cells_pkey PRIMARY KEY (workspace_id, level, metric_type, start);
ALTER TABLE ONLY shadower.quota_notices
    ADD CONSTRAINT quota_notices_pkey PRIMARY KEY (workspace_id, kind, month, percent);
ALTER TABLE ONLY shadower.quotas
    ADD CONSTRAINT quotas_pkey PRIMARY KEY (workspace_id, kind);
ALTER TABLE ONLY shadower.report_definitions
    ADD CONSTRAINT report_definitions_pkey PRIMARY KEY (workspace_id, definition_id);
ALTER TABLE ONLY shadower.report_links
    ADD CONSTRAINT report_links_pkey PRIMARY KEY (workspace_id, link_id);
ALTER TABLE ONLY shadower.reports
    ADD CONSTRAINT reports_pkey PRIMARY KEY (workspace_id, report_id);
ALTER TABLE ONLY shadower.retention_settings
    ADD CONSTRAINT retention_settings_pkey PRIMARY KEY (workspace_id);
ALTER TABLE ONLY shadower.revoked_tokens
    ADD CONSTRAINT revoked_tokens_pkey PRIMARY KEY (workspace_id, token_id);
ALTER TABLE ONLY shadower.rollups
    ADD CONSTRAINT rollups_pkey PRIMARY KEY (workspace_id, level, cuboid);
ALTER TABLE ONLY shadower.schedule_leases
    ADD CONSTRAINT schedule_leases_pkey PRIMARY KEY (workspace_id, name);
ALTER TABLE ONLY shadower.scheduled_jobs
    ADD CONSTRAINT scheduled_jobs_pkey PRIMARY KEY (workspace_id, job);
ALTER TABLE ONLY shadower.schema_version
    ADD CONSTRAINT schema_version_pkc PRIMARY KEY (version_num);
ALTER TABLE ONLY shadower.service_checks
    ADD CONSTRAINT service_checks_pkey PRIMARY KEY (workspace_id, service, checked_at);
ALTER TABLE ONLY shadower.spans
    ADD CONSTRAINT spans_pkey PRIMARY KEY (workspace_id, started_at, trace_id, span_id);
ALTER TABLE ONLY shadower.workspace_changes
    ADD CONSTRAINT workspace_changes_pkey PRIMARY KEY (workspace_id, revision);
ALTER TABLE ONLY shadower.workspaces
    ADD CONSTRAINT workspaces_pkey PRIMARY KEY (workspace_id);
CREATE INDEX agent_profiles_by_agent ON shadower.agent_profiles USING btree (workspace_id, level, agent_id, start);
CREATE INDEX alert_rules_by_due ON shadower.alert_rules USING btree (workspace_id, due_at) WHERE is_enabled;
CREATE INDEX alerts_by_time ON shadower.alerts USING btree (workspace_id, pending_at, alert_id);
CREATE INDEX alerts_ended ON shadower.alerts USING btree (workspace_id, rule_id, resolved_at) WHERE (state = 'resolved'::text);
CREATE UNIQUE INDEX alerts_open ON shadower.alerts USING btree (workspace_id, rule_id, group_key) WHERE (state <> 'resolved'::text);
CREATE INDEX api_keys_by_id ON shadower.api_keys USING btree (api_key_id);
CREATE INDEX api_keys_by_time ON shadower.api_keys USING btree (workspace_id, created_at, api_key_id);
CREATE INDEX dead_letters_by_time ON shadower.dead_letters USING btree (workspace_id, failed_at, dead_letter_id);
CREATE INDEX erasures_by_time ON shadower.erasures USING btree (workspace_id, requested_at DESC, erasure_id);
CREATE INDEX erasures_open ON shadower.erasures USING btree (requested_at) WHERE (ended_at IS NULL);
CREATE INDEX events_by_recording ON ONLY shadower.events USING brin (recorded_at) WITH (autosummarize='on');
CREATE INDEX events_by_type ON ONLY shadower.events USING btree (workspace_id, type, occurred_at);
CREATE INDEX execution_cells_by_agent ON shadower.execution_cells USING btree (workspace_id, level, cuboid, agent_id, start);
CREATE INDEX executions_by_agent ON ONLY shadower.executions USING btree (workspace_id, agent_id, started_at);
CREATE INDEX executions_by_recording ON ONLY shadower.executions USING brin (recorded_at) WITH (autosummarize='on');
CREATE INDEX executions_lasting ON ONLY shadower.executions USING btree (workspace_id, started_at, agent_id) WHERE (duration_us > '3600000000'::bigint);
CREATE INDEX executions_running ON ONLY shadower.executions USING btree (workspace_id, started_at) WHERE ((((status = 'running'::shadower.execution_status))::integer)::bigint = 1);
CREATE UNIQUE INDEX job_runs_asked_for ON shadower.job_runs USING btree (workspace_id, job) WHERE ((reason = 'request'::text) AND (started_at IS NULL));
CREATE INDEX job_runs_by_time ON shadower.job_runs USING btree (workspace_id, planned_at DESC);
CREATE INDEX job_runs_open ON shadower.job_runs USING btree (workspace_id) WHERE (ended_at IS NULL);
CREATE INDEX job_runs_to_judge ON shadower.job_runs USING btree (workspace_id, ended_at) WHERE ((ended_at IS NOT NULL) AND (NOT is_judged));
CREATE INDEX limits_by_change ON shadower.limits USING btree (txid);
CREATE INDEX metric_points_by_recording ON ONLY shadower.metric_points USING brin (recorded_at) WITH (autosummarize='on');
CREATE INDEX metric_points_by_type ON ONLY shadower.metric_points USING btree (workspace_id, metric_type, occurred_at);
CREATE INDEX notification_deliveries_by_subject ON shadower.notification_deliveries USING btree (workspace_id, subject, target_id);
CREATE INDEX notification_deliveries_by_time ON shadower.notification_deliveries USING btree (workspace_id, created_at, delivery_id);
CREATE INDEX notification_deliveries_due ON shadower.notification_deliveries USING btree (workspace_id, target_id, number) WHERE (state = 'waiting'::text);
CREATE INDEX notification_deliveries_ended ON shadower.notification_deliveries USING btree (ended_at) WHERE (state <> 'waiting'::text);
CREATE INDEX notification_deliveries_waiting ON shadower.notification_deliveries USING btree (workspace_id, target_id, subject, number) WHERE (state = 'waiting'::text);
CREATE INDEX notification_lanes_by_due ON shadower.notification_lanes USING btree (due_at) WHERE (due_at IS NOT NULL);
CREATE INDEX outbox_in_order ON shadower.outbox USING btree (txid, id);
CREATE INDEX quotas_by_change ON shadower.quotas USING btree (txid);
CREATE INDEX report_definitions_by_due ON shadower.report_definitions USING btree (due_at) WHERE (due_at IS NOT NULL);
CREATE INDEX report_links_by_expiry ON shadower.report_links USING btree (expires_at);
CREATE INDEX report_links_by_report ON shadower.report_links USING btree (workspace_id, report_id);
CREATE UNIQUE INDEX reports_by_due_time ON shadower.reports USING btree (workspace_id, definition_id, due_at) WHERE (due_at IS NOT NULL);
CREATE INDEX reports_by_expiry ON shadower.reports USING btree (expires_at);
CREATE INDEX reports_by_time ON shadower.reports USING btree (workspace_id, created_at DESC, report_id DESC);
CREATE INDEX reports_to_be_made ON shadower.reports USING btree (next_at) WHERE (next_at IS NOT NULL);
CREATE INDEX revoked_tokens_by_number ON shadower.revoked_tokens USING btree (number);
CREATE INDEX revoked_tokens_by_time ON shadower.revoked_tokens USING btree (workspace_id, revoked_at, token_id);
CREATE INDEX spans_by_recording ON ONLY shadower.spans USING brin (recorded_at) WITH (autosummarize='on');
CREATE INDEX spans_by_trace ON ONLY shadower.spans USING btree (workspace_id, trace_id);
ALTER TABLE ONLY shadower.alert_transitions
    ADD CONSTRAINT alert_transitions_workspace_id_alert_id_fkey FOREIGN KEY (workspace_id, alert_id) REFERENCES shadower.alerts(workspace_id, alert_id) ON DELETE CASCADE;
ALTER TABLE ONLY shadower.api_key_secrets
    ADD CONSTRAINT api_key_secrets_workspace_id_api_key_id_fkey FOREIGN KEY (workspace_id, api_key_id) REFERENCES shadower.api_keys(workspace_id, api_key_id) ON DELETE CASCADE;
ALTER TABLE ONLY shadower.dead_letter_drops
    ADD CONSTRAINT dead_letter_drops_workspace_id_dead_letter_id_fkey FOREIGN KEY (workspace_id, dead_letter_id) REFERENCES shadower.dead_letters(workspace_id, dead_letter_id) ON DELETE CASCADE;
ALTER TABLE ONLY shadower.notification_attempts
    ADD CONSTRAINT notification_attempts_workspace_id_delivery_id_fkey FOREIGN KEY (workspace_id, delivery_id) REFERENCES shadower.notification_deliveries(workspace_id, delivery_id) ON DELETE CASCADE;
ALTER TABLE ONLY shadower.notification_deliveries
    ADD CONSTRAINT notification_deliveries_workspace_id_target_id_fkey FOREIGN KEY (workspace_id, target_id) REFERENCES shadower.notification_targets(workspace_id, target_id) ON DELETE CASCADE;
ALTER TABLE ONLY shadower.report_links
    ADD CONSTRAINT report_links_workspace_id_report_id_fkey FOREIGN KEY (workspace_id, report_id) REFERENCES shadower.reports(workspace_id, report_id) ON DELETE CASCADE;
ALTER TABLE shadower.agent_profiles ENABLE ROW LEVEL SECURITY;
ALTER TABLE shadower.alert_rules ENABLE ROW LEVEL SECURITY;
ALTER TABLE shadower.alert_silences ENABLE ROW LEVEL SECURITY;
ALTER TABLE shadower.alert_transitions ENABLE ROW LEVEL SECURITY;
ALTER TABLE shadower.alerts ENABLE ROW LEVEL SECURITY;
ALTER TABLE shadower.api_key_secrets ENABLE ROW LEVEL SECURITY;
ALTER TABLE shadower.api_keys ENABLE ROW LEVEL SECURITY;
ALTER TABLE shadower.audit_entries ENABLE ROW LEVEL SECURITY;
ALTER TABLE shadower.dead_letter_drops ENABLE ROW LEVEL SECURITY;
ALTER TABLE shadower.dead_letters ENABLE ROW LEVEL SECURITY;
ALTER TABLE shadower.erasures ENABLE ROW LEVEL SECURITY;
CREATE POLICY evaluator ON shadower.alert_rules TO shadower_evaluator USING (true);
ALTER TABLE shadower.events ENABLE ROW LEVEL SECURITY;
ALTER TABLE shadower.execution_cells ENABLE ROW LEVEL SECURITY;
ALTER TABLE shadower.execution_keys ENABLE ROW LEVEL SECURITY;
ALTER TABLE shadower.executions ENABLE ROW LEVEL SECURITY;
CREATE POLICY follower ON shadower.revoked_tokens FOR SELECT TO shadower_follower USING (true);
ALTER TABLE shadower.job_runs ENABLE ROW LEVEL SECURITY;
CREATE POLICY keeper ON shadower.api_key_secrets TO shadower_keeper USING (true);
CREATE POLICY keeper ON shadower.api_keys TO shadower_keeper USING (true);
CREATE POLICY keeper ON shadower.revoked_tokens TO shadower_keeper USING (true);
ALTER TABLE shadower.ledger ENABLE ROW LEVEL SECURITY;
CREATE POLICY limiter ON shadower.limits FOR SELECT TO shadower_limiter USING (true);
CREATE POLICY limiter ON shadower.quotas FOR SELECT TO shadower_limiter USING (true);
ALTER TABLE shadower.limits ENABLE ROW LEVEL SECURITY;
ALTER TABLE shadower.metric_points ENABLE ROW LEVEL SECURITY;
ALTER TABLE shadower.notification_attempts ENABLE ROW LEVEL SECURITY;
ALTER TABLE shadower.notification_deliveries ENABLE ROW LEVEL SECURITY;
ALTER TABLE shadower.notification_lanes ENABLE ROW LEVEL SECURITY;
ALTER TABLE shadower.notification_targets ENABLE ROW LEVEL SECURITY;
CREATE POLICY notifier ON shadower.notification_deliveries TO shadower_notifier USING (true);
CREATE POLICY notifier ON shadower.notification_lanes TO shadower_notifier USING (true);
ALTER TABLE shadower.outbox ENABLE ROW LEVEL SECURITY;
ALTER TABLE shadower.point_cells ENABLE ROW LEVEL SECURITY;
ALTER TABLE shadower.quota_notices ENABLE ROW LEVEL SECURITY;
ALTER TABLE shadower.quotas ENABLE ROW LEVEL SECURITY;
CREATE POLICY relay ON shadower.dead_letters FOR INSERT TO shadower_relay WITH CHECK (true);
CREATE POLICY relay ON shadower.outbox TO shadower_relay USING (true);
CREATE POLICY relay_again ON shadower.dead_letters FOR UPDATE TO shadower_relay USING (true);
CREATE POLICY relay_seeing ON shadower.dead_letters FOR SELECT TO shadower_relay USING (true);
ALTER TABLE shadower.report_definitions ENABLE ROW LEVEL SECURITY;
ALTER TABLE shadower.report_links ENABLE ROW LEVEL SECURITY;
CREATE POLICY reporter ON shadower.report_definitions TO shadower_reporter USING (true);
CREATE POLICY reporter ON shadower.report_links FOR SELECT TO shadower_reporter USING (true);
CREATE POLICY reporter ON shadower.reports TO shadower_reporter USING (true);
ALTER TABLE shadower.reports ENABLE ROW LEVEL SECURITY;
ALTER TABLE shadower.retention_settings ENABLE ROW LEVEL SECURITY;
ALTER TABLE shadower.revoked_tokens ENABLE ROW LEVEL SECURITY;
ALTER TABLE shadower.rollups ENABLE ROW LEVEL SECURITY;
ALTER TABLE shadower.schedule_leases ENABLE ROW LEVEL SECURITY;
ALTER TABLE shadower.scheduled_jobs ENABLE ROW LEVEL SECURITY;
CREATE POLICY scheduler ON shadower.workspaces FOR SELECT TO shadower_scheduler USING (true);
ALTER TABLE shadower.service_checks ENABLE ROW LEVEL SECURITY;
ALTER TABLE shadower.spans ENABLE ROW LEVEL SECURITY;
CREATE POLICY tenant ON shadower.agent_profiles USING ((workspace_id = current_setting('shadower.workspace_id'::text, true))) WITH CHECK ((workspace_id = current_setting('shadower.workspace_id'::text, true)));
CREATE POLICY tenant ON shadower.alert_rules TO shadower_service USING ((workspace_id = current_setting('shadower.workspace_id'::text, true))) WITH CHECK ((workspace_id = current_setting('shadower.workspace_id'::text, true)));
CREATE POLICY tenant ON shadower.alert_silences TO shadower_service USING ((workspace_id = current_setting('shadower.workspace_id'::text, true))) WITH CHECK ((workspace_id = current_setting('shadower.workspace_id'::text, true)));
CREATE POLICY tenant ON shadower.alert_transitions TO shadower_service USING ((workspace_id = current_setting('shadower.workspace_id'::text, true))) WITH CHECK ((workspace_id = current_setting('shadower.workspace_id'::text, true)));
CREATE POLICY tenant ON shadower.alerts TO shadower_service USING ((workspace_id = current_setting('shadower.workspace_id'::text, true))) WITH CHECK ((workspace_id = current_setting('shadower.workspace_id'::text, true)));
CREATE POLICY tenant ON shadower.api_key_secrets TO shadower_service USING ((workspace_id = current_setting('shadower.workspace_id'::text, true))) WITH CHECK ((workspace_id = current_setting('shadower.workspace_id'::text, true)));
CREATE POLICY tenant ON shadower.api_keys TO shadower_service USING ((workspace_id = current_setting('shadower.workspace_id'::text, true))) WITH CHECK ((workspace_id = current_setting('shadower.workspace_id'::text, true)));
CREATE POLICY tenant ON shadower.audit_entries TO shadower_service USING ((workspace_id = current_setting('shadower.workspace_id'::text, true))) WITH CHECK ((workspace_id = current_setting('shadower.workspace_id'::text, true)));
CREATE POLICY tenant ON shadower.dead_letter_drops TO shadower_service USING ((workspace_id = current_setting('shadower.workspace_id'::text, true))) WITH CHECK ((workspace_id = current_setting('shadower.workspace_id'::text, true)));
CREATE POLICY tenant ON shadower.dead_letters TO shadower_service USING ((workspace_id = current_setting('shadower.workspace_id'::text, true))) WITH CHECK ((workspace_id = current_setting('shadower.workspace_id'::text, true)));
CREATE POLICY tenant ON shadower.erasures TO shadower_service USING ((workspace_id = current_setting('shadower.workspace_id'::text, true))) WITH CHECK ((workspace_id = current_setting('shadower.workspace_id'::text, true)));
CREATE POLICY tenant ON shadower.events USING ((workspace_id = current_setting('shadower.workspace_id'::text, true))) WITH CHECK ((workspace_id = current_setting('shadower.workspace_id'::text, true)));
CREATE POLICY tenant ON shadower.execution_cells USING ((workspace_id = current_setting('shadower.workspace_id'::text, true))) WITH CHECK ((workspace_id = current_setting('shadower.workspace_id'::text, true)));
CREATE POLICY tenant ON shadower.execution_keys USING ((workspace_id = current_setting('shadower.workspace_id'::text, true))) WITH CHECK ((workspace_id = current_setting('shadower.workspace_id'::text, true)));
CREATE POLICY tenant ON shadower.executions USING ((workspace_id = current_setting('shadower.workspace_id'::text, true))) WITH CHECK ((workspace_id = current_setting('shadower.workspace_id'::text, true)));
CREATE POLICY tenant ON shadower.job_runs TO shadower_service USING ((workspace_id = current_setting('shadower.workspace_id'::text, true))) WITH CHECK ((workspace_id = current_setting('shadower.workspace_id'::text, true)));
CREATE POLICY tenant ON shadower.ledger USING ((workspace_id = current_setting('shadower.workspace_id'::text, true))) WITH CHECK ((workspace_id = current_setting('shadower.workspace_id'::text, true)));
CREATE POLICY tenant ON shadower.limits TO shadower_service USING ((workspace_id = current_setting('shadower.workspace_id'::text, true))) WITH CHECK ((workspace_id = current_setting('shadower.workspace_id'::text, true)));
CREATE POLICY tenant ON shadower.metric_points USING ((workspace_id = current_setting('shadower.workspace_id'::text, true))) WITH CHECK ((workspace_id = current_setting('shadower.workspace_id'::text, true)));
CREATE POLICY tenant ON shadower.notification_attempts TO shadower_service USING ((workspace_id = current_setting('shadower.workspace_id'::text, true))) WITH CHECK ((workspace_id = current_setting('shadower.workspace_id'::text, true)));
CREATE POLICY tenant ON shadower.notification_deliveries TO shadower_service USING ((workspace_id = current_setting('shadower.workspace_id'::text, true))) WITH CHECK ((workspace_id = current_setting('shadower.workspace_id'::text, true)));
CREATE POLICY tenant ON shadower.notification_lanes TO shadower_service USING ((workspace_id = current_setting('shadower.workspace_id'::text, true))) WITH CHECK ((workspace_id = current_setting('shadower.workspace_id'::text, true)));
CREATE POLICY tenant ON shadower.notification_targets TO shadower_service USING ((workspace_id = current_setting('shadower.workspace_id'::text, true))) WITH CHECK ((workspace_id = current_setting('shadower.workspace_id'::text, true)));
CREATE POLICY tenant ON shadower.outbox TO shadower_service USING ((workspace_id = current_setting('shadower.workspace_id'::text, true))) WITH CHECK ((workspace_id = current_setting('shadower.workspace_id'::text, true)));
CREATE POLICY tenant ON shadower.point_cells USING ((workspace_id = current_setting('shadower.workspace_id'::text, true))) WITH CHECK ((workspace_id = current_setting('shadower.workspace_id'::text, true)));
CREATE POLICY tenant ON shadower.quota_notices TO shadower_service USING ((workspace_id = current_setting('shadower.workspace_id'::text, true))) WITH CHECK ((workspace_id = current_setting('shadower.workspace_id'::text, true)));
CREATE POLICY tenant ON shadower.quotas TO shadower_service USING ((workspace_id = current_setting('shadower.workspace_id'::text, true))) WITH CHECK ((workspace_id = current_setting('shadower.workspace_id'::text, true)));
CREATE POLICY tenant ON shadower.report_definitions TO shadower_service USING ((workspace_id = current_setting('shadower.workspace_id'::text, true))) WITH CHECK ((workspace_id = current_setting('shadower.workspace_id'::text, true)));
CREATE POLICY tenant ON shadower.report_links TO shadower_service USING ((workspace_id = current_setting('shadower.workspace_id'::text, true))) WITH CHECK ((workspace_id = current_setting('shadower.workspace_id'::text, true)));
CREATE POLICY tenant ON shadower.reports TO shadower_service USING ((workspace_id = current_setting('shadower.workspace_id'::text, true))) WITH CHECK ((workspace_id = current_setting('shadower.workspace_id'::text, true)));
CREATE POLICY tenant ON shadower.retention_settings TO shadower_service USING ((workspace_id = current_setting('shadower.workspace_id'::text, true))) WITH CHECK ((workspace_id = current_setting('shadower.workspace_id'::text, true)));
CREATE POLICY tenant ON shadower.revoked_tokens TO shadower_service USING ((workspace_id = current_setting('shadower.workspace_id'::text, true))) WITH CHECK ((workspace_id = current_setting('shadower.workspace_id'::text, true)));
CREATE POLICY tenant ON shadower.rollups USING ((workspace_id = current_setting('shadower.workspace_id'::text, true))) WITH CHECK ((workspace_id = current_setting('shadower.workspace_id'::text, true)));
CREATE POLICY tenant ON shadower.schedule_leases TO shadower_service USING ((workspace_id = current_setting('shadower.workspace_id'::text, true))) WITH CHECK ((workspace_id = current_setting('shadower.workspace_id'::text, true)));
CREATE POLICY tenant ON shadower.scheduled_jobs TO shadower_service USING ((workspace_id = current_setting('shadower.workspace_id'::text, true))) WITH CHECK ((workspace_id = current_setting('shadower.workspace_id'::text, true)));
CREATE POLICY tenant ON shadower.service_checks TO shadower_service USING ((workspace_id = current_setting('shadower.workspace_id'::text, true))) WITH CHECK ((workspace_id = current_setting('shadower.workspace_id'::text, true)));
CREATE POLICY tenant ON shadower.spans USING ((workspace_id = current_setting('shadower.workspace_id'::text, true))) WITH CHECK ((workspace_id = current_setting('shadower.workspace_id'::text, true)));
CREATE POLICY tenant ON shadower.workspace_changes USING ((workspace_id = current_setting('shadower.workspace_id'::text, true))) WITH CHECK ((workspace_id = current_setting('shadower.workspace_id'::text, true)));
CREATE POLICY tenant ON shadower.workspaces USING ((workspace_id = current_setting('shadower.workspace_id'::text, true))) WITH CHECK ((workspace_id = current_setting('shadower.workspace_id'::text, true)));
CREATE POLICY upkeep ON shadower.agent_profiles TO shadower_upkeep USING ((workspace_id = current_setting('shadower.workspace_id'::text, true))) WITH CHECK ((workspace_id = current_setting('shadower.workspace_id'::text, true)));
CREATE POLICY upkeep ON shadower.alert_rules TO shadower_upkeep USING ((workspace_id = current_setting('shadower.workspace_id'::text, true))) WITH CHECK ((workspace_id = current_setting('shadower.workspace_id'::text, true)));
CREATE POLICY upkeep ON shadower.alert_silences TO shadower_upkeep USING ((workspace_id = current_setting('shadower.workspace_id'::text, true))) WITH CHECK ((workspace_id = current_setting('shadower.workspace_id'::text, true)));
CREATE POLICY upkeep ON shadower.alert_transitions TO shadower_upkeep USING ((workspace_id = current_setting('shadower.workspace_id'::text, true))) WITH CHECK ((workspace_id = current_setting('shadower.workspace_id'::text, true)));
CREATE POLICY upkeep ON shadower.alerts TO shadower_upkeep USING ((workspace_id = current_setting('shadower.workspace_id'::text, true))) WITH CHECK ((workspace_id = current_setting('shadower.workspace_id'::text, true)));
CREATE POLICY upkeep ON shadower.api_key_secrets TO shadower_upkeep USING ((workspace_id = current_setting('shadower.workspace_id'::text, true))) WITH CHECK ((workspace_id = current_setting('shadower.workspace_id'::text, true)));
CREATE POLICY upkeep ON shadower.api_keys TO shadower_upkeep USING ((workspace_id = current_setting('shadower.workspace_id'::text, true))) WITH CHECK ((workspace_id = current_setting('shadower.workspace_id'::text, true)));
CREATE POLICY upkeep ON shadower.audit_entries TO shadower_upkeep USING ((workspace_id = current_setting('shadower.workspace_id'::text, true))) WITH CHECK ((workspace_id = current_setting('shadower.workspace_id'::text, true)));
CREATE POLICY upkeep ON shadower.dead_letter_drops TO shadower_upkeep USING ((workspace_id = current_setting('shadower.workspace_id'::text, true))) WITH CHECK ((workspace_id = current_setting('shadower.workspace_id'::text, true)));
CREATE POLICY upkeep ON shadower.dead_letters TO shadower_upkeep USING ((workspace_id = current_setting('shadower.workspace_id'::text, true))) WITH CHECK ((workspace_id = current_setting('shadower.workspace_id'::text, true)));
CREATE POLICY upkeep ON shadower.erasures TO shadower_upkeep USING ((workspace_id = current_setting('shadower.workspace_id'::text, true))) WITH CHECK ((workspace_id = current_setting('shadower.workspace_id'::text, true)));
CREATE POLICY upkeep ON shadower.events TO shadower_upkeep USING ((workspace_id = current_setting('shadower.workspace_id'::text, true))) WITH CHECK ((workspace_id = current_setting('shadower.workspace_id'::text, true)));
CREATE POLICY upkeep ON shadower.execution_cells TO shadower_upkeep USING ((workspace_id = current_setting('shadower.workspace_id'::text, true))) WITH CHECK ((workspace_id = current_setting('shadower.workspace_id'::text, true)));
CREATE POLICY upkeep ON shadower.execution_keys TO shadower_upkeep USING ((workspace_id = current_setting('shadower.workspace_id'::text, true))) WITH CHECK ((workspace_id = current_setting('shadower.workspace_id'::text, true)));
CREATE POLICY upkeep ON shadower.executions TO shadower_upkeep USING ((workspace_id = current_setting('shadower.workspace_id'::text, true))) WITH CHECK ((workspace_id = current_setting('shadower.workspace_id'::text, true)));
CREATE POLICY upkeep ON shadower.ledger TO shadower_upkeep USING ((workspace_id = current_setting('shadower.workspace_id'::text, true))) WITH CHECK ((workspace_id = current_setting('shadower.workspace_id'::text, true)));
CREATE POLICY upkeep ON shadower.limits TO shadower_upkeep USING ((workspace_id = current_setting('shadower.workspace_id'::text, true))) WITH CHECK ((workspace_id = current_setting('shadower.workspace_id'::text, true)));
CREATE POLICY upkeep ON shadower.metric_points TO shadower_upkeep USING ((workspace_id = current_setting('shadower.workspace_id'::text, true))) WITH CHECK ((workspace_id = current_setting('shadower.workspace_id'::text, true)));
CREATE POLICY upkeep ON shadower.notification_attempts TO shadower_upkeep USING ((workspace_id = current_setting('shadower.workspace_id'::text, true))) WITH CHECK ((workspace_id = current_setting('shadower.workspace_id'::text, true)));
CREATE POLICY upkeep ON shadower.notification_deliveries TO shadower_upkeep USING ((workspace_id = current_setting('shadower.workspace_id'::text, true))) WITH CHECK ((workspace_id = current_setting('shadower.workspace_id'::text, true)));
CREATE POLICY upkeep ON shadower.notification_lanes TO shadower_upkeep USING ((workspace_id = current_setting('shadower.workspace_id'::text, true))) WITH CHECK ((workspace_id = current_setting('shadower.workspace_id'::text, true)));
CREATE POLICY upkeep ON shadower.notification_targets TO shadower_upkeep USING ((workspace_id = current_setting('shadower.workspace_id'::text, true))) WITH CHECK ((workspace_id = current_setting('shadower.workspace_id'::text, true)));
CREATE POLICY upkeep ON shadower.outbox TO shadower_upkeep USING ((workspace_id = current_setting('shadower.workspace_id'::text, true))) WITH CHECK ((workspace_id = current_setting('shadower.workspace_id'::text, true)));
CREATE POLICY upkeep ON shadower.point_cells TO shadower_upkeep USING ((workspace_id = current_setting('shadower.workspace_id'::text, true))) WITH CHECK ((workspace_id = current_setting('shadower.workspace_id'::text, true)));
CREATE POLICY upkeep ON shadower.quota_notices TO shadower_upkeep USING ((workspace_id = current_setting('shadower.workspace_id'::text, true))) WITH CHECK ((workspace_id = current_setting('shadower.workspace_id'::text, true)));
CREATE POLICY upkeep ON shadower.quotas TO shadower_upkeep USING ((workspace_id = current_setting('shadower.workspace_id'::text, true))) WITH CHECK ((workspace_id = current_setting('shadower.workspace_id'::text, true)));
CREATE POLICY upkeep ON shadower.report_definitions TO shadower_upkeep USING ((workspace_id = current_setting('shadower.workspace_id'::text, true))) WITH CHECK ((workspace_id = current_setting('shadower.workspace_id'::text, true)));
CREATE POLICY upkeep ON shadower.report_links TO shadower_upkeep USING ((workspace_id = current_setting('shadower.workspace_id'::text, true))) WITH CHECK ((workspace_id = current_setting('shadower.workspace_id'::text, true)));
CREATE POLICY upkeep ON shadower.reports TO shadower_upkeep USING ((workspace_id = current_setting('shadower.workspace_id'::text, true))) WITH CHECK ((workspace_id = current_setting('shadower.workspace_id'::text, true)));
CREATE POLICY upkeep ON shadower.retention_settings TO shadower_upkeep USING ((workspace_id = current_setting('shadower.workspace_id'::text, true))) WITH CHECK ((workspace_id = current_setting('shadower.workspace_id'::text, true)));
CREATE POLICY upkeep ON shadower.revoked_tokens TO shadower_upkeep USING ((workspace_id = current_setting('shadower.workspace_id'::text, true))) WITH CHECK ((workspace_id = current_setting('shadower.workspace_id'::text, true)));
CREATE POLICY upkeep ON shadower.rollups TO shadower_upkeep USING ((workspace_id = current_setting('shadower.workspace_id'::text, true))) WITH CHECK ((workspace_id = current_setting('shadower.workspace_id'::text, true)));
CREATE POLICY upkeep ON shadower.service_checks TO shadower_upkeep USING ((workspace_id = current_setting('shadower.workspace_id'::text, true))) WITH CHECK ((workspace_id = current_setting('shadower.workspace_id'::text, true)));
CREATE POLICY upkeep ON shadower.spans TO shadower_upkeep USING ((workspace_id = current_setting('shadower.workspace_id'::text, true))) WITH CHECK ((workspace_id = current_setting('shadower.workspace_id'::text, true)));
CREATE POLICY upkeep ON shadower.workspace_changes TO shadower_upkeep USING ((workspace_id = current_setting('shadower.workspace_id'::text, true))) WITH CHECK ((workspace_id = current_setting('shadower.workspace_id'::text, true)));
CREATE POLICY upkeep ON shadower.workspaces TO shadower_upkeep USING ((workspace_id = current_setting('shadower.workspace_id'::text, true))) WITH CHECK ((workspace_id = current_setting('shadower.workspace_id'::text, true)));
CREATE POLICY upkeep_everywhere ON shadower.erasures FOR SELECT TO shadower_upkeep USING (true);
CREATE POLICY upkeep_everywhere ON shadower.workspaces FOR SELECT TO shadower_upkeep USING (true);
ALTER TABLE shadower.workspace_changes ENABLE ROW LEVEL SECURITY;
ALTER TABLE shadower.workspaces ENABLE ROW LEVEL SECURITY;
GRANT USAGE ON SCHEMA shadower TO shadower_service;
GRANT USAGE ON SCHEMA shadower TO shadower_relay;
GRANT USAGE ON SCHEMA shadower TO shadower_follower;
GRANT USAGE ON SCHEMA shadower TO shadower_keeper;
GRANT USAGE ON SCHEMA shadower TO shadower_limiter;
GRANT USAGE ON SCHEMA shadower TO shadower_scheduler;
GRANT USAGE ON SCHEMA shadower TO shadower_evaluator;
GRANT USAGE ON SCHEMA shadower TO shadower_notifier;
GRANT USAGE ON SCHEMA shadower TO shadower_reporter;
GRANT USAGE ON SCHEMA shadower TO shadower_upkeep;
GRANT USAGE ON SCHEMA shadower TO shadower_exporter;
REVOKE ALL ON FUNCTION shadower.drop_month(fact_table text, month timestamp with time zone) FROM PUBLIC;
GRANT ALL ON FUNCTION shadower.drop_month(fact_table text, month timestamp with time zone) TO shadower_upkeep;
REVOKE ALL ON FUNCTION shadower.ensure_month(fact_table text, month timestamp with time zone) FROM PUBLIC;
GRANT ALL ON FUNCTION shadower.ensure_month(fact_table text, month timestamp with time zone) TO shadower_service;
GRANT ALL ON FUNCTION shadower.ensure_month(fact_table text, month timestamp with time zone) TO shadower_upkeep;
REVOKE ALL ON FUNCTION shadower.is_month_empty(fact_table text, month timestamp with time zone) FROM PUBLIC;
GRANT ALL ON FUNCTION shadower.is_month_empty(fact_table text, month timestamp with time zone) TO shadower_upkeep;
REVOKE ALL ON FUNCTION shadower.months_before(fact_table text, until timestamp with time zone) FROM PUBLIC;
GRANT ALL ON FUNCTION shadower.months_before(fact_table text, until timestamp with time zone) TO shadower_upkeep;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE shadower.agent_profiles TO shadower_service;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE shadower.agent_profiles TO shadower_upkeep;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE shadower.alert_rules TO shadower_service;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE shadower.alert_rules TO shadower_upkeep;
GRANT SELECT(workspace_id) ON TABLE shadower.alert_rules TO shadower_evaluator;
GRANT SELECT(rule_id) ON TABLE shadower.alert_rules TO shadower_evaluator;
GRANT SELECT(is_enabled) ON TABLE shadower.alert_rules TO shadower_evaluator;
GRANT SELECT(due_at) ON TABLE shadower.alert_rules TO shadower_evaluator;
GRANT SELECT(claimed_until),UPDATE(claimed_until) ON TABLE shadower.alert_rules TO shadower_evaluator;
GRANT SELECT,INSERT,DELETE ON TABLE shadower.alert_silences TO shadower_service;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE shadower.alert_silences TO shadower_upkeep;
GRANT SELECT,INSERT ON TABLE shadower.alert_transitions TO shadower_service;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE shadower.alert_transitions TO shadower_upkeep;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE shadower.alerts TO shadower_service;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE shadower.alerts TO shadower_upkeep;
GRANT SELECT,INSERT,DELETE ON TABLE shadower.api_key_secrets TO shadower_service;
GRANT SELECT,DELETE ON TABLE shadower.api_key_secrets TO shadower_keeper;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE shadower.api_key_secrets TO shadower_upkeep;
GRANT UPDATE(good_until) ON TABLE shadower.api_key_secrets TO shadower_service;
GRANT SELECT(good_until) ON TABLE shadower.api_key_secrets TO shadower_keeper;
GRANT SELECT,INSERT,DELETE ON TABLE shadower.api_keys TO shadower_service;
GRANT SELECT ON TABLE shadower.api_keys TO shadower_keeper;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE shadower.api_keys TO shadower_upkeep;
GRANT UPDATE(last_used_at) ON TABLE shadower.api_keys TO shadower_keeper;
GRANT SELECT,INSERT ON TABLE shadower.audit_entries TO shadower_service;
GRANT SELECT,DELETE ON TABLE shadower.audit_entries TO shadower_upkeep;
GRANT SELECT,INSERT,UPDATE ON TABLE shadower.bus_positions TO shadower_relay;
GRANT SELECT,INSERT ON TABLE shadower.dead_letter_drops TO shadower_service;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE shadower.dead_letter_drops TO shadower_upkeep;
GRANT SELECT,INSERT ON TABLE shadower.dead_letters TO shadower_service;
GRANT INSERT ON TABLE shadower.dead_letters TO shadower_relay;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE shadower.dead_letters TO shadower_upkeep;
GRANT SELECT(workspace_id) ON TABLE shadower.dead_letters TO shadower_relay;
GRANT SELECT(dead_letter_id) ON TABLE shadower.dead_letters TO shadower_relay;
GRANT UPDATE("position") ON TABLE shadower.dead_letters TO shadower_service;
GRANT SELECT("position"),UPDATE("position") ON TABLE shadower.dead_letters TO shadower_relay;
GRANT UPDATE(message) ON TABLE shadower.dead_letters TO shadower_service;
GRANT UPDATE(message) ON TABLE shadower.dead_letters TO shadower_relay;
GRANT UPDATE(replayed_at) ON TABLE shadower.dead_letters TO shadower_service;
GRANT UPDATE(replayed_at) ON TABLE shadower.dead_letters TO shadower_relay;
GRANT UPDATE(occurrences) ON TABLE shadower.dead_letters TO shadower_service;
GRANT SELECT(occurrences),UPDATE(occurrences) ON TABLE shadower.dead_letters TO shadower_relay;
GRANT UPDATE(last_failed_at) ON TABLE shadower.dead_letters TO shadower_service;
GRANT UPDATE(last_failed_at) ON TABLE shadower.dead_letters TO shadower_relay;
GRANT SELECT,INSERT,UPDATE ON TABLE shadower.erasures TO shadower_service;
GRANT SELECT,INSERT,UPDATE ON TABLE shadower.erasures TO shadower_upkeep;
GRANT SELECT,INSERT ON TABLE shadower.events TO shadower_service;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE shadower.events TO shadower_upkeep;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE shadower.execution_cells TO shadower_service;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE shadower.execution_cells TO shadower_upkeep;
GRANT SELECT ON TABLE shadower.execution_condensed TO shadower_service;
GRANT SELECT ON TABLE shadower.execution_condensed TO shadower_upkeep;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE shadower.execution_keys TO shadower_service;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE shadower.execution_keys TO shadower_upkeep;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE shadower.executions TO shadower_service;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE shadower.executions TO shadower_upkeep;
GRANT SELECT ON TABLE shadower.executions TO shadower_exporter;
GRANT SELECT ON TABLE shadower.execution_units TO shadower_service;
GRANT SELECT ON TABLE shadower.execution_units TO shadower_upkeep;
GRANT SELECT ON TABLE shadower.filed_letters TO shadower_service;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE shadower.job_runs TO shadower_service;
GRANT SELECT,INSERT,UPDATE ON TABLE shadower.ledger TO shadower_service;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE shadower.ledger TO shadower_upkeep;
GRANT SELECT,INSERT,UPDATE ON TABLE shadower.limits TO shadower_service;
GRANT SELECT ON TABLE shadower.limits TO shadower_limiter;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE shadower.limits TO shadower_upkeep;
GRANT SELECT,INSERT,UPDATE ON TABLE shadower.log_positions TO shadower_service;
GRANT SELECT ON TABLE shadower.log_positions TO shadower_upkeep;
GRANT SELECT,INSERT ON TABLE shadower.metric_points TO shadower_service;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE shadower.metric_points TO shadower_upkeep;
GRANT SELECT,INSERT,UPDATE ON TABLE shadower.spans TO shadower_service;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE shadower.spans TO shadower_upkeep;
GRANT SELECT ON TABLE shadower.model_calls TO shadower_service;
GRANT SELECT,INSERT ON TABLE shadower.notification_attempts TO shadower_service;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE shadower.notification_attempts TO shadower_upkeep;
GRANT SELECT,INSERT,UPDATE ON TABLE shadower.notification_deliveries TO shadower_service;
GRANT DELETE ON TABLE shadower.notification_deliveries TO shadower_notifier;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE shadower.notification_deliveries TO shadower_upkeep;
GRANT SELECT(workspace_id) ON TABLE shadower.notification_deliveries TO shadower_notifier;
GRANT SELECT(delivery_id) ON TABLE shadower.notification_deliveries TO shadower_notifier;
GRANT SELECT(state) ON TABLE shadower.notification_deliveries TO shadower_notifier;
GRANT SELECT(ended_at) ON TABLE shadower.notification_deliveries TO shadower_notifier;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE shadower.notification_lanes TO shadower_service;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE shadower.notification_lanes TO shadower_upkeep;
GRANT SELECT(workspace_id) ON TABLE shadower.notification_lanes TO shadower_notifier;
GRANT SELECT(target_id) ON TABLE shadower.notification_lanes TO shadower_notifier;
GRANT SELECT(due_at) ON TABLE shadower.notification_lanes TO shadower_notifier;
GRANT SELECT(leased_until),UPDATE(leased_until) ON TABLE shadower.notification_lanes TO shadower_notifier;
GRANT UPDATE(holder) ON TABLE shadower.notification_lanes TO shadower_notifier;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE shadower.notification_targets TO shadower_service;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE shadower.notification_targets TO shadower_upkeep;
GRANT SELECT,INSERT ON TABLE shadower.outbox TO shadower_service;
GRANT SELECT,DELETE ON TABLE shadower.outbox TO shadower_relay;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE shadower.outbox TO shadower_upkeep;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE shadower.point_cells TO shadower_service;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE shadower.point_cells TO shadower_upkeep;
GRANT SELECT ON TABLE shadower.point_condensed TO shadower_service;
GRANT SELECT ON TABLE shadower.point_condensed TO shadower_upkeep;
GRANT SELECT ON TABLE shadower.point_units TO shadower_service;
GRANT SELECT ON TABLE shadower.point_units TO shadower_upkeep;
GRANT SELECT,INSERT,DELETE ON TABLE shadower.quota_notices TO shadower_service;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE shadower.quota_notices TO shadower_upkeep;
GRANT SELECT,INSERT,UPDATE ON TABLE shadower.quotas TO shadower_service;
GRANT SELECT ON TABLE shadower.quotas TO shadower_limiter;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE shadower.quotas TO shadower_upkeep;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE shadower.report_definitions TO shadower_service;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE shadower.report_definitions TO shadower_upkeep;
GRANT SELECT(workspace_id) ON TABLE shadower.report_definitions TO shadower_reporter;
GRANT SELECT(definition_id) ON TABLE shadower.report_definitions TO shadower_reporter;
GRANT SELECT(due_at) ON TABLE shadower.report_definitions TO shadower_reporter;
GRANT SELECT(claimed_until),UPDATE(claimed_until) ON TABLE shadower.report_definitions TO shadower_reporter;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE shadower.report_links TO shadower_service;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE shadower.report_links TO shadower_upkeep;
GRANT SELECT(workspace_id) ON TABLE shadower.report_links TO shadower_reporter;
GRANT SELECT(link_id) ON TABLE shadower.report_links TO shadower_reporter;
GRANT SELECT(expires_at) ON TABLE shadower.report_links TO shadower_reporter;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE shadower.reports TO shadower_service;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE shadower.reports TO shadower_upkeep;
GRANT SELECT(workspace_id) ON TABLE shadower.reports TO shadower_reporter;
GRANT SELECT(report_id) ON TABLE shadower.reports TO shadower_reporter;
GRANT SELECT(next_at) ON TABLE shadower.reports TO shadower_reporter;
GRANT SELECT(claimed_until),UPDATE(claimed_until) ON TABLE shadower.reports TO shadower_reporter;
GRANT SELECT(claim),UPDATE(claim) ON TABLE shadower.reports TO shadower_reporter;
GRANT SELECT(expires_at) ON TABLE shadower.reports TO shadower_reporter;
GRANT SELECT,INSERT,UPDATE ON TABLE shadower.retention_settings TO shadower_service;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE shadower.retention_settings TO shadower_upkeep;
GRANT USAGE ON SEQUENCE shadower.revocation_numbers TO shadower_service;
GRANT SELECT,INSERT,UPDATE ON TABLE shadower.revoked_tokens TO shadower_service;
GRANT DELETE ON TABLE shadower.revoked_tokens TO shadower_keeper;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE shadower.revoked_tokens TO shadower_upkeep;
GRANT SELECT(workspace_id) ON TABLE shadower.revoked_tokens TO shadower_follower;
GRANT SELECT(token_id) ON TABLE shadower.revoked_tokens TO shadower_follower;
GRANT SELECT(number) ON TABLE shadower.revoked_tokens TO shadower_follower;
GRANT SELECT(kept_until) ON TABLE shadower.revoked_tokens TO shadower_follower;
GRANT SELECT(kept_until) ON TABLE shadower.revoked_tokens TO shadower_keeper;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE shadower.rollups TO shadower_service;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE shadower.rollups TO shadower_upkeep;
GRANT SELECT,INSERT,UPDATE ON TABLE shadower.schedule_leases TO shadower_service;
GRANT SELECT,INSERT,UPDATE ON TABLE shadower.scheduled_jobs TO shadower_service;
GRANT SELECT ON TABLE shadower.schema_version TO shadower_service;
GRANT SELECT ON TABLE shadower.schema_version TO shadower_relay;
GRANT SELECT ON TABLE shadower.schema_version TO shadower_limiter;
GRANT SELECT ON TABLE shadower.schema_version TO shadower_scheduler;
GRANT SELECT ON TABLE shadower.schema_version TO shadower_upkeep;
GRANT SELECT,INSERT ON TABLE shadower.service_checks TO shadower_service;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE shadower.service_checks TO shadower_upkeep;
GRANT SELECT ON TABLE shadower.tool_calls TO shadower_service;
GRANT SELECT,INSERT,DELETE ON TABLE shadower.workspace_changes TO shadower_service;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE shadower.workspace_changes TO shadower_upkeep;
GRANT SELECT,INSERT,UPDATE ON TABLE shadower.workspaces TO shadower_service;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE shadower.workspaces TO shadower_upkeep;
GRANT SELECT(workspace_id) ON TABLE shadower.workspaces TO shadower_scheduler;
GRANT SELECT(workspace_id) ON TABLE shadower.workspaces TO shadower_exporter;
GRANT SELECT(runs_from) ON TABLE shadower.workspaces TO shadower_exporter;
