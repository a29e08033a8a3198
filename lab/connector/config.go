package main

import (
	"bytes"
	"errors"
	"fmt"
	"net/url"
	"os"
	"regexp"
	"strconv"
	"strings"
	"time"

	"gopkg.in/yaml.v3"
)

// configFile is config.yaml, as far as the stand-in knows it. Unknown keys are an error: cloudflared only warns, but in a
// rehearsal a key without effect should show.
type configFile struct {
	Tunnel        string        `yaml:"tunnel"`
	OriginRequest originRequest `yaml:"originRequest"`
	Ingress       []struct {
		Hostname      string        `yaml:"hostname"`
		Path          string        `yaml:"path"`
		Service       string        `yaml:"service"`
		OriginRequest originRequest `yaml:"originRequest"`
	} `yaml:"ingress"`
}

// originRequest says how to reach an origin. Pointers tell "not set" from zero: a rule's value goes before the global one.
type originRequest struct {
	ConnectTimeout         *time.Duration `yaml:"connectTimeout"`
	TLSTimeout             *time.Duration `yaml:"tlsTimeout"`
	TCPKeepAlive           *time.Duration `yaml:"tcpKeepAlive"`
	NoHappyEyeballs        *bool          `yaml:"noHappyEyeballs"`
	KeepAliveTimeout       *time.Duration `yaml:"keepAliveTimeout"`
	KeepAliveConnections   *int           `yaml:"keepAliveConnections"`
	HTTPHostHeader         *string        `yaml:"httpHostHeader"`
	OriginServerName       *string        `yaml:"originServerName"`
	MatchSNIToHost         *bool          `yaml:"matchSNItoHost"`
	CAPool                 *string        `yaml:"caPool"`
	NoTLSVerify            *bool          `yaml:"noTLSVerify"`
	HTTP2Origin            *bool          `yaml:"http2Origin"`
	DisableChunkedEncoding *bool          `yaml:"disableChunkedEncoding"`
	Access                 *access        `yaml:"access"`
}

// rule sends what matches hostname and path to a service: an origin's URL, or a fixed status.
type rule struct {
	hostname string
	path     *regexp.Regexp
	origin   *origin
	status   int
	access   bool
}

func loadConfig(file string) ([]rule, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("could not read the configuration: %w", err)
	}
	rules, err := parseConfig(text)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	return rules, nil
}

func parseConfig(text []byte) ([]rule, error) {
	var config configFile
	decoder := yaml.NewDecoder(bytes.NewReader(text))
	decoder.KnownFields(true)
	if err := decoder.Decode(&config); err != nil {
		return nil, err
	}
	if len(config.Ingress) == 0 {
		return nil, errors.New("no ingress rules: cloudflared would answer every request with 503")
	}
	rules := make([]rule, len(config.Ingress))
	for i, entry := range config.Ingress {
		where := fmt.Sprintf("ingress rule %d (%s)", i+1, entry.Service)
		parsed, err := parseService(entry.Service)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", where, err)
		}
		parsed.hostname = strings.ToLower(entry.Hostname)
		if strings.Contains(strings.TrimPrefix(parsed.hostname, "*."), "*") && parsed.hostname != "*" {
			return nil, fmt.Errorf("%s: hostname %q: a wildcard stands only first, as in *.example.com", where, entry.Hostname)
		}
		if entry.Path != "" {
			if parsed.path, err = regexp.Compile(entry.Path); err != nil {
				return nil, fmt.Errorf("%s: path: %w", where, err)
			}
		}
		catchAll := (parsed.hostname == "" || parsed.hostname == "*") && parsed.path == nil
		if last := i == len(config.Ingress)-1; last != catchAll {
			if last {
				return nil, fmt.Errorf("%s: the last rule must match all: no hostname and no path", where)
			}
			return nil, fmt.Errorf("%s: matches all, so the rules after it would never be used", where)
		}
		// As in cloudflared, only a rule's own access counts.
		if parsed.access, err = entry.OriginRequest.Access.enforced(); err != nil {
			return nil, fmt.Errorf("%s: %w", where, err)
		}
		if parsed.origin != nil {
			if err := parsed.origin.configure(config.OriginRequest, entry.OriginRequest); err != nil {
				return nil, fmt.Errorf("%s: %w", where, err)
			}
		}
		rules[i] = parsed
	}
	return rules, nil
}

func parseService(service string) (rule, error) {
	if code, found := strings.CutPrefix(service, "http_status:"); found {
		status, err := strconv.Atoi(code)
		if err != nil || status < 100 || status > 999 {
			return rule{}, errors.New("http_status needs a code from 100 to 999")
		}
		return rule{status: status}, nil
	}
	address, err := url.Parse(service)
	if err != nil || address.Host == "" || (address.Scheme != "http" && address.Scheme != "https") {
		return rule{}, errors.New("the stand-in serves http://HOST:PORT, https://HOST:PORT and http_status:CODE")
	}
	if address.Path != "" {
		return rule{}, errors.New("a service has no path: cloudflared passes the visitor's path on")
	}
	return rule{origin: &origin{address: address}}, nil
}

// match finds the first rule for a request; the last rule matches all.
func match(rules []rule, hostname, path string) *rule {
	for i := range rules {
		if rules[i].matches(strings.ToLower(hostname), path) {
			return &rules[i]
		}
	}
	return &rules[len(rules)-1]
}

func (r *rule) matches(hostname, path string) bool {
	suffix, wildcard := strings.CutPrefix(r.hostname, "*")
	hostMatches := r.hostname == "" || hostname == r.hostname || (wildcard && strings.HasSuffix(hostname, suffix))
	return hostMatches && (r.path == nil || r.path.MatchString(path))
}
