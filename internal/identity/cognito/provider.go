package cognito

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	idp "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"

	"promptz/internal/promptz"
)

// Client is what is asked of AWS; *cognitoidentityprovider.Client is one.
type Client interface {
	InitiateAuth(ctx context.Context, in *idp.InitiateAuthInput, opts ...func(*idp.Options)) (*idp.InitiateAuthOutput, error)
	RespondToAuthChallenge(ctx context.Context, in *idp.RespondToAuthChallengeInput, opts ...func(*idp.Options)) (*idp.RespondToAuthChallengeOutput, error)
	SignUp(ctx context.Context, in *idp.SignUpInput, opts ...func(*idp.Options)) (*idp.SignUpOutput, error)
	ConfirmSignUp(ctx context.Context, in *idp.ConfirmSignUpInput, opts ...func(*idp.Options)) (*idp.ConfirmSignUpOutput, error)
	ResendConfirmationCode(ctx context.Context, in *idp.ResendConfirmationCodeInput, opts ...func(*idp.Options)) (*idp.ResendConfirmationCodeOutput, error)
}

// Provider is a user pool. Safe for concurrent use.
type Provider struct {
	client   Client
	clientID string
	tokens   *tokens
}

// NewProvider makes a provider of a pool and of a client of it without a secret,
// which allows USER_AUTH. It asks for nothing.
func NewProvider(client Client, pool Pool) *Provider {
	return &Provider{client: client, clientID: pool.ClientID, tokens: newTokens(pool)}
}

// state is what a pool wants back with a code.
type state struct {
	SignUp  bool   `json:"signUp"` // the code confirms a new user
	Session string `json:"session"`
}

// NewCode gives none: the pool makes its own.
func (p *Provider) NewCode(string) (code string, hash []byte, err error) { return "", nil, nil }

// Deliver lets the pool mail a code: to confirm the sign-up of who is new, else to
// sign in. It fails with [promptz.CodeUnavailable].
func (p *Provider) Deliver(ctx context.Context, l promptz.Letter) ([]byte, error) {
	s, err := p.begin(ctx, l.To, l.Handle == "")
	if err != nil {
		return nil, unavailable("ask pool for a code", err)
	}
	return json.Marshal(s)
}

// begin signs up or in. What it supposes first may be wrong: the pool has users
// whom we do not know, and the other way round.
func (p *Provider) begin(ctx context.Context, email string, unknown bool) (state, error) {
	if unknown {
		s, err := p.signUp(ctx, email)
		if _, exists := errors.AsType[*types.UsernameExistsException](err); !exists {
			return s, err
		}
	}
	out, err := p.client.InitiateAuth(ctx, &idp.InitiateAuthInput{
		AuthFlow: types.AuthFlowTypeUserAuth, ClientId: &p.clientID,
		AuthParameters: map[string]string{"USERNAME": email, "PREFERRED_CHALLENGE": string(types.ChallengeNameTypeEmailOtp)},
	})
	if _, unconfirmed := errors.AsType[*types.UserNotConfirmedException](err); unconfirmed {
		_, err := p.client.ResendConfirmationCode(ctx, &idp.ResendConfirmationCodeInput{ClientId: &p.clientID, Username: &email})
		return state{SignUp: true}, err
	}
	if _, missing := errors.AsType[*types.UserNotFoundException](err); missing && !unknown {
		return p.signUp(ctx, email)
	}
	if err != nil {
		return state{}, err
	}
	if out.ChallengeName != types.ChallengeNameTypeEmailOtp {
		return state{}, fmt.Errorf("the pool offers %q, not EMAIL_OTP: allow it for the client", out.ChallengeName)
	}
	return state{Session: aws.ToString(out.Session)}, nil
}

func (p *Provider) signUp(ctx context.Context, email string) (state, error) {
	out, err := p.client.SignUp(ctx, &idp.SignUpInput{
		ClientId: &p.clientID, Username: &email,
		UserAttributes: []types.AttributeType{{Name: aws.String("email"), Value: &email}},
	})
	if err != nil {
		return state{}, err
	}
	return state{SignUp: true, Session: aws.ToString(out.Session)}, nil
}

// Check answers the pool with the code, and makes a proof of the ID token that it
// gives. It fails with [promptz.CodeUnauthenticated] when the code is wrong or too
// old, and with [promptz.CodeUnavailable] while the pool does not answer.
func (p *Provider) Check(ctx context.Context, c *promptz.Challenge, code string) (promptz.Proof, error) {
	var s state
	if len(c.State) == 0 || json.Unmarshal(c.State, &s) != nil || code == "" {
		return promptz.Proof{}, unproven(errors.New("no code was sent yet"))
	}
	result, err := p.answer(ctx, c.Email, s, code)
	switch {
	case isRefusal(err):
		return promptz.Proof{}, unproven(err)
	case err != nil:
		return promptz.Proof{}, unavailable("answer pool", err)
	case result == nil || result.IdToken == nil:
		return promptz.Proof{}, unproven(errors.New("the pool asks for more than a code"))
	}
	return p.tokens.proof(ctx, *result.IdToken)
}

func (p *Provider) answer(ctx context.Context, email string, s state, code string) (*types.AuthenticationResultType, error) {
	if !s.SignUp {
		out, err := p.client.RespondToAuthChallenge(ctx, &idp.RespondToAuthChallengeInput{
			ChallengeName: types.ChallengeNameTypeEmailOtp, ClientId: &p.clientID, Session: &s.Session,
			ChallengeResponses: map[string]string{"USERNAME": email, "EMAIL_OTP_CODE": code},
		})
		if err != nil {
			return nil, err
		}
		return out.AuthenticationResult, nil
	}
	in := &idp.ConfirmSignUpInput{ClientId: &p.clientID, Username: &email, ConfirmationCode: &code}
	if s.Session != "" {
		in.Session = &s.Session
	}
	confirmed, err := p.client.ConfirmSignUp(ctx, in)
	if err != nil {
		return nil, err
	}
	out, err := p.client.InitiateAuth(ctx, &idp.InitiateAuthInput{
		AuthFlow: types.AuthFlowTypeUserAuth, ClientId: &p.clientID, Session: confirmed.Session,
		AuthParameters: map[string]string{"USERNAME": email},
	})
	if err != nil {
		return nil, err
	}
	return out.AuthenticationResult, nil
}

// isRefusal tells what the pool says of a wrong code from a pool that does not
// answer.
func isRefusal(err error) bool {
	_, mismatch := errors.AsType[*types.CodeMismatchException](err)
	_, expired := errors.AsType[*types.ExpiredCodeException](err)
	_, refused := errors.AsType[*types.NotAuthorizedException](err)
	_, missing := errors.AsType[*types.UserNotFoundException](err)
	return mismatch || expired || refused || missing
}

func unproven(cause error) error {
	return &promptz.Error{Code: promptz.CodeUnauthenticated, Op: "sign in at the pool", Message: "The user pool does not vouch for this.", Err: cause}
}

func unavailable(op string, cause error) error {
	return &promptz.Error{Code: promptz.CodeUnavailable, Op: op, Message: "The user pool does not answer.", Err: cause}
}
