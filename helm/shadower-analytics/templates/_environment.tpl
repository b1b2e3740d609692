{{/* What a component is told by its environment. Each name comes once: what is said last counts. */}}

{{- define "shadower.fromSecret" -}}
{{- dict "valueFrom" (dict "secretKeyRef" (dict "name" .secret "key" .key)) | toJson }}
{{- end }}

{{/* What all are told, and no secret: the content of a ConfigMap. */}}
{{- define "shadower.settings" -}}
{{- $told := dict
  "SHADOWER_ENVIRONMENT" .Values.environment
  "SHADOWER_LOG_LEVEL" .Values.logLevel
  "SHADOWER_DRAIN_SECONDS" (toString .Values.drainSeconds)
  "SHADOWER_JWT_ISSUER" (include "shadower.issuer" .)
  "SHADOWER_JWT_AUDIENCE" .Values.identity.audience
  "SHADOWER_MESH_ISSUER" .Values.mesh.issuer
  "SHADOWER_MESH_JWKS_FILE" "/etc/shadower/keys/mesh-jwks.json"
  "SHADOWER_TLS_SERVER_NAME" .Values.mesh.tls.serverName
  "SHADOWER_HEALTH_LISTEN" (printf "0.0.0.0:%v" .Values.ports.health)
  "OTEL_EXPORTER_PROMETHEUS_HOST" "0.0.0.0"
  "OTEL_EXPORTER_PROMETHEUS_PORT" (toString .Values.ports.metrics)
  "MALLOC_ARENA_MAX" "2"
}}
{{- if .Values.identity.jwksUrl }}
{{- $_ := set $told "SHADOWER_JWKS_URL" .Values.identity.jwksUrl }}
{{- else }}
{{- $_ := set $told "SHADOWER_JWKS_FILE" "/etc/shadower/keys/jwks.json" }}
{{- end }}
{{- if include "shadower.hasTls" . }}
{{- $_ := merge $told (dict "SHADOWER_TLS_CERTIFICATE_FILE" "/etc/shadower/tls/tls.crt" "SHADOWER_TLS_KEY_FILE" "/etc/shadower/tls/tls.key" "SHADOWER_TLS_AUTHORITY_FILE" "/etc/shadower/tls/ca.crt") }}
{{- else }}
{{- $_ := set $told "SHADOWER_PLAINTEXT" "true" }}
{{- end }}
{{- if .Values.tracing.endpoint }}
{{- $_ := merge $told (dict "OTEL_TRACES_EXPORTER" "otlp" "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT" .Values.tracing.endpoint "OTEL_TRACES_SAMPLER" .Values.tracing.sampler "OTEL_TRACES_SAMPLER_ARG" .Values.tracing.samplerArg) }}
{{- end }}
{{- range $name, $value := .Values.settings }}
{{- $_ := set $told $name (toString $value) }}
{{- end }}
{{- toYaml $told }}
{{- end }}

{{/* Where the database is, for (dict "root" $ "key" its key in the Secret): a container's variable. */}}
{{- define "shadower.database" -}}
{{- $secret := include "shadower.databaseSecret" .root }}
{{- if not $secret }}{{ dict "value" .root.Values.database.url | toJson }}
{{- else }}{{ include "shadower.fromSecret" (dict "secret" $secret "key" (ternary .key "database-url" (ne $secret (include "shadower.devSecret" .root)))) }}
{{- end }}
{{- end }}

{{/* How brokers are spoken to, and as whom: variables by their names. */}}
{{- define "shadower.kafkaAccess" -}}
{{- $kafka := .Values.kafka }}
{{- $env := dict "KAFKA_SECURITY_PROTOCOL" (dict "value" $kafka.securityProtocol) }}
{{- with $kafka.sasl.existingSecret }}
{{- $_ := set $env "KAFKA_SASL_MECHANISM" (dict "value" $kafka.sasl.mechanism) }}
{{- $_ := set $env "KAFKA_SASL_USERNAME" (include "shadower.fromSecret" (dict "secret" . "key" $kafka.sasl.usernameKey) | fromJson) }}
{{- $_ := set $env "KAFKA_SASL_PASSWORD" (include "shadower.fromSecret" (dict "secret" . "key" $kafka.sasl.passwordKey) | fromJson) }}
{{- end }}
{{- if $kafka.tls.authoritySecret }}
{{- $_ := set $env "KAFKA_SSL_CA_FILE" (dict "value" "/etc/shadower/kafka/ca.crt") }}
{{- end }}
{{- if $kafka.tls.certificateSecret }}
{{- $_ := set $env "KAFKA_SSL_CERTIFICATE_FILE" (dict "value" "/etc/shadower/kafka/tls.crt") }}
{{- $_ := set $env "KAFKA_SSL_KEY_FILE" (dict "value" "/etc/shadower/kafka/tls.key") }}
{{- end }}
{{- toJson $env }}
{{- end }}

{{/* What one component is told: (dict "root" $ "name" component "spec" its values). A list of variables. */}}
{{- define "shadower.environment" -}}
{{- $values := .root.Values }}
{{- $uses := .spec.uses }}
{{- $env := dict }}
{{- $port := include "shadower.port" . }}
{{- if has .spec.kind (list "service" "writer" "web") }}
{{- $_ := set $env "SHADOWER_LISTEN" (dict "value" (printf "0.0.0.0:%s" $port)) }}
{{- if eq .spec.kind "web" }}
{{- /* It shows no certificate: the NetworkPolicy lets only the edge through to it, and tokens guard the rest. */}}
{{- $_ := set $env "SHADOWER_PLAINTEXT" (dict "value" "true") }}
{{- end }}
{{- else }}
{{- $listen := ternary "SHADOWER_EDGE_LISTEN" "SHADOWER_EDGE_MESH_LISTEN" (eq .spec.kind "edge") }}
{{- $_ := merge $env (dict "SHADOWER_EDGE_LISTEN" (dict "value" "")) }}
{{- $_ := set $env $listen (dict "value" (printf "0.0.0.0:%s" $port)) }}
{{- $_ := set $env "SHADOWER_EDGE_METRICS_LISTEN" (dict "value" (printf "0.0.0.0:%v" $values.ports.metrics)) }}
{{- $_ := set $env "SHADOWER_EDGE_SERVICES" (dict "value" (include "shadower.edgeServices" .root)) }}
{{- $_ := set $env "SHADOWER_EDGE_FOLDER" (dict "value" "/tmp/edge") }}
{{- $_ := set $env "SHADOWER_EDGE_REPLICAS" (dict "value" (toString $values.defaults.replicas)) }}
{{- if and (eq .spec.kind "edge") $values.edge.tlsSecret }}
{{- $_ := set $env "SHADOWER_EDGE_TLS_CERTIFICATE_FILE" (dict "value" "/etc/shadower/public/tls.crt") }}
{{- $_ := set $env "SHADOWER_EDGE_TLS_KEY_FILE" (dict "value" "/etc/shadower/public/tls.key") }}
{{- end }}
{{- if and (eq .spec.kind "edge") $values.edge.corsOrigins }}
{{- $_ := set $env "SHADOWER_EDGE_CORS_ORIGINS" (dict "value" (join "," $values.edge.corsOrigins)) }}
{{- end }}
{{- end }}
{{- if has "database" $uses }}
{{- $_ := set $env "DATABASE_URL" (include "shadower.database" (dict "root" .root "key" $values.database.urlKey) | fromJson) }}
{{- if and $values.database.existingSecret $values.database.readUrlKey }}
{{- $_ := set $env "DATABASE_READ_URL" (include "shadower.database" (dict "root" .root "key" $values.database.readUrlKey) | fromJson) }}
{{- end }}
{{- end }}
{{- $redis := include "shadower.redisSecret" .root }}
{{- if has "redis" $uses }}
{{- if $redis }}
{{- $_ := set $env "REDIS_URL" (include "shadower.fromSecret" (dict "secret" $redis "key" (ternary $values.redis.urlKey "redis-url" (ne $redis (include "shadower.devSecret" .root)))) | fromJson) }}
{{- else if $values.redis.url }}
{{- $_ := set $env "REDIS_URL" (dict "value" $values.redis.url) }}
{{- end }}
{{- end }}
{{- $brokers := include "shadower.kafkaBrokers" .root }}
{{- if and $brokers (has "kafka" $uses) }}
{{- $_ := set $env "KAFKA_BROKERS" (dict "value" $brokers) }}
{{- $_ := set $env "SHADOWER_TOPIC_REPLICATION" (dict "value" (toString (ternary $values.kafka.replication 1 (ne $values.kafka.brokers "")))) }}
{{- $_ := set $env "SHADOWER_TOPIC_PARTITIONS" (dict "value" (toString $values.kafka.partitions)) }}
{{- $_ := merge $env (include "shadower.kafkaAccess" .root | fromJson) }}
{{- end }}
{{- if has "objects" $uses }}
{{- with include "shadower.objectsUrl" .root }}{{- $_ := set $env "SHADOWER_OBJECTS_URL" (dict "value" .) }}{{- end }}
{{- with $values.objects.endpoint }}{{- $_ := set $env "AWS_ENDPOINT_URL" (dict "value" .) }}{{- end }}
{{- $_ := set $env "SHADOWER_PUBLIC_URL" (dict "value" (include "shadower.publicUrl" .root)) }}
{{- end }}
{{- if has "mesh" $uses }}
{{- $_ := set $env "SHADOWER_MESH" (dict "value" (printf "%s:%v" (include "shadower.host" (dict "root" .root "name" "mesh")) $values.ports.mesh)) }}
{{- end }}
{{- if has "meshKey" $uses }}
{{- $_ := set $env "SHADOWER_MESH_KEY_FILE" (dict "value" "/etc/shadower/keys/mesh-key.json") }}
{{- end }}
{{- if has "checks" $uses }}
{{- $_ := set $env "SHADOWER_CHECKED_SERVICES" (dict "value" (include "shadower.checkedServices" .root)) }}
{{- end }}
{{- $notifications := include "shadower.notificationsSecret" .root }}
{{- if and $notifications (has "notifications" $uses) }}
{{- with $values.notifications.sealingKey }}
{{- $_ := set $env "SHADOWER_NOTIFICATION_KEY" (include "shadower.fromSecret" (dict "secret" $notifications "key" .) | fromJson) }}
{{- end }}
{{- with $values.notifications.smtpUrlKey }}
{{- $_ := set $env "SHADOWER_SMTP_URL" (include "shadower.fromSecret" (dict "secret" $notifications "key" .) | fromJson) }}
{{- end }}
{{- end }}
{{- range $name, $value := .spec.env }}
{{- $_ := set $env $name (dict "value" (toString $value)) }}
{{- end }}
{{- range .spec.extraEnv }}
{{- $_ := set $env .name (omit . "name") }}
{{- end }}
{{- include "shadower.environmentList" $env }}
{{- end }}

{{/* A container's list, of variables by their names. */}}
{{- define "shadower.environmentList" -}}
{{- range $name := keys . | sortAlpha }}
- name: {{ $name }}
  {{- toYaml (index $ $name) | nindent 2 }}
{{- end }}
{{- end }}
