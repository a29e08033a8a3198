package main

import (
	"errors"
	"log"
	"net/http"
)

// The edge adds this token to requests that passed Cloudflare Access.
const accessToken = "Cf-Access-Jwt-Assertion"

// access lets only those requests through that passed Cloudflare Access.
type access struct {
	Required bool     `yaml:"required"`
	TeamName string   `yaml:"teamName"`
	AudTag   []string `yaml:"audTag"`
}

// enforced says whether a rule has it; what cloudflared does not start with is an error.
func (a *access) enforced() (bool, error) {
	if a == nil || !a.Required {
		return false, nil
	}
	if a.TeamName == "" && len(a.AudTag) > 0 {
		return false, errors.New("access.TeamName cannot be blank when access.audTags are present")
	}
	return true, nil
}

// refuseStranger answers a request without Access's token as cloudflared does. The stand-in has no keys of a team to check a token
// with, so a request that has one fails as if it were wrong.
func refuseStranger(w http.ResponseWriter, r *http.Request) {
	if r.Header.Get(accessToken) == "" {
		log.Printf("ERROR request filtered by middleware handler (AccessJWTValidator) due to: no access token in request")
		w.WriteHeader(http.StatusForbidden)
		return
	}
	log.Printf("ERROR error while processing middleware handler AccessJWTValidator: this stand-in checks no token")
	w.WriteHeader(http.StatusBadGateway)
}
