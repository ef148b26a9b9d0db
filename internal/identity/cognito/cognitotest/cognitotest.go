// Package cognitotest stands in for Amazon Cognito in tests: no emulator speaks
// USER_AUTH. It answers the calls of a sign-in by codes in mails with the shapes
// that AWS documents, over its JSON 1.1 protocol, and signs tokens with a real
// RS256 key set.
package cognitotest

import (
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math/big"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

// The pool that there is.
const (
	PoolID   = "eu-central-1_Test"
	ClientID = "promptzclient"
)

const keyID = "test-key"

// Pool is a user pool that runs until its test ends.
type Pool struct {
	Endpoint string

	key   *rsa.PrivateKey
	mu    sync.Mutex
	users map[string]*user  // by address
	asked map[string]string // sessions: who they are of
	calls []string
}

type user struct {
	sub       string
	confirmed bool
	code      string // that was mailed last; "" is none
}

// Start starts a pool in which nobody is.
func Start(t testing.TB) *Pool {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	p := &Pool{key: key, users: map[string]*user{}, asked: map[string]string{}}
	s := httptest.NewServer(http.HandlerFunc(p.serve))
	t.Cleanup(s.Close)
	p.Endpoint = s.URL
	return p
}

// Code gives the code that was mailed to an address last, "" for none.
func (p *Pool) Code(email string) string {
	p.mu.Lock()
	defer p.mu.Unlock()
	if u := p.users[email]; u != nil {
		return u.code
	}
	return ""
}

// Calls gives the names of the calls so far.
func (p *Pool) Calls() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]string(nil), p.calls...)
}

// Sign signs a token with these claims beside those that all have; its header may
// be changed.
func (p *Pool) Sign(extra jwt.MapClaims, change ...func(*jwt.Token)) string {
	now := time.Now()
	claims := jwt.MapClaims{"iss": p.Endpoint + "/" + PoolID, "iat": now.Unix(), "exp": now.Add(time.Hour).Unix()}
	for name, value := range extra {
		claims[name] = value
	}
	token := jwt.NewWithClaims(jwt.SigningMethodRS256, claims)
	token.Header["kid"] = keyID
	for _, c := range change {
		c(token)
	}
	signed, err := token.SignedString(p.key)
	if err != nil {
		panic(err)
	}
	return signed
}

// request has the members of all calls.
type request struct {
	ClientId           string
	Username           string
	AuthFlow           string
	AuthParameters     map[string]string
	ChallengeName      string
	ChallengeResponses map[string]string
	ConfirmationCode   string
	Session            string
}

// refusal is an exception of Cognito's.
type refusal struct{ name, message string }

func (p *Pool) serve(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if r.URL.Path == "/"+PoolID+"/.well-known/jwks.json" {
		json.NewEncoder(w).Encode(p.keySet())
		return
	}
	var in request
	if err := json.NewDecoder(r.Body).Decode(&in); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	call := strings.TrimPrefix(r.Header.Get("X-Amz-Target"), "AWSCognitoIdentityProviderService.")
	p.calls = append(p.calls, call)
	out, refused := p.answer(call, in)
	w.Header().Set("Content-Type", "application/x-amz-json-1.1")
	if refused != nil {
		w.WriteHeader(http.StatusBadRequest)
		out = map[string]any{"__type": refused.name, "message": refused.message}
	}
	json.NewEncoder(w).Encode(out)
}

func (p *Pool) answer(call string, in request) (any, *refusal) {
	if in.ClientId != ClientID {
		return nil, &refusal{"ResourceNotFoundException", "User pool client does not exist."}
	}
	switch call {
	case "SignUp":
		return p.signUp(in)
	case "ResendConfirmationCode":
		return p.resend(in)
	case "ConfirmSignUp":
		return p.confirm(in)
	case "InitiateAuth":
		return p.initiate(in)
	case "RespondToAuthChallenge":
		return p.respond(in)
	}
	return nil, &refusal{"InvalidParameterException", "no such call: " + call}
}

func (p *Pool) signUp(in request) (any, *refusal) {
	if p.users[in.Username] != nil {
		return nil, &refusal{"UsernameExistsException", "User already exists"}
	}
	u := &user{sub: rand.Text(), code: digits(6)}
	p.users[in.Username] = u
	return map[string]any{"UserConfirmed": false, "UserSub": u.sub, "Session": p.session(in.Username),
		"CodeDeliveryDetails": map[string]any{"DeliveryMedium": "EMAIL", "AttributeName": "email"}}, nil
}

func (p *Pool) resend(in request) (any, *refusal) {
	u := p.users[in.Username]
	if u == nil || u.confirmed {
		return nil, &refusal{"InvalidParameterException", "User is already confirmed."}
	}
	u.code = digits(6)
	return map[string]any{}, nil
}

func (p *Pool) confirm(in request) (any, *refusal) {
	u := p.users[in.Username]
	switch {
	case u == nil:
		return nil, &refusal{"UserNotFoundException", "Username/client id combination not found."}
	case u.confirmed:
		return nil, &refusal{"NotAuthorizedException", "User cannot be confirmed. Current status is CONFIRMED"}
	case u.code == "" || u.code != in.ConfirmationCode:
		return nil, &refusal{"CodeMismatchException", "Invalid verification code provided, please try again."}
	}
	u.confirmed, u.code = true, ""
	return map[string]any{"Session": p.session(in.Username)}, nil
}

func (p *Pool) initiate(in request) (any, *refusal) {
	name := in.AuthParameters["USERNAME"]
	u := p.users[name]
	switch {
	case in.AuthFlow != "USER_AUTH":
		return nil, &refusal{"InvalidParameterException", "flow not enabled"}
	case u == nil:
		return nil, &refusal{"UserNotFoundException", "User does not exist."}
	case !u.confirmed:
		return nil, &refusal{"UserNotConfirmedException", "User is not confirmed."}
	case in.Session != "" && p.asked[in.Session] == name:
		delete(p.asked, in.Session)
		return p.authenticated(name), nil
	}
	u.code = digits(8)
	return map[string]any{"ChallengeName": "EMAIL_OTP", "Session": p.session(name), "ChallengeParameters": map[string]any{}}, nil
}

func (p *Pool) respond(in request) (any, *refusal) {
	name := in.ChallengeResponses["USERNAME"]
	u := p.users[name]
	switch {
	case in.ChallengeName != "EMAIL_OTP" || u == nil || p.asked[in.Session] != name:
		return nil, &refusal{"NotAuthorizedException", "Invalid session for the user."}
	case u.code == "" || u.code != in.ChallengeResponses["EMAIL_OTP_CODE"]:
		return nil, &refusal{"CodeMismatchException", "Invalid code or auth state for the user."}
	}
	u.code = ""
	delete(p.asked, in.Session)
	return p.authenticated(name), nil
}

func (p *Pool) session(name string) string {
	id := rand.Text()
	p.asked[id] = name
	return id
}

func (p *Pool) authenticated(name string) any {
	u := p.users[name]
	return map[string]any{"AuthenticationResult": map[string]any{
		"IdToken":     p.Sign(jwt.MapClaims{"sub": u.sub, "aud": ClientID, "token_use": "id", "email": name, "email_verified": true}),
		"AccessToken": p.Sign(jwt.MapClaims{"sub": u.sub, "client_id": ClientID, "token_use": "access", "scope": "aws.cognito.signin.user.admin"}),
		"ExpiresIn":   3600, "TokenType": "Bearer", "RefreshToken": rand.Text(),
	}}
}

func (p *Pool) keySet() any {
	e := big.NewInt(int64(p.key.E)).Bytes()
	return map[string]any{"keys": []any{map[string]any{
		"kty": "RSA", "use": "sig", "alg": "RS256", "kid": keyID,
		"n": base64.RawURLEncoding.EncodeToString(p.key.N.Bytes()), "e": base64.RawURLEncoding.EncodeToString(e),
	}}}
}

func digits(n int) string {
	max := new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(n)), nil)
	code, err := rand.Int(rand.Reader, max)
	if err != nil {
		panic(err)
	}
	return fmt.Sprintf("%0*d", n, code)
}
