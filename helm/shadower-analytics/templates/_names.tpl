{{/* Names and labels. */}}

{{- define "shadower.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 40 | trimSuffix "-" }}
{{- end }}

{{/* At most 40 characters, so that what follows it fits into 63. */}}
{{- define "shadower.fullname" -}}
{{- if .Values.fullnameOverride }}
{{- .Values.fullnameOverride | trunc 40 | trimSuffix "-" }}
{{- else if contains (include "shadower.name" .) .Release.Name }}
{{- .Release.Name | trunc 40 | trimSuffix "-" }}
{{- else }}
{{- printf "%s-%s" .Release.Name (include "shadower.name" .) | trunc 40 | trimSuffix "-" }}
{{- end }}
{{- end }}

{{- define "shadower.selector" -}}
app.kubernetes.io/name: {{ include "shadower.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "shadower.labels" -}}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" | trunc 63 | trimSuffix "-" }}
{{ include "shadower.selector" . }}
app.kubernetes.io/version: {{ include "shadower.version" . | quote }}
app.kubernetes.io/part-of: shadower-analytics
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- with .Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{/* Of an object: (dict "root" $ "name" suffix "component" name "labels" more "annotations" more). */}}
{{- define "shadower.metadata" -}}
{{- $root := .root -}}
name: {{ list (include "shadower.fullname" $root) .name | compact | join "-" }}
namespace: {{ $root.Release.Namespace }}
labels:
  {{- include "shadower.labels" $root | nindent 2 }}
  {{- with .component }}
  app.kubernetes.io/component: {{ . }}
  {{- end }}
  {{- with .labels }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
{{- with merge (dict) (.annotations | default dict) $root.Values.commonAnnotations }}
annotations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}

{{- define "shadower.tag" -}}
{{- .Values.image.tag | default .Chart.AppVersion }}
{{- end }}

{{/* As a label may have it. */}}
{{- define "shadower.version" -}}
{{- regexReplaceAll "[^A-Za-z0-9._-]" (include "shadower.tag" .) "_" | trunc 63 | trimAll "._-" }}
{{- end }}

{{- define "shadower.image" -}}
{{- $repository := list .Values.image.registry .Values.image.repository | compact | join "/" }}
{{- if .Values.image.digest }}
{{- printf "%s@%s" $repository .Values.image.digest }}
{{- else }}
{{- printf "%s:%s" $repository (include "shadower.tag" .) }}
{{- end }}
{{- end }}

{{/* The name of a Service within the cluster: (dict "root" $ "name" component). */}}
{{- define "shadower.host" -}}
{{- printf "%s-%s.%s.svc.%s" (include "shadower.fullname" .root) .name .root.Release.Namespace .root.Values.clusterDomain }}
{{- end }}

{{- define "shadower.serviceAccountName" -}}
{{- if .root.Values.serviceAccount.create }}
{{- printf "%s-%s" (include "shadower.fullname" .root) .name }}
{{- else }}
{{- .root.Values.serviceAccount.name }}
{{- end }}
{{- end }}
