{{/* The components that there are, by their names, each with all that it does not override; as JSON. */}}
{{- define "shadower.components" -}}
{{- $all := dict }}
{{- range $name, $own := .Values.components }}
{{- $spec := mergeOverwrite (deepCopy $.Values.defaults) (deepCopy ($own | default dict)) }}
{{- $kind := $spec.kind | default "service" }}
{{- $isWanted := or (ne $kind "writer") (include "shadower.kafkaBrokers" $) }}
{{- if and (not $.Values.objects.url) (has "objects" ($spec.uses | default list)) }}
{{- $_ := set $spec "replicas" (min 1 $spec.replicas) }}
{{- $_ := set $spec.autoscaling "enabled" false }}
{{- end }}
{{- if and $spec.enabled $isWanted }}
{{- $_ := set $all $name (merge (dict "kind" $kind "uses" ($spec.uses | default list)) $spec) }}
{{- end }}
{{- end }}
{{- toJson $all }}
{{- end }}

{{/* The port on which a component takes calls: (dict "root" $ "spec" its values). */}}
{{- define "shadower.port" -}}
{{- $ports := .root.Values.ports }}
{{- if eq .spec.kind "edge" }}{{ $ports.edge }}{{ else if eq .spec.kind "mesh" }}{{ $ports.mesh }}{{ else }}{{ $ports.grpc }}{{ end }}
{{- end }}

{{/* What takes part in the mesh shows a certificate. */}}
{{- define "shadower.hasTls" -}}
{{- if ne (include "shadower.tlsSource" .) "none" }}true{{ end }}
{{- end }}

{{/* Where each service is, for Envoy. */}}
{{- define "shadower.edgeServices" -}}
{{- $found := dict }}
{{- range $name, $spec := include "shadower.components" . | fromJson }}
{{- if has $spec.kind (list "service" "web") }}
{{- $host := include "shadower.host" (dict "root" $ "name" $name) }}
{{- $_ := set $found $name (printf "%s:%v" $host $.Values.ports.grpc) }}
{{- end }}
{{- end }}
{{- toJson $found }}
{{- end }}

{{/* Where each service is, for who looks at them: NAME@ADDRESS,… */}}
{{- define "shadower.checkedServices" -}}
{{- $found := list }}
{{- range $name, $spec := include "shadower.components" . | fromJson }}
{{- if has $spec.kind (list "service" "writer") }}
{{- $host := include "shadower.host" (dict "root" $ "name" $name) }}
{{- $found = append $found (printf "%s@%s:%v" $spec.service $host $.Values.ports.grpc) }}
{{- end }}
{{- end }}
{{- join "," $found }}
{{- end }}
