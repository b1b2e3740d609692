#!/bin/sh
# One call of a model, as OTLP/JSON; any OpenTelemetry exporter or collector sends the same.
# SHADOWER_ADDRESS is host:port of the edge, SHADOWER_TOKEN a token for SHADOWER_WORKSPACE.
set -eu

edge="http://${SHADOWER_ADDRESS:-127.0.0.1:8080}"
workspace="${SHADOWER_WORKSPACE:-acme}"
now=$(date +%s)
trace=$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')

curl -sS --fail-with-body -X POST "$edge/v1/workspaces/$workspace/otlp/v1/traces" \
  -H "Authorization: Bearer $SHADOWER_TOKEN" -H 'Content-Type: application/json' -d @- <<JSON
{"resourceSpans": [{
  "resource": {"attributes": [{"key": "service.name", "value": {"stringValue": "shop"}}]},
  "scopeSpans": [{"spans": [{
    "traceId": "$trace", "spanId": "00f067aa0ba902b7", "name": "chat gpt-4o-mini",
    "startTimeUnixNano": "$((now - 2))000000000", "endTimeUnixNano": "${now}000000000",
    "attributes": [
      {"key": "gen_ai.operation.name", "value": {"stringValue": "chat"}},
      {"key": "gen_ai.provider.name", "value": {"stringValue": "openai"}},
      {"key": "gen_ai.request.model", "value": {"stringValue": "gpt-4o-mini"}},
      {"key": "gen_ai.usage.input_tokens", "value": {"intValue": "1000"}},
      {"key": "gen_ai.usage.output_tokens", "value": {"intValue": "50"}}
    ]}]}]}]}
JSON
echo
