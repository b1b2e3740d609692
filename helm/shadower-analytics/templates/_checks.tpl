{{/* What the schema cannot see: values that need each other. Each message names the key. */}}

{{- define "shadower.checks" -}}
{{- if not (or .Values.database.url (include "shadower.databaseSecret" .)) }}
{{- fail "database.existingSecret: name the Secret that holds the database's URL (or set database.url, or dev.enabled)" }}
{{- end }}
{{- if and .Values.database.url .Values.database.existingSecret }}
{{- fail "database.url: leave it out where database.existingSecret is set" }}
{{- end }}
{{- if and .Values.redis.url .Values.redis.existingSecret }}
{{- fail "redis.url: leave it out where redis.existingSecret is set" }}
{{- end }}
{{- if not (or .Values.identity.jwksUrl (include "shadower.identitySecret" .)) }}
{{- fail "identity.jwksUrl: say where the issuer publishes its keys (or name identity.existingSecret, or set dev.enabled)" }}
{{- end }}
{{- if and .Values.identity.jwksUrl .Values.identity.existingSecret }}
{{- fail "identity.jwksUrl: leave it out where identity.existingSecret is set" }}
{{- end }}
{{- if not (include "shadower.issuer" .) }}
{{- fail "identity.issuer: say whose tokens count" }}
{{- end }}
{{- if not (include "shadower.meshSecret" .) }}
{{- fail "mesh.keys.existingSecret: name the Secret that holds the mesh's key (or set dev.enabled)" }}
{{- end }}
{{- if and (hasKey (include "shadower.components" . | fromJson) "reports") (not (include "shadower.objectsUrl" .)) }}
{{- fail "objects.url: say where reports are kept (or set components.reports.enabled=false, or dev.enabled)" }}
{{- end }}
{{- $source := include "shadower.tlsSource" . }}
{{- if and (eq $source "generated") (not .Values.dev.enabled) }}
{{- fail "mesh.tls.source: generated needs dev.enabled" }}
{{- end }}
{{- range $name, $spec := include "shadower.components" . | fromJson }}
{{- if and (eq $source "existingSecret") (not (include "shadower.tlsSecret" (dict "root" $ "name" $name "spec" $spec))) }}
{{- fail (printf "mesh.tls.existingSecret: name a Secret with certificates (or components.%s.tlsSecret)" $name) }}
{{- end }}
{{- end }}
{{- end }}
