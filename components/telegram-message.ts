/**
 * The text of every message, as a Go template for Telegram's HTML. Nothing is escaped by itself there, and one `<` in a label would
 * lose the message, so every value is cut first and escaped then. An escaped character has five at most: with all of them
 * escaped a message stays below Telegram's 4,096 characters, which Grafana would otherwise cut inside a tag.
 *
 * Only what Grafana and Alertmanager both know is used: the tests render it with Alertmanager's own tool.
 */
export const telegramTemplate = `
{{ define "rekindle.line" -}}
{{ with .Labels.rulename }}{{ printf "%.30s" . | html }} finds no data. {{ end -}}
{{ if .Annotations.summary }}{{ printf "%.120s" .Annotations.summary | html }}{{ else }}{{ printf "%.40s" .Labels.alertname | html }}{{ end -}}
{{ end }}
{{ define "rekindle.telegram" -}}
{{ $firing := .Alerts.Firing }}{{ $resolved := .Alerts.Resolved -}}
{{ if not $firing }}✅{{ else if eq .CommonLabels.severity "critical" }}🔥{{ else }}⚠️{{ end }} <b>{{ printf "%.40s" .CommonLabels.alertname | html }}</b> {{ with $firing }}{{ len . }} firing{{ end }}{{ if and $firing $resolved }}, {{ end }}{{ with $resolved }}{{ len . }} resolved{{ end }}
{{ range $i, $alert := $firing }}{{ if lt $i 3 }}{{ template "rekindle.line" $alert }}
{{ end }}{{ end }}{{ if gt (len $firing) 3 }}… and others
{{ end }}{{ range $i, $alert := $resolved }}{{ if lt $i 1 }}Resolved: {{ template "rekindle.line" $alert }}
{{ end }}{{ end }}{{ with .CommonAnnotations.runbook_url }}{{ printf "%.80s" . | html }}{{ end -}}
{{ end }}
`;

/** What contact points have as their message. */
export const telegramMessage = '{{ template "rekindle.telegram" . }}';

/** The longest address of a runbook that is not cut. */
export const longestRunbook = 80;
/** The longest summary that is not cut, labels included. */
export const longestSummary = 120;
