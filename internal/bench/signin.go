package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"time"
)

// mailedWithin is how long a mail may take to the outbox.
const mailedWithin = 10 * time.Second

var codePattern = regexp.MustCompile(`(?m)^\s*([0-9]{4}) ([0-9]{4})\s*$`)

// signIn signs in by a code from the outbox and gives the access token.
func signIn(ctx context.Context, url, outbox string) (token string, err error) {
	var begun struct{ ChallengeID string }
	if err := post(ctx, url+"/v1/auth/challenges", map[string]string{"email": "bench@example.com"}, &begun); err != nil {
		return "", err
	}
	code, err := readCode(ctx, outbox)
	if err != nil {
		return "", err
	}
	var tokens struct {
		Access string `json:"access_token"`
	}
	err = post(ctx, url+"/v1/auth/challenges/"+begun.ChallengeID+"/answer", map[string]string{"code": code}, &tokens)
	return tokens.Access, err
}

func readCode(ctx context.Context, outbox string) (string, error) {
	for begin := time.Now(); time.Since(begin) < mailedWithin && ctx.Err() == nil; time.Sleep(10 * time.Millisecond) {
		mails, _ := filepath.Glob(filepath.Join(outbox, "*.eml"))
		for _, mail := range mails {
			text, err := os.ReadFile(mail)
			if err != nil {
				return "", err
			}
			if code := codePattern.FindSubmatch(text); code != nil {
				return string(code[1]) + string(code[2]), nil
			}
		}
	}
	return "", errors.New("no mail came")
}

func post(ctx context.Context, url string, in, out any) error {
	body, err := json.Marshal(in)
	if err != nil {
		return err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json")
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	if res.StatusCode >= http.StatusBadRequest {
		return fmt.Errorf("POST %s: status %d", url, res.StatusCode)
	}
	return json.NewDecoder(res.Body).Decode(out)
}

// signedIn sends requests with an access token.
func signedIn(token string, next request) request {
	return func(ctx context.Context, n int) (*http.Request, error) {
		req, err := next(ctx, n)
		if err == nil {
			req.Header.Set("Authorization", "Bearer "+token)
		}
		return req, err
	}
}

// ask begins sign-ins, each of another address from another network: limits can't
// be switched off.
func (r *run) ask(ctx context.Context, n int) (*http.Request, error) {
	body := fmt.Sprintf(`{"email":"user%d@example.com"}`, n)
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, r.server.url+"/v1/auth/challenges", bytes.NewReader([]byte(body)))
	if err == nil {
		req.Header.Set("Content-Type", "application/json")
		req.Header.Set("X-Forwarded-For", fmt.Sprintf("10.%d.%d.1", n/250%250, n%250))
	}
	return req, err
}
