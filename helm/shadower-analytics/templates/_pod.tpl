{{/* The parts of a component's pod: each of (dict "root" $ "name" component "spec" its values). */}}

{{- define "shadower.podTemplate" -}}
{{- $values := .root.Values }}
metadata:
  labels:
    {{- include "shadower.labels" .root | nindent 4 }}
    app.kubernetes.io/component: {{ .name }}
    shadower.dev/kind: {{ .spec.kind }}
    {{- range .spec.uses }}
    shadower.dev/uses-{{ kebabcase . }}: "true"
    {{- end }}
    {{- with .spec.podLabels }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
  annotations:
    kubectl.kubernetes.io/default-container: {{ .name }}
    checksum/settings: {{ include "shadower.settings" .root | sha256sum }}
    {{- with .spec.podAnnotations }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
spec:
  {{- with $values.imagePullSecrets }}
  imagePullSecrets:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  serviceAccountName: {{ include "shadower.serviceAccountName" . }}
  automountServiceAccountToken: false
  enableServiceLinks: false
  terminationGracePeriodSeconds: {{ add $values.preStopSeconds $values.drainSeconds 15 }}
  securityContext:
    {{- toYaml $values.podSecurityContext | nindent 4 }}
  {{- $migrates := and (eq $values.migrations.mode "initContainer") (has "database" .spec.uses) }}
  {{- if or $migrates .spec.initContainers }}
  initContainers:
    {{- if $migrates }}
    {{- include "shadower.migration" .root | nindent 4 }}
    {{- end }}
    {{- with .spec.initContainers }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
  {{- end }}
  containers:
    {{- include "shadower.container" . | nindent 4 }}
    {{- with .spec.sidecars }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
  volumes:
    {{- include "shadower.volumes" . | nindent 4 }}
  {{- with .spec.topologySpreadConstraints }}
  topologySpreadConstraints:
    {{- range . }}
    {{- $selector := dict "labelSelector" (dict "matchLabels" (merge (dict "app.kubernetes.io/component" $.name) (include "shadower.selector" $.root | fromYaml))) "matchLabelKeys" (list "pod-template-hash") }}
    - {{- toYaml (hasKey . "labelSelector" | ternary . (merge (dict) . $selector)) | nindent 6 }}
    {{- end }}
  {{- end }}
  {{- include "shadower.placement" .spec | nindent 2 }}
{{- end }}

{{- define "shadower.placement" -}}
{{- range $key := list "nodeSelector" "tolerations" "affinity" "priorityClassName" }}
{{- with index $ $key }}
{{ $key }}:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}
{{- end }}

{{- define "shadower.container" -}}
{{- $values := .root.Values }}
- name: {{ .name }}
  image: {{ include "shadower.image" .root | quote }}
  imagePullPolicy: {{ $values.image.pullPolicy }}
  args: [serve, {{ ternary "edge" .name (eq .spec.kind "mesh") }}]
  securityContext:
    {{- toYaml $values.securityContext | nindent 4 }}
  ports:
    - name: {{ ternary "http" "grpc" (has .spec.kind (list "edge" "web")) }}
      containerPort: {{ include "shadower.port" . }}
    {{- if has .spec.kind (list "service" "writer") }}
    - name: health
      containerPort: {{ $values.ports.health }}
    {{- end }}
    - name: metrics
      containerPort: {{ $values.ports.metrics }}
  envFrom:
    - configMapRef:
        name: {{ include "shadower.fullname" .root }}-settings
    {{- if and (has "objects" .spec.uses) $values.objects.existingSecret }}
    - secretRef:
        name: {{ $values.objects.existingSecret }}
    {{- end }}
    {{- with .spec.extraEnvFrom }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
  env:
    {{- include "shadower.environment" . | nindent 4 }}
  {{- include "shadower.probes" . | nindent 2 }}
  lifecycle:
    preStop:
      sleep:
        seconds: {{ $values.preStopSeconds }}
  resources:
    {{- toYaml .spec.resources | nindent 4 }}
  volumeMounts:
    - name: tmp
      mountPath: /tmp
    - name: keys
      mountPath: /etc/shadower/keys
      readOnly: true
    {{- if include "shadower.hasTls" .root }}
    - name: tls
      mountPath: /etc/shadower/tls
      readOnly: true
    {{- end }}
    {{- if and (eq .spec.kind "edge") $values.edge.tlsSecret }}
    - name: public
      mountPath: /etc/shadower/public
      readOnly: true
    {{- end }}
    {{- if include "shadower.hasKafkaFiles" . }}
    - name: kafka
      mountPath: /etc/shadower/kafka
      readOnly: true
    {{- end }}
    {{- with .spec.extraVolumeMounts }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
{{- end }}

{{- define "shadower.hasKafkaFiles" -}}
{{- $tls := .root.Values.kafka.tls }}
{{- if and .root.Values.kafka.brokers (has "kafka" .spec.uses) (or $tls.authoritySecret $tls.certificateSecret) }}true{{ end }}
{{- end }}

{{/* The process lives: liveness. It can answer, as the database and its schema let it: readiness. */}}
{{- define "shadower.probes" -}}
{{- $health := .root.Values.ports.health }}
{{- $live := dict "grpc" (dict "port" $health "service" "liveness") }}
{{- $ready := dict "grpc" (dict "port" $health "service" (.spec.service | default "liveness")) }}
{{- if has .spec.kind (list "edge" "mesh") }}
{{- $live = dict "httpGet" (dict "path" "/ready" "port" "metrics") }}
{{- $ready = $live }}
{{- else if eq .spec.kind "web" }}
{{- $live = dict "httpGet" (dict "path" "/health" "port" "http") }}
{{- $ready = $live }}
{{- end }}
startupProbe:
  {{- toYaml $live | nindent 2 }}
  periodSeconds: 2
  timeoutSeconds: 2
  failureThreshold: {{ div .spec.startupSeconds 2 }}
livenessProbe:
  {{- toYaml $live | nindent 2 }}
  periodSeconds: 10
  timeoutSeconds: 5
  failureThreshold: 3
readinessProbe:
  {{- toYaml $ready | nindent 2 }}
  periodSeconds: 5
  timeoutSeconds: 5
  failureThreshold: 2
{{- end }}

{{- define "shadower.volumes" -}}
{{- $values := .root.Values }}
- name: tmp
  emptyDir: {}
- name: keys
  projected:
    defaultMode: 0440
    sources:
      - secret:
          name: {{ include "shadower.meshSecret" .root }}
          items:
            - {key: {{ $values.mesh.keys.jwksKey }}, path: mesh-jwks.json}
            {{- if has "meshKey" .spec.uses }}
            - {key: {{ $values.mesh.keys.privateKey }}, path: mesh-key.json}
            {{- end }}
      {{- with include "shadower.identitySecret" .root }}
      - secret:
          name: {{ . }}
          items:
            - {key: {{ $values.identity.jwksKey }}, path: jwks.json}
      {{- end }}
{{- with include "shadower.tlsSecret" . }}
- name: tls
  secret:
    secretName: {{ . }}
    defaultMode: 0440
{{- end }}
{{- if and (eq .spec.kind "edge") $values.edge.tlsSecret }}
- name: public
  secret:
    secretName: {{ $values.edge.tlsSecret }}
    defaultMode: 0440
{{- end }}
{{- if include "shadower.hasKafkaFiles" . }}
- name: kafka
  projected:
    defaultMode: 0440
    sources:
      {{- with $values.kafka.tls.authoritySecret }}
      - secret:
          name: {{ . }}
          items:
            - {key: {{ $values.kafka.tls.authorityKey }}, path: ca.crt}
      {{- end }}
      {{- with $values.kafka.tls.certificateSecret }}
      - secret:
          name: {{ . }}
          items:
            - {key: {{ $values.kafka.tls.certificateKey }}, path: tls.crt}
            - {key: {{ $values.kafka.tls.privateKey }}, path: tls.key}
      {{- end }}
{{- end }}
{{- $more := .spec.extraVolumes }}
{{- if and (eq $values.migrations.mode "initContainer") (has "database" .spec.uses) }}
{{- /* Both may name the same one. */}}
{{- $more = uniq (concat $more $values.migrations.extraVolumes) }}
{{- end }}
{{- with $more }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{/* Of a Job's pod, all of which is in the Job's name: labels that tell versions apart are only the Job's own. */}}
{{- define "shadower.jobLabels" -}}
{{ include "shadower.selector" .root }}
app.kubernetes.io/component: {{ .name }}
{{- end }}

{{/* What any Job's pod is: (dict "root" $ "account" its service account). */}}
{{- define "shadower.jobPod" -}}
{{- with .root.Values.imagePullSecrets }}
imagePullSecrets:
  {{- toYaml . | nindent 2 }}
{{- end }}
restartPolicy: OnFailure
serviceAccountName: {{ .account }}
enableServiceLinks: false
securityContext:
  {{- toYaml .root.Values.podSecurityContext | nindent 2 }}
{{- end }}

{{- define "shadower.migrationTemplate" -}}
{{- $own := .Values.migrations }}
metadata:
  labels:
    {{- include "shadower.jobLabels" (dict "root" . "name" "migrate") | nindent 4 }}
    shadower.dev/uses-database: "true"
    {{- with $own.podLabels }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
  {{- with $own.podAnnotations }}
  annotations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
spec:
  {{- include "shadower.jobPod" (dict "root" . "account" (include "shadower.serviceAccountName" (dict "root" . "name" "migrate"))) | nindent 2 }}
  automountServiceAccountToken: false
  containers:
    {{- include "shadower.migration" . | nindent 4 }}
  volumes:
    - name: tmp
      emptyDir: {}
    {{- with $own.extraVolumes }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
  {{- include "shadower.placement" $own | nindent 2 }}
{{- end }}

{{/* Brings the schema up to date; by any number of pods at once, since a lock lets one do it. */}}
{{- define "shadower.migration" -}}
- name: migrate
  image: {{ include "shadower.image" . | quote }}
  imagePullPolicy: {{ .Values.image.pullPolicy }}
  args: [migrate]
  securityContext:
    {{- toYaml .Values.securityContext | nindent 4 }}
  {{- $key := .Values.database.migrationUrlKey | default .Values.database.urlKey }}
  {{- $env := dict "DATABASE_URL" (include "shadower.database" (dict "root" . "key" $key) | fromJson) }}
  {{- $_ := set $env "SHADOWER_MIGRATE_WAIT_SECONDS" (dict "value" (toString .Values.migrations.waitSeconds)) }}
  {{- range $name, $value := .Values.migrations.env }}
  {{- $_ := set $env $name (dict "value" (toString $value)) }}
  {{- end }}
  {{- range .Values.migrations.extraEnv }}
  {{- $_ := set $env .name (omit . "name") }}
  {{- end }}
  {{- with .Values.migrations.extraEnvFrom }}
  envFrom:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  env:
    {{- include "shadower.environmentList" $env | nindent 4 }}
  resources:
    {{- toYaml .Values.migrations.resources | nindent 4 }}
  volumeMounts:
    - name: tmp
      mountPath: /tmp
    {{- with .Values.migrations.extraVolumeMounts }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
{{- end }}
