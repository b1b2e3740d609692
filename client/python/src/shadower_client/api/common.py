"""Of shadower.common.v1.

Made from the contract by tools/client, and not to be edited.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import ClassVar

from shadower_client.message import Message, OpenEnum, named
from shadower_client.native import Number


@named("shadower.common.v1.LimitClass")
class LimitClass(OpenEnum):
    """What kind of work an RPC is, and so which budget of requests it is charged to. Every RPC
    has one; see limit_class in permission.proto. Budgets of a workspace are told and set by
    shadower.limits.v1.LimitsService; beside each class stands what holds unless one is set.
    The same holds for the workspace as a whole, for each user and for each API key in it. A
    stream is looked at and charged once, when it is opened, whatever goes over it then.
    """

    UNSPECIFIED = 0
    """Not set. No RPC has it."""
    ANALYTICS = 1
    """Calculations over facts: aggregates, leaderboards, performance. 100 a minute."""
    DASHBOARDS = 2
    """What dashboards show: metrics, live or past, and summaries. 200 a minute."""
    REPORTS = 3
    """Making reports. 10 a minute."""
    EXPORTS = 4
    """Taking facts out in bulk. 5 an hour."""
    ADMINISTRATION = 5
    """Changing how a workspace is run, and looking into its insides. 50 a minute."""
    INGESTION = 6
    """Recording facts, whatever the size of a batch. 60,000 a minute."""
    OTHER = 7
    """All else. 1,000 an hour."""


@named("shadower.common.v1.Permission")
class Permission(OpenEnum):
    """What a caller may do in a workspace. In a token's claim "permissions" the value
    PERMISSION_METRICS_READ is written "metrics:read".
    """

    UNSPECIFIED = 0
    """Not set. An RPC without a permission is refused for everyone."""
    METRICS_READ = 1
    """Read metrics, live or past, and the list of metrics."""
    AGGREGATES_READ = 2
    """Calculate aggregates over facts."""
    WORKSPACES_READ = 3
    """Read the summary of a workspace."""
    AGENTS_READ = 4
    """Read agents and their performance."""
    INGEST_WRITE = 5
    """Record executions, metric points, events and spans. Nobody may in the workspace
    "shadower-system" (WORKSPACE_RESERVED).
    """
    LEDGER_READ = 6
    """Read the account of what came in."""
    DEAD_LETTERS_READ = 7
    """List and inspect dead letters."""
    DEAD_LETTERS_WRITE = 8
    """Replay dead letters, and drop them."""
    PRICES_READ = 9
    """Read the price table."""
    PRICES_WRITE = 10
    """Price recorded model calls again."""
    ROLLUPS_READ = 11
    """See what is rolled up."""
    ROLLUPS_WRITE = 12
    """Roll up, verify and repair."""
    CACHE_READ = 13
    """See how a process's cache does, for all workspaces together. No role holds it: a token
    of an operator names it.
    """
    CACHE_WRITE = 14
    """Have remembered answers dropped, which all workspaces pay for. No role holds it either."""
    LIMITS_READ = 15
    """See the limits and quotas of a workspace, and how much of them is used."""
    LIMITS_WRITE = 16
    """Set limits and quotas. No role holds it: an operator's token names it, since nobody
    raises what binds himself.
    """
    API_KEYS_READ = 17
    """See the keys of programs, without their secrets."""
    API_KEYS_WRITE = 18
    """Make, rotate and delete keys of programs, for what the caller may do itself."""
    TOKENS_WRITE = 19
    """End tokens before they expire; in "shadower-system", everywhere."""
    AUDIT_READ = 20
    """Read what was administered and denied, and which tokens were revoked."""
    JOBS_READ = 21
    """See what is done at times, and what became of it. No role holds it: it is about all
    workspaces together, and an operator's token names it.
    """
    JOBS_WRITE = 22
    """Have jobs done, paused and rescheduled. No role holds it either."""
    ALERTS_READ = 24
    """See rules, alerts, their history and silences."""
    ALERTS_WRITE = 25
    """Make, change and delete rules."""
    ALERT_STATES_WRITE = 26
    """Acknowledge and resolve alerts, and keep them quiet for a time."""
    ALERT_EVALUATIONS_WRITE = 27
    """Have rules judged that are due. No role holds it: the scheduler's token names it."""
    NOTIFICATIONS_READ = 28
    """See who is told of alerts and reports, without secrets, and what was delivered."""
    NOTIFICATIONS_WRITE = 29
    """Make, change and delete targets of notifications, and have their secrets made anew."""
    NOTIFICATION_DELIVERIES_WRITE = 30
    """Try a target, and have something delivered again."""
    REPORTS_READ = 32
    """See definitions of reports and reports, and download them."""
    REPORTS_WRITE = 33
    """Make, change and delete definitions of reports, have reports made, and link to them. A
    report holds what the summary, agents, aggregates and alerts of its workspace say.
    """
    REPORT_RUNS_WRITE = 34
    """Have reports made that are due, and deleted that have expired. No role holds it: the
    scheduler's token names it.
    """
    REPORT_ERASURES_WRITE = 35
    """Have reports erased, of a workspace or a user. No role holds it: it is a part of an
    erasure.
    """
    EXPORTS_READ = 36
    """Take executions out in bulk."""
    RETENTION_READ = 38
    """See how long things are kept."""
    RETENTION_WRITE = 39
    """Set how long things are kept."""
    RETENTION_RUNS_WRITE = 40
    """Have removed what is older. No role holds it: the scheduler's token names it."""
    ERASURES_READ = 41
    """See what was erased, and the receipts."""
    ERASURES_WRITE = 42
    """Erase a user, or the workspace."""
    ERASURE_RUNS_WRITE = 43
    """Have erasures gone on with. No role holds it: the scheduler's token names it."""
    HEALTH_READ = 44
    """See how the services do and did."""
    HEALTH_CHECKS_WRITE = 45
    """Have the services looked at. No role holds it: the scheduler's token names it."""
    STATISTICS_READ = 46
    """See what a process does and stands on, for all workspaces together. No role holds it: a
    token of an operator names it.
    """


@named("shadower.common.v1.Role")
class Role(OpenEnum):
    """What a caller is in its workspaces; the claim "role" holds the name in small letters,
    such as "analyst". The permissions of a role are the options below.
    """

    UNSPECIFIED = 0
    """Not set; grants nothing."""
    OWNER = 1
    """Owns the workspace."""
    ADMIN = 2
    """Administers the workspace."""
    ANALYST = 3
    """Asks any question, records nothing."""
    MEMBER = 4
    """Works in the workspace: sees its metrics, summary and agents."""
    VIEWER = 5
    """Looks at dashboards: metrics and summary."""
    SERVICE = 6
    """A program that records, and reads back what it recorded."""


@named("shadower.common.v1.ErrorReason")
class ErrorReason(OpenEnum):
    """Why a call or an item was refused. Every error carries exactly one google.rpc.ErrorInfo
    whose reason is a value below without its prefix, whose domain is "shadower.dev" and
    whose metadata holds every variable of the message. A message's wording may change, its
    reason never does.
    """

    UNSPECIFIED = 0
    """Not set; never sent."""
    VALIDATION_FAILED = 1
    """Fields break the rules of the contract. INVALID_ARGUMENT, with a google.rpc.BadRequest
    that names each field. {"reason": "VALIDATION_FAILED", "domain": "shadower.dev",
    "metadata": {"fields": "interval.end_time"}}
    """
    PAGE_TOKEN_INVALID = 2
    """The page token is not one of ours, or belongs to another query. INVALID_ARGUMENT, with a
    BadRequest that names page_token. {"reason": "PAGE_TOKEN_INVALID", "domain":
    "shadower.dev", "metadata": {"fields": "page_token"}}
    """
    RESULT_TOO_LARGE = 3
    """The answer would have more rows than a request may ask for. INVALID_ARGUMENT, with a
    BadRequest that names what to narrow. {"reason": "RESULT_TOO_LARGE", "domain":
    "shadower.dev", "metadata": {"limit": "10000", "fields": "granularity,interval"}}
    """
    MESSAGE_TOO_LARGE = 4
    """The request has more bytes than its type may have. INVALID_ARGUMENT. {"reason":
    "MESSAGE_TOO_LARGE", "domain": "shadower.dev", "metadata": {"bytes": "5242880", "limit":
    "4194304"}}
    """
    METRIC_NAME_RESERVED = 5
    """A metric point has the name of a built-in metric. INVALID_ARGUMENT. {"reason":
    "METRIC_NAME_RESERVED", "domain": "shadower.dev", "metadata": {"metric":
    "success_rate"}}
    """
    EXECUTION_CONFLICT = 6
    """A finished execution came again with other content. ALREADY_EXISTS. {"reason":
    "EXECUTION_CONFLICT", "domain": "shadower.dev", "metadata": {"executionId": "run-7",
    "fields": "model"}}
    """
    METRIC_POINT_CONFLICT = 7
    """A metric point came again with another value or other tags. ALREADY_EXISTS. {"reason":
    "METRIC_POINT_CONFLICT", "domain": "shadower.dev", "metadata": {"pointId": "p-7",
    "fields": "value"}}
    """
    EVENT_CONFLICT = 8
    """An event came again with other content. ALREADY_EXISTS. {"reason": "EVENT_CONFLICT",
    "domain": "shadower.dev", "metadata": {"eventId": "e-7", "fields": "data"}}
    """
    AGENT_NOT_FOUND = 9
    """The workspace has no execution of that agent. NOT_FOUND. {"reason": "AGENT_NOT_FOUND",
    "domain": "shadower.dev", "metadata": {"agentId": "openhands"}}
    """
    TOKEN_MISSING = 10
    """No bearer token came with the call. UNAUTHENTICATED. {"reason": "TOKEN_MISSING",
    "domain": "shadower.dev", "metadata": {}}
    """
    TOKEN_INVALID = 11
    """The token is malformed, unsigned, signed by a key we do not know, or lacks or fails a
    required claim. UNAUTHENTICATED. {"reason": "TOKEN_INVALID", "domain": "shadower.dev",
    "metadata": {"check": "audience"}}
    """
    TOKEN_EXPIRED = 12
    """The token was good and is not any more. UNAUTHENTICATED. {"reason": "TOKEN_EXPIRED",
    "domain": "shadower.dev", "metadata": {}}
    """
    WORKSPACE_DENIED = 13
    """The token does not name the request's workspace. PERMISSION_DENIED. {"reason":
    "WORKSPACE_DENIED", "domain": "shadower.dev", "metadata": {"workspaceId": "acme"}}
    """
    PERMISSION_MISSING = 14
    """Neither role nor permissions of the token allow the RPC. PERMISSION_DENIED. {"reason":
    "PERMISSION_MISSING", "domain": "shadower.dev", "metadata": {"permission":
    "ingest:write"}}
    """
    DEADLINE_EXCEEDED = 15
    """The time that the caller or the server allows ran out. DEADLINE_EXCEEDED. {"reason":
    "DEADLINE_EXCEEDED", "domain": "shadower.dev", "metadata": {}}
    """
    DATABASE_UNAVAILABLE = 16
    """The database cannot be reached; nothing was stored. UNAVAILABLE, with a
    google.rpc.RetryInfo. {"reason": "DATABASE_UNAVAILABLE", "domain": "shadower.dev",
    "metadata": {}}
    """
    SERVER_DRAINING = 17
    """The server is shutting down; another replica or a restart will answer. UNAVAILABLE, with
    a RetryInfo. {"reason": "SERVER_DRAINING", "domain": "shadower.dev", "metadata": {}}
    """
    SERVER_BUSY = 18
    """The server has as many calls or streams as it takes. RESOURCE_EXHAUSTED, with a
    RetryInfo. {"reason": "SERVER_BUSY", "domain": "shadower.dev", "metadata": {"limit":
    "1000"}}
    """
    CLIENT_TOO_SLOW = 19
    """A stream's reader did not take a message in time. RESOURCE_EXHAUSTED. Reconnect with the
    last cursor: nothing is missed. {"reason": "CLIENT_TOO_SLOW", "domain": "shadower.dev",
    "metadata": {"seconds": "10"}}
    """
    INTERNAL = 20
    """A fault of ours. INTERNAL; the id finds it in the logs. {"reason": "INTERNAL", "domain":
    "shadower.dev", "metadata": {"requestId": "4bf92f3577b34da6a3ce929d0e0e4736"}}
    """
    EDGE_REFUSED = 21
    """The edge refused the request before any service saw it: an unknown path or query
    parameter, a body that is not JSON of the contract, a body that is too large, or no
    service to send it to. The status code says which. The edge sends no metadata, also with
    the reasons of tokens. {"reason": "EDGE_REFUSED", "domain": "shadower.dev", "metadata":
    {}}
    """
    LOG_UNAVAILABLE = 22
    """The log is configured and did not take the batch in time. It may or may not be in the
    log: send it again, it is counted once. UNAVAILABLE, with a RetryInfo. {"reason":
    "LOG_UNAVAILABLE", "domain": "shadower.dev", "metadata": {}}
    """
    BACKLOG_FULL = 23
    """As much waits to be written as may wait; nothing of this batch was stored.
    RESOURCE_EXHAUSTED, with a RetryInfo. {"reason": "BACKLOG_FULL", "domain":
    "shadower.dev", "metadata": {"limit": "20000", "unit": "items"}}
    """
    RECORD_MALFORMED = 24
    """An entry of the log, or a message of the bus, cannot be read. Of dead letters only.
    {"reason": "RECORD_MALFORMED", "domain": "shadower.dev", "metadata": {"position": "42"}}
    """
    SCHEMA_VERSION_UNKNOWN = 25
    """An entry of the log is of a schema that this reader does not know yet. Of dead letters
    only: replay it when the reader is newer. {"reason": "SCHEMA_VERSION_UNKNOWN", "domain":
    "shadower.dev", "metadata": {"version": "2", "known": "1"}}
    """
    HANDLER_FAILED = 26
    """A subscriber could not handle a message, however often it tried. Of dead letters only.
    {"reason": "HANDLER_FAILED", "domain": "shadower.dev", "metadata": {"group":
    "notifications", "attempts": "5"}}
    """
    DEAD_LETTER_NOT_FOUND = 27
    """There is no such dead letter in the workspace. NOT_FOUND. {"reason":
    "DEAD_LETTER_NOT_FOUND", "domain": "shadower.dev", "metadata": {"deadLetterId":
    "0192f0c1-7d5e-7c3a-9d53-0a1b2c3d4e5f"}}
    """
    WORKSPACE_AMBIGUOUS = 28
    """The token covers several workspaces and the call does not say which it means.
    INVALID_ARGUMENT. If it covers more than ten, the edge wants to be told of every call by
    the path or the header, whatever the message says, and answers RESOURCE_EXHAUSTED.
    {"reason": "WORKSPACE_AMBIGUOUS", "domain": "shadower.dev", "metadata": {"header":
    "x-shadower-workspace"}}
    """
    RECORD_UNWRITABLE = 29
    """The rows of a batch cannot be written together with others or alone: a fault of ours, of
    which the log has more. Of dead letters only. {"reason": "RECORD_UNWRITABLE", "domain":
    "shadower.dev", "metadata": {"position": "42"}}
    """
    WORKSPACE_RESERVED = 30
    """Nothing may be recorded into the workspace: it is kept for dead letters of no known
    workspace. PERMISSION_DENIED. {"reason": "WORKSPACE_RESERVED", "domain": "shadower.dev",
    "metadata": {"workspaceId": "shadower-system"}}
    """
    QUERY_TOO_EXPENSIVE = 31
    """The answer would have to be put together from more single facts than the deployment
    allows. INVALID_ARGUMENT, with a BadRequest that names what to narrow. The numbers are
    estimates by the database's planner; about one for each execution. {"reason":
    "QUERY_TOO_EXPENSIVE", "domain": "shadower.dev", "metadata": {"cost": "54321987",
    "limit": "10000000", "fields": "interval,filter.user_ids"}}
    """
    CACHE_UNREACHABLE = 32
    """Answers were to be dropped everywhere, and the tier that replicas share could not be
    told. Those of the process that was asked are dropped. UNAVAILABLE, with a RetryInfo.
    {"reason": "CACHE_UNREACHABLE", "domain": "shadower.dev", "metadata": {}}
    """
    RATE_LIMITED = 33
    """A budget of requests is used up: of the workspace, of the user in it, or of the API key
    in it ("scope"), for RPCs of a class. RESOURCE_EXHAUSTED, with a RetryInfo that says
    when there is room again; over HTTP, Retry-After says so. Nothing was charged for the
    request. The workspace is empty where the token covers none that the request names.
    {"reason": "RATE_LIMITED", "domain": "shadower.dev", "metadata": {"workspaceId": "acme",
    "scope": "user", "class": "reports", "limit": "10", "seconds": "60"}}
    """
    LIMITS_UNCHECKED = 34
    """Nobody can say how much of a budget is used, and requests of this class wait until
    somebody can. RESOURCE_EXHAUSTED, with a RetryInfo. {"reason": "LIMITS_UNCHECKED",
    "domain": "shadower.dev", "metadata": {"class": "administration"}}
    """
    USAGE_UNAVAILABLE = 35
    """Nobody can say now how much of the budgets is used. UNAVAILABLE, with a RetryInfo.
    {"reason": "USAGE_UNAVAILABLE", "domain": "shadower.dev", "metadata": {}}
    """
    TOO_MANY_LIMITS = 36
    """As many limits, or quotas, are set in all workspaces together as may be.
    RESOURCE_EXHAUSTED. {"reason": "TOO_MANY_LIMITS", "domain": "shadower.dev", "metadata":
    {"limit": "100000"}}
    """
    QUOTA_EXCEEDED = 37
    """The workspace has as much as its quota allows ("executions" or "stored_days"), and
    nothing more is recorded. RESOURCE_EXHAUSTED, with a RetryInfo: a month begins anew,
    days that are stored may become fewer. Only of the workspace that the path or
    x-shadower-workspace names, or that is the token's only one: what a message alone says,
    the edge does not see. {"reason": "QUOTA_EXCEEDED", "domain": "shadower.dev",
    "metadata": {"workspaceId": "acme", "quota": "executions", "limit": "1000000"}}
    """
    TOKEN_REVOKED = 43
    """The token was revoked, for the request's workspace or everywhere. UNAUTHENTICATED.
    {"reason": "TOKEN_REVOKED", "domain": "shadower.dev", "metadata": {}}
    """
    API_KEY_INVALID = 44
    """The API key is malformed, unknown, deleted, or has another secret by now.
    UNAUTHENTICATED. {"reason": "API_KEY_INVALID", "domain": "shadower.dev", "metadata": {}}
    """
    API_KEY_EXPIRED = 45
    """The API key was good and is not any more. UNAUTHENTICATED. {"reason": "API_KEY_EXPIRED",
    "domain": "shadower.dev", "metadata": {}}
    """
    API_KEY_NOT_FOUND = 46
    """There is no such API key in the workspace. NOT_FOUND. {"reason": "API_KEY_NOT_FOUND",
    "domain": "shadower.dev", "metadata": {"apiKeyId": "5f1c0a9be27d4836a0c1d2e3"}}
    """
    ACCESS_FULL = 47
    """The workspace has as many API keys or revoked tokens, or the key as many secrets, as it
    may. RESOURCE_EXHAUSTED. {"reason": "ACCESS_FULL", "domain": "shadower.dev", "metadata":
    {"limit": "500", "unit": "API keys"}}
    """
    AUDIT_UNAVAILABLE = 48
    """What was administered could not be written down, and so it is not said to be done. It
    may have taken effect: look, or ask again. UNAVAILABLE, with a RetryInfo. {"reason":
    "AUDIT_UNAVAILABLE", "domain": "shadower.dev", "metadata": {}}
    """
    WORKSPACE_CONTRADICTED = 49
    """The header x-shadower-workspace, by which the edge charges, and the request name
    different workspaces. INVALID_ARGUMENT. {"reason": "WORKSPACE_CONTRADICTED", "domain":
    "shadower.dev", "metadata": {"header": "x-shadower-workspace", "workspaceId": "acme"}}
    """
    SERVICE_UNREACHABLE = 53
    """A service behind the gateway did not answer, or not in a way that says more.
    UNAVAILABLE, with a RetryInfo. {"reason": "SERVICE_UNREACHABLE", "domain":
    "shadower.dev", "metadata": {"service": "shadower.metrics.v1.MetricsService"}}
    """
    OPERATION_INVALID = 54
    """A GraphQL request is none, or its operation does not fit the schema. INVALID_ARGUMENT.
    {"reason": "OPERATION_INVALID", "domain": "shadower.dev", "metadata": {}}
    """
    OPERATION_TOO_LARGE = 55
    """A GraphQL operation is larger than the gateway takes, or its answer would be: measured
    in tokens, depth, aliases, cost or values. INVALID_ARGUMENT. {"reason":
    "OPERATION_TOO_LARGE", "domain": "shadower.dev", "metadata": {"measure": "depth",
    "limit": "12"}}
    """
    SOCKET_MESSAGE_INVALID = 56
    """A message on a WebSocket is not one of its protocol. INVALID_ARGUMENT; the connection
    ends. {"reason": "SOCKET_MESSAGE_INVALID", "domain": "shadower.dev", "metadata": {}}
    """
    SUBSCRIPTION_EXISTS = 57
    """A subscription of that id goes on already. ALREADY_EXISTS; the connection ends.
    {"reason": "SUBSCRIPTION_EXISTS", "domain": "shadower.dev", "metadata": {"id": "cost"}}
    """
    TOO_MANY_SUBSCRIPTIONS = 58
    """The connection has as many subscriptions as one may have. RESOURCE_EXHAUSTED. {"reason":
    "TOO_MANY_SUBSCRIPTIONS", "domain": "shadower.dev", "metadata": {"limit": "20"}}
    """
    TOO_MANY_MESSAGES = 59
    """Messages came on a WebSocket faster than they may. RESOURCE_EXHAUSTED; the connection
    ends. {"reason": "TOO_MANY_MESSAGES", "domain": "shadower.dev", "metadata":
    {"limitPerSecond": "20"}}
    """
    JOB_NOT_FOUND = 60
    """There is no job of that name in the workspace. NOT_FOUND. {"reason": "JOB_NOT_FOUND",
    "domain": "shadower.dev", "metadata": {"workspaceId": "shadower-system", "job":
    "roll_up"}}
    """
    SCHEDULE_INVALID = 61
    """A schedule is none, or its time never comes. INVALID_ARGUMENT. {"reason":
    "SCHEDULE_INVALID", "domain": "shadower.dev", "metadata": {"schedule": "0 0 30 2 *"}}
    """
    TARGET_NOT_FOUND = 62
    """There is no such target of notifications in the workspace. NOT_FOUND. {"reason":
    "TARGET_NOT_FOUND", "domain": "shadower.dev", "metadata": {"targetId": "ops"}}
    """
    TARGET_EXISTS = 63
    """There is a target of that id, and it says something else. ALREADY_EXISTS. {"reason":
    "TARGET_EXISTS", "domain": "shadower.dev", "metadata": {"targetId": "ops"}}
    """
    TARGET_CHANGED = 64
    """The target was changed since the etag was told. ALREADY_EXISTS: read it, and decide
    again. {"reason": "TARGET_CHANGED", "domain": "shadower.dev", "metadata": {"targetId":
    "ops", "etag": "62d1a-7"}}
    """
    TARGETS_FULL = 65
    """The workspace has as many targets as it may. RESOURCE_EXHAUSTED. {"reason":
    "TARGETS_FULL", "domain": "shadower.dev", "metadata": {"limit": "200"}}
    """
    ADDRESS_REFUSED = 66
    """Nothing is sent to that address: it is one of this network or machine, or of no kind
    that is sent to. INVALID_ARGUMENT. {"reason": "ADDRESS_REFUSED", "domain":
    "shadower.dev", "metadata": {"fields": "target.webhook.url"}}
    """
    TEMPLATE_INVALID = 67
    """A template cannot be read, or comes to no end or to too much. INVALID_ARGUMENT.
    {"reason": "TEMPLATE_INVALID", "domain": "shadower.dev", "metadata": {"fields":
    "target.body_template"}}
    """
    DELIVERY_NOT_FOUND = 68
    """There is no such delivery in the workspace. NOT_FOUND. {"reason": "DELIVERY_NOT_FOUND",
    "domain": "shadower.dev", "metadata": {"deliveryId":
    "0e8e2f0a-7a51-4d0e-9b5f-6f1f1d1f7a10"}}
    """
    TARGET_KIND_UNSUITABLE = 69
    """A target of that kind cannot do that: mail, where no server for it is set, or a new
    secret, where nothing is signed. INVALID_ARGUMENT. {"reason": "TARGET_KIND_UNSUITABLE",
    "domain": "shadower.dev", "metadata": {"kind": "email"}}
    """
    ALERT_RULE_NOT_FOUND = 70
    """There is no such rule in the workspace. NOT_FOUND. {"reason": "ALERT_RULE_NOT_FOUND",
    "domain": "shadower.dev", "metadata": {"ruleId": "errors"}}
    """
    ALERT_RULE_EXISTS = 71
    """There is a rule of that id, and it says something else. ALREADY_EXISTS. {"reason":
    "ALERT_RULE_EXISTS", "domain": "shadower.dev", "metadata": {"ruleId": "errors"}}
    """
    ALERT_RULE_CHANGED = 72
    """The rule was changed since the etag was told. ALREADY_EXISTS: read it, and decide again.
    {"reason": "ALERT_RULE_CHANGED", "domain": "shadower.dev", "metadata": {"ruleId":
    "errors", "etag": "7"}}
    """
    ALERT_NOT_FOUND = 73
    """There is no such alert in the workspace. NOT_FOUND. {"reason": "ALERT_NOT_FOUND",
    "domain": "shadower.dev", "metadata": {"alertId":
    "0e8e2f0a-7a51-4d0e-9b5f-6f1f1d1f7a10"}}
    """
    ALERTS_FULL = 74
    """The workspace has as many rules or silences as it may, or a rule has as many groups.
    RESOURCE_EXHAUSTED. {"reason": "ALERTS_FULL", "domain": "shadower.dev", "metadata":
    {"limit": "1000", "unit": "rules"}}
    """
    SILENCE_EXISTS = 75
    """There is a silence of that id, and it is another one. ALREADY_EXISTS. {"reason":
    "SILENCE_EXISTS", "domain": "shadower.dev", "metadata": {"silenceId": "move"}}
    """
    PREVIEW_TOO_LONG = 76
    """A rule would have to be judged too often to preview it. INVALID_ARGUMENT. {"reason":
    "PREVIEW_TOO_LONG", "domain": "shadower.dev", "metadata": {"limit": "2016"}}
    """
    REPORT_DEFINITION_NOT_FOUND = 77
    """There is no such definition of reports in the workspace. NOT_FOUND. {"reason":
    "REPORT_DEFINITION_NOT_FOUND", "domain": "shadower.dev", "metadata": {"definitionId":
    "weekly"}}
    """
    REPORT_DEFINITION_EXISTS = 78
    """There is a definition of that id, and it says something else. ALREADY_EXISTS. {"reason":
    "REPORT_DEFINITION_EXISTS", "domain": "shadower.dev", "metadata": {"definitionId":
    "weekly"}}
    """
    REPORT_DEFINITION_CHANGED = 79
    """The definition was changed since the etag was told. ALREADY_EXISTS: read it, and decide
    again. {"reason": "REPORT_DEFINITION_CHANGED", "domain": "shadower.dev", "metadata":
    {"definitionId": "weekly", "etag": "7"}}
    """
    REPORT_NOT_FOUND = 80
    """There is no such report in the workspace. NOT_FOUND. {"reason": "REPORT_NOT_FOUND",
    "domain": "shadower.dev", "metadata": {"reportId": "march"}}
    """
    REPORT_EXISTS = 81
    """There is a report of that id, and it is another one. ALREADY_EXISTS. {"reason":
    "REPORT_EXISTS", "domain": "shadower.dev", "metadata": {"reportId": "march"}}
    """
    REPORTS_FULL = 82
    """The workspace has as many definitions, or reports that wait, or a report as many links,
    as it may. RESOURCE_EXHAUSTED. {"reason": "REPORTS_FULL", "domain": "shadower.dev",
    "metadata": {"limit": "200", "unit": "definitions"}}
    """
    REPORT_CONTENT_NOT_FOUND = 83
    """A report has nothing to download: it is not done, or has no such format. NOT_FOUND.
    {"reason": "REPORT_CONTENT_NOT_FOUND", "domain": "shadower.dev", "metadata":
    {"reportId": "march", "state": "pending"}}
    """
    REPORT_LINK_INVALID = 84
    """There is no such link to a report, or none any more, or its secret is another one.
    PERMISSION_DENIED. {"reason": "REPORT_LINK_INVALID", "domain": "shadower.dev",
    "metadata": {"linkId": "5f1d7a84db6a4e2e9c3b7f10"}}
    """
    REPORT_LINK_BUSY = 85
    """A link to a report is opened more often than it may be. RESOURCE_EXHAUSTED. {"reason":
    "REPORT_LINK_BUSY", "domain": "shadower.dev", "metadata": {"linkId":
    "5f1d7a84db6a4e2e9c3b7f10", "limitPerMinute": "60"}}
    """
    DEAD_LETTER_REPLAYED = 86
    """A dead letter was replayed already, so there is nothing to drop. ALREADY_EXISTS.
    {"reason": "DEAD_LETTER_REPLAYED", "domain": "shadower.dev", "metadata":
    {"deadLetterId": "0192f0c1-7d5e-7c3a-9d53-0a1b2c3d4e5f"}}
    """
    REPORT_TOO_LARGE = 87
    """A report holds more than can be rendered, or rendering it takes too long.
    RESOURCE_EXHAUSTED: ask for less in it. {"reason": "REPORT_TOO_LARGE", "domain":
    "shadower.dev", "metadata": {"why": "it took longer than 60 s"}}
    """
    EXPORTS_BUSY = 88
    """As many exports run as may at once. RESOURCE_EXHAUSTED: try again later. {"reason":
    "EXPORTS_BUSY", "domain": "shadower.dev", "metadata": {"limit": "2"}}
    """
    EXPORT_TOO_LONG = 89
    """An export did not end in time. DEADLINE_EXCEEDED: ask for a shorter interval. {"reason":
    "EXPORT_TOO_LONG", "domain": "shadower.dev", "metadata": {"seconds": "900"}}
    """
    OBJECTS_UNAVAILABLE = 90
    """The store of files cannot be reached. UNAVAILABLE: try again. {"reason":
    "OBJECTS_UNAVAILABLE", "domain": "shadower.dev"}
    """
    OBJECT_NOT_FOUND = 91
    """A file that was stored is not there any more. NOT_FOUND. {"reason": "OBJECT_NOT_FOUND",
    "domain": "shadower.dev"}
    """
    FACT_TOO_OLD = 93
    """A fact is from before what the workspace still keeps: others of its time are gone, and
    answers about it come of what was made of them. INVALID_ARGUMENT, for the item. See the
    retention of the workspace. {"reason": "FACT_TOO_OLD", "domain": "shadower.dev",
    "metadata": {"executionId": "run-1"}}
    """
    FACTS_GONE = 94
    """A question can only be answered from single facts, and those of a part of its interval
    are not kept any more. Ask about whole hours (later: whole days), by what rollups tell
    apart, or from keptFrom on. INVALID_ARGUMENT. {"reason": "FACTS_GONE", "domain":
    "shadower.dev", "metadata": {"keptFrom": "2026-08-29T00:00:00+00:00"}}
    """
    RETENTION_CHANGED = 95
    """The retention was changed since the etag was told. ALREADY_EXISTS: read it, and decide
    again. {"reason": "RETENTION_CHANGED", "domain": "shadower.dev", "metadata": {"etag":
    "7"}}
    """
    ERASURE_NOT_CONFIRMED = 96
    """What is to be erased was not confirmed by naming it twice. INVALID_ARGUMENT. {"reason":
    "ERASURE_NOT_CONFIRMED", "domain": "shadower.dev", "metadata": {}}
    """
    ERASURE_NOT_FOUND = 97
    """There is no such erasure in the workspace. NOT_FOUND. {"reason": "ERASURE_NOT_FOUND",
    "domain": "shadower.dev", "metadata": {"erasureId":
    "0e8e2f0a-7a51-4d0e-9b5f-6f1f1d1f7a10"}}
    """
    STORAGE_FULL = 106
    """The database has no space left for what it would have to write: nothing of the call is
    stored. UNAVAILABLE, with a delay: the same call succeeds when there is space again, and
    questions are answered meanwhile. {"reason": "STORAGE_FULL", "domain": "shadower.dev",
    "metadata": {}}
    """


@named("shadower.common.v1.ExecutionStatus")
class ExecutionStatus(OpenEnum):
    """Where a run stands, or how it ended."""

    UNSPECIFIED = 0
    """Not set; refused in facts."""
    RUNNING = 1
    """It has begun and not ended."""
    SUCCEEDED = 2
    """It ended and did what was asked."""
    FAILED = 3
    """It ended without doing what was asked."""
    TIMED_OUT = 4
    """It was ended because its time was up."""
    CANCELLED = 5
    """Somebody stopped it. Counts neither for nor against success."""


@named("shadower.common.v1.ErrorType")
class ErrorType(OpenEnum):
    """Why a run failed or timed out."""

    UNSPECIFIED = 0
    """Not set. A failed run without a type counts as ERROR_TYPE_UNKNOWN, one that timed out as
    ERROR_TYPE_TIMEOUT.
    """
    TIMEOUT = 1
    """Something took too long."""
    RATE_LIMIT = 2
    """A provider refused for too many requests."""
    VALIDATION = 3
    """Input or output broke its rules."""
    MODEL_ERROR = 4
    """The model answered with an error or with nothing usable."""
    NETWORK = 5
    """A connection failed."""
    AUTH = 6
    """Credentials were missing or refused."""
    RESOURCE = 7
    """Memory, disk, quota or another resource ran out."""
    USER_ERROR = 8
    """The user asked for something that cannot be done."""
    UNKNOWN = 9
    """Nobody knows."""


@named("shadower.common.v1.Granularity")
class Granularity(OpenEnum):
    """The length of the buckets into which an interval is cut. Buckets begin at whole minutes,
    hours, local midnights, Mondays or first days of months of the request's time zone; a
    day of a clock change has 23 or 25 hours. The interval may cover the first and the last
    bucket only in part.
    """

    UNSPECIFIED = 0
    """One bucket: the whole interval."""
    MINUTE = 1
    """Whole minutes."""
    HOUR = 2
    """Whole hours."""
    DAY = 3
    """Local calendar days."""
    WEEK = 4
    """ISO weeks, from Monday."""
    MONTH = 5
    """Calendar months."""


@named("shadower.common.v1.Direction")
class Direction(OpenEnum):
    """Which way a value went."""

    UNSPECIFIED = 0
    """There is nothing to compare: the value of this or of the previous period is not known."""
    UP = 1
    """It rose."""
    DOWN = 2
    """It fell."""
    FLAT = 3
    """It is the same."""


@named("shadower.common.v1.Dimension")
class Dimension(OpenEnum):
    """What executions can be grouped by. Each dimension names the label under which its value
    is answered; a run without a value forms a group without that label.
    """

    UNSPECIFIED = 0
    """Not set; refused."""
    AGENT = 1
    """Label agent_id."""
    AGENT_VERSION = 2
    """Label agent_version."""
    USER = 3
    """Label user_id."""
    MODEL = 4
    """Label model."""
    PROVIDER = 5
    """Label provider."""
    STATUS = 6
    """Label status: running, succeeded, failed, timed_out or cancelled."""
    ERROR_TYPE = 7
    """Label error_type: timeout, rate_limit, validation, model_error, network, auth, resource,
    user_error or unknown.
    """


@dataclass(frozen=True, slots=True, kw_only=True)
class ForeignMethod(Message):
    """What we ask of a method whose definition is somebody else's. Its requests name no
    workspace, so it is implied; see workspace_may_be_implied.
    """

    PROTO: ClassVar[str] = "shadower.common.v1.ForeignMethod"
    path: str = ""
    """The method, as "/package.Service/Method"."""
    required_permission: Permission = Permission.UNSPECIFIED
    """The permission that a caller needs in the workspace."""
    max_encoded_bytes: int = 0
    """The most bytes that a request may have in protobuf encoding; zero means 64 KiB."""
    limit_class: LimitClass = LimitClass.UNSPECIFIED
    """Which budget a request is charged to."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExecutionCounts(Message):
    """How many runs there are, by status. total is the sum of the others."""

    PROTO: ClassVar[str] = "shadower.common.v1.ExecutionCounts"
    total: int = 0
    """All runs that started in the interval, zero or more."""
    running: int = 0
    """Runs that have not ended."""
    succeeded: int = 0
    """Runs that succeeded."""
    failed: int = 0
    """Runs that failed."""
    timed_out: int = 0
    """Runs that timed out."""
    cancelled: int = 0
    """Runs that somebody stopped."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DurationStatistics(Message):
    """How long runs took, over the runs whose duration is known (end_time − start_time).
    Values are rounded to the nanosecond; all but known_executions are absent when no
    duration is known.
    """

    PROTO: ClassVar[str] = "shadower.common.v1.DurationStatistics"
    known_executions: int = 0
    """Number of runs with a known duration."""
    average: timedelta | None = None
    """Arithmetic mean."""
    minimum: timedelta | None = None
    """The shortest."""
    maximum: timedelta | None = None
    """The longest."""
    standard_deviation: timedelta | None = None
    """Sample standard deviation (n − 1); absent for fewer than two runs."""
    p50: timedelta | None = None
    """50th percentile by linear interpolation between closest ranks (as PostgreSQL's
    percentile_cont), between values that are within 1 % of the recorded ones; so are the
    following.
    """
    p75: timedelta | None = None
    """75th percentile."""
    p90: timedelta | None = None
    """90th percentile."""
    p95: timedelta | None = None
    """95th percentile."""
    p99: timedelta | None = None
    """99th percentile."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenUsage(Message):
    """Tokens of runs. A run whose tokens nobody reported has unknown tokens, and counts in
    unknown_executions instead of as zero.
    """

    PROTO: ClassVar[str] = "shadower.common.v1.TokenUsage"
    known_executions: int = 0
    """Runs with input and output tokens both known."""
    unknown_executions: int = 0
    """Runs with input tokens, output tokens or both unknown."""
    input_tokens: int | None = None
    """Sum of the known input tokens, cached ones included; absent if none is known."""
    output_tokens: int | None = None
    """Sum of the known output tokens; absent if none is known."""
    cached_input_tokens: int | None = None
    """Sum of the known cached input tokens, a part of input_tokens; absent if none is known."""
    total_tokens: int | None = None
    """Sum of input and output tokens over known_executions; absent if that is zero."""
    average_tokens: float | None = None
    """total_tokens / known_executions; absent if no run's tokens are known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CostUsage(Message):
    """What runs cost. Exact decimals in plain notation."""

    PROTO: ClassVar[str] = "shadower.common.v1.CostUsage"
    known_executions: int = 0
    """Runs with a known cost."""
    unknown_executions: int = 0
    """Runs whose cost nobody reported."""
    cost_usd: Decimal | None = None
    """Sum of the known costs in US dollars, such as "12.3475"; absent if none is known."""
    credits: Decimal | None = None
    """Sum of the known credits; absent if none is known."""
    average_cost_usd: Decimal | None = None
    """cost_usd / known_executions, rounded to 12 decimals; absent if no cost is known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison(Message):
    """A value beside that of a baseline: the previous period of equal length, or the whole
    workspace.
    """

    PROTO: ClassVar[str] = "shadower.common.v1.Comparison"
    metric: str = ""
    """Name of the metric in the registry (MetricsService.ListMetrics)."""
    current: Number | None = None
    """The value of this period; absent if not known."""
    baseline: Number | None = None
    """The value of the baseline; absent if there is none."""
    change: Number | None = None
    """current − baseline; absent if either is."""
    change_ratio: float | None = None
    """change / |baseline|; absent without a baseline or where it is zero."""
    direction: Direction = Direction.UNSPECIFIED
    """Which way the value went."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeInterval(Message):
    """A half-open span of time: start_time belongs to it, end_time does not. Two intervals
    that meet therefore share no fact and leave none out.
    """

    PROTO: ClassVar[str] = "shadower.common.v1.TimeInterval"
    start_time: datetime
    """The first instant of the interval, kept to the microsecond: from 1990 on."""
    end_time: datetime
    """The first instant after the interval, at least a microsecond and at most ten years after
    start_time, and before 2200.
    """


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter(Message):
    """Which facts count. Values of one field are alternatives; fields narrow each other; a
    field without values does not narrow. At most 100 values a field. The field tags is for
    metric points, all others are for executions.
    """

    PROTO: ClassVar[str] = "shadower.common.v1.Filter"
    agent_ids: Sequence[str] = ()
    """Ids of agents."""
    agent_versions: Sequence[str] = ()
    """Versions of agents."""
    user_ids: Sequence[str] = ()
    """Ids of users."""
    models: Sequence[str] = ()
    """Names of models."""
    providers: Sequence[str] = ()
    """Names of model providers."""
    statuses: Sequence[ExecutionStatus] = ()
    """Statuses of runs."""
    error_types: Sequence[ErrorType] = ()
    """Types of errors; narrows to runs that failed or timed out."""
    tags: Sequence[str] = ()
    """Tags of metric points as "key=value", such as "region=eu". Values of one key are
    alternatives, different keys narrow each other. An empty value also stands for points
    without that tag.
    """
