package main

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"
)

// tunnelToken is what TUNNEL_TOKEN holds: base64 of this JSON.
type tunnelToken struct {
	AccountTag string `json:"a"`
	TunnelID   string `json:"t"`
	Secret     string `json:"s"`
}

// loadToken reads the token; as in cloudflared, the value wins over the file.
func loadToken(value, file string) (tunnelToken, error) {
	var token tunnelToken
	if value == "" {
		if file == "" {
			return token, errNoToken
		}
		content, err := os.ReadFile(file)
		if err != nil {
			return token, fmt.Errorf("could not read the tunnel token: %w", err)
		}
		value = strings.TrimSpace(string(content))
	}
	decoded, err := base64.StdEncoding.DecodeString(value)
	if err == nil {
		err = json.Unmarshal(decoded, &token)
	}
	if err != nil || token.TunnelID == "" || token.Secret == "" || token.AccountTag == "" {
		// Never the token itself in a log.
		return token, errors.New("the tunnel token is not valid: it is base64 of {\"a\":account,\"t\":tunnel id,\"s\":secret}")
	}
	return token, nil
}
