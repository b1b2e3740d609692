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
{{- $kafka := .Values.kafka }}
{{- if and (ne $kafka.securityProtocol "PLAINTEXT") (not $kafka.brokers) }}
{{- fail "kafka.securityProtocol: name brokers (kafka.brokers); that of dev is spoken to in plain" }}
{{- end }}
{{- if ne (hasPrefix "SASL_" $kafka.securityProtocol) (ne $kafka.sasl.existingSecret "") }}
{{- fail "kafka.sasl.existingSecret: it goes with kafka.securityProtocol=SASL_SSL or SASL_PLAINTEXT, and they with it" }}
{{- end }}
{{- range $name := list "authoritySecret" "certificateSecret" }}
{{- if and (index $kafka.tls $name) (not (hasSuffix "SSL" $kafka.securityProtocol)) }}
{{- fail (printf "kafka.tls.%s: it goes with kafka.securityProtocol=SSL or SASL_SSL" $name) }}
{{- end }}
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
{{- if and .Values.database.url (or .Values.database.readUrlKey .Values.database.migrationUrlKey) }}
{{- fail "database.url: readUrlKey and migrationUrlKey are keys of database.existingSecret, which it stands instead of" }}
{{- end }}
{{- if eq (include "shadower.issuer" .) .Values.mesh.issuer }}
{{- fail "mesh.issuer: tokens of the mesh need another issuer than identity.issuer" }}
{{- end }}
{{- if and .Values.edge.ingress.enabled (not .Values.edge.ingress.hosts) }}
{{- fail "edge.ingress.hosts: name the hosts that lead to the edge" }}
{{- end }}
{{- $ports := dict }}
{{- range $name := list "grpc" "health" "metrics" }}
{{- $port := toString (index $.Values.ports $name) }}
{{- if hasKey $ports $port }}
{{- fail (printf "ports.%s: %s is ports.%s, too, and a pod has both" $name $port (index $ports $port)) }}
{{- end }}
{{- $_ := set $ports $port $name }}
{{- end }}
{{- range $name := list "edge" "mesh" }}
{{- if eq (toString (index $.Values.ports $name)) (toString $.Values.ports.metrics) }}
{{- fail (printf "ports.%s: %v is ports.metrics, too, and a pod has both" $name $.Values.ports.metrics) }}
{{- end }}
{{- end }}
{{- $isLocal := hasPrefix "file:" (include "shadower.objectsUrl" .) }}
{{- range $name, $spec := include "shadower.components" . | fromJson }}
{{- if and $isLocal (has "objects" $spec.uses) (or (gt (int $spec.replicas) 1) $spec.autoscaling.enabled) }}
{{- fail (printf "objects.url: files of one pod are not there in another; name a store such as s3://…, or set components.%s.replicas=1 without autoscaling" $name) }}
{{- end }}
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
