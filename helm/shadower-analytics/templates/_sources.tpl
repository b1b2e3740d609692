{{/* Which Secrets things come from: those that were named, or those that the Job of dev makes. */}}

{{- define "shadower.devSecret" -}}
{{- printf "%s-dev" (include "shadower.fullname" .) }}
{{- end }}

{{- define "shadower.databaseSecret" -}}
{{- if .Values.database.existingSecret }}{{ .Values.database.existingSecret }}
{{- else if and .Values.dev.enabled .Values.dev.postgres.enabled (not .Values.database.url) }}{{ include "shadower.devSecret" . }}
{{- end }}
{{- end }}

{{- define "shadower.redisSecret" -}}
{{- if .Values.redis.existingSecret }}{{ .Values.redis.existingSecret }}
{{- else if and .Values.dev.enabled .Values.dev.valkey.enabled (not .Values.redis.url) }}{{ include "shadower.devSecret" . }}
{{- end }}
{{- end }}

{{- define "shadower.identitySecret" -}}
{{- if .Values.identity.existingSecret }}{{ .Values.identity.existingSecret }}
{{- else if and .Values.dev.enabled (not .Values.identity.jwksUrl) }}{{ include "shadower.devSecret" . }}
{{- end }}
{{- end }}

{{- define "shadower.meshSecret" -}}
{{- if .Values.mesh.keys.existingSecret }}{{ .Values.mesh.keys.existingSecret }}
{{- else if .Values.dev.enabled }}{{ include "shadower.devSecret" . }}
{{- end }}
{{- end }}

{{- define "shadower.notificationsSecret" -}}
{{- if .Values.notifications.existingSecret }}{{ .Values.notifications.existingSecret }}
{{- else if .Values.dev.enabled }}{{ include "shadower.devSecret" . }}
{{- end }}
{{- end }}

{{- define "shadower.kafkaBrokers" -}}
{{- if .Values.kafka.brokers }}{{ .Values.kafka.brokers }}
{{- else if and .Values.dev.enabled .Values.dev.kafka.enabled }}{{ include "shadower.host" (dict "root" . "name" "dev-kafka") }}:9092
{{- end }}
{{- end }}

{{- define "shadower.tlsSource" -}}
{{- if .Values.mesh.tls.source }}{{ .Values.mesh.tls.source }}
{{- else if .Values.dev.enabled }}generated
{{- else }}certManager
{{- end }}
{{- end }}

{{/* (dict "root" $ "name" component "spec" its values) */}}
{{- define "shadower.tlsSecret" -}}
{{- $source := include "shadower.tlsSource" .root }}
{{- if eq $source "certManager" }}{{ include "shadower.fullname" .root }}-{{ .name }}-tls
{{- else if eq $source "existingSecret" }}{{ .spec.tlsSecret | default .root.Values.mesh.tls.existingSecret }}
{{- else if eq $source "generated" }}{{ include "shadower.devSecret" .root }}-tls
{{- end }}
{{- end }}

{{- define "shadower.issuer" -}}
{{- if .Values.identity.issuer }}{{ .Values.identity.issuer }}
{{- else if .Values.dev.enabled }}https://shadower.dev
{{- end }}
{{- end }}

{{- define "shadower.publicUrl" -}}
{{- .Values.publicUrl | default (printf "http://%s" (include "shadower.host" (dict "root" . "name" "edge"))) }}
{{- end }}

{{/* Where files are kept. That of a trial is one pod's own, so there is one pod of those who keep any. */}}
{{- define "shadower.objectsUrl" -}}
{{- if .Values.objects.url }}{{ .Values.objects.url }}
{{- else if .Values.dev.enabled }}file:///tmp/objects
{{- end }}
{{- end }}
