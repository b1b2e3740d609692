{{/* A server for trying: (dict "root" $ "name" "postgres" "spec" its values "port" … "users" label of pods that may call
     "container" YAML "data" mount path "storage" size). */}}
{{- define "shadower.devServer" -}}
{{- $root := .root }}
{{- $name := printf "dev-%s" .name }}
apiVersion: v1
kind: Service
metadata:
  {{- include "shadower.metadata" (dict "root" $root "name" $name "component" $name) | nindent 2 }}
spec:
  type: ClusterIP
  clusterIP: None
  # A Kafka asks for itself before it is ready.
  publishNotReadyAddresses: {{ eq .name "kafka" }}
  selector:
    {{- include "shadower.selector" $root | nindent 4 }}
    app.kubernetes.io/component: {{ $name }}
  ports:
    - name: {{ .name }}
      port: {{ .port }}
      targetPort: {{ .name }}
---
apiVersion: apps/v1
kind: StatefulSet
metadata:
  {{- include "shadower.metadata" (dict "root" $root "name" $name "component" $name) | nindent 2 }}
spec:
  replicas: 1
  serviceName: {{ include "shadower.fullname" $root }}-{{ $name }}
  selector:
    matchLabels:
      {{- include "shadower.selector" $root | nindent 6 }}
      app.kubernetes.io/component: {{ $name }}
  {{- if .storage }}
  persistentVolumeClaimRetentionPolicy: {whenDeleted: Delete, whenScaled: Retain}
  volumeClaimTemplates:
    - apiVersion: v1
      kind: PersistentVolumeClaim
      metadata:
        name: data
      spec:
        accessModes: [ReadWriteOnce]
        {{- with .spec.storageClassName }}
        storageClassName: {{ . }}
        {{- end }}
        resources:
          requests:
            storage: {{ .storage }}
  {{- end }}
  template:
    metadata:
      labels:
        {{- include "shadower.labels" $root | nindent 8 }}
        app.kubernetes.io/component: {{ $name }}
    spec:
      automountServiceAccountToken: false
      enableServiceLinks: false
      terminationGracePeriodSeconds: 60
      securityContext:
        runAsNonRoot: true
        runAsUser: {{ .spec.uid }}
        runAsGroup: {{ .spec.uid }}
        fsGroup: {{ .spec.uid }}
        seccompProfile: {type: RuntimeDefault}
      containers:
        - name: {{ .name }}
          image: {{ .spec.image | quote }}
          ports:
            - name: {{ .name }}
              containerPort: {{ .port }}
          resources:
            {{- toYaml .spec.resources | nindent 12 }}
          {{- .container | nindent 10 }}
      volumes:
        - name: tmp
          emptyDir: {}
        - name: run
          emptyDir: {}
        {{- if eq .name "postgres" }}
        - name: secrets
          secret:
            secretName: {{ include "shadower.devSecret" $root }}
            defaultMode: 0440
            items:
              - {key: database-password, path: database-password}
        {{- end }}
        {{- if not .storage }}
        - name: data
          emptyDir: {}
        {{- end }}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  {{- include "shadower.metadata" (dict "root" $root "name" $name "component" $name) | nindent 2 }}
spec:
  podSelector:
    matchLabels:
      {{- include "shadower.selector" $root | nindent 6 }}
      app.kubernetes.io/component: {{ $name }}
  policyTypes: [Ingress]
  ingress:
    - ports:
        - port: {{ .port }}
      from:
        - podSelector:
            matchLabels:
              {{- include "shadower.selector" $root | nindent 14 }}
              shadower.dev/uses-{{ .users }}: "true"
{{- end }}
