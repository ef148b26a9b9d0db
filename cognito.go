package app

import (
	"context"
	"fmt"
	"net/url"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsconfig "github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"

	"promptz/internal/identity"
	"promptz/internal/identity/cognito"
	"promptz/internal/promptz"
)

// cognitoScheme begins URLs of user pools:
// cognito://<region>/<pool>?client_id=&endpoint=&bearer=true.
const cognitoScheme = "cognito"

// newCognito makes a provider of a user pool. It is the deployment's own: the
// addresses that it has verified join accounts.
func newCognito(ctx context.Context, u *url.URL) (identity.Provider, error) {
	pool, err := userPool(u)
	if err != nil {
		return identity.Provider{}, err
	}
	// The calls of a sign-in are not signed: no credentials are needed.
	cfg, err := awsconfig.LoadDefaultConfig(ctx, awsconfig.WithRegion(pool.Region), awsconfig.WithCredentialsProvider(aws.AnonymousCredentials{}))
	if err != nil {
		return identity.Provider{}, fmt.Errorf("signIn: %w", err)
	}
	client := cognitoidentityprovider.NewFromConfig(cfg, func(o *cognitoidentityprovider.Options) {
		if pool.Endpoint != "" {
			o.BaseEndpoint = &pool.Endpoint
		}
	})
	p := cognito.NewProvider(client, pool)
	provider := identity.Provider{Codes: p, TrustEmail: true}
	if u.Query().Get("bearer") == "true" {
		provider.Bearers = p
	}
	return provider, nil
}

// userPool gives the pool that a URL names.
func userPool(u *url.URL) (cognito.Pool, error) {
	q := u.Query()
	pool := cognito.Pool{
		Region: u.Host, ID: strings.TrimPrefix(u.Path, "/"), ClientID: q.Get("client_id"), Endpoint: q.Get("endpoint"),
	}
	if u.Scheme != cognitoScheme || pool.Region == "" || pool.ID == "" || pool.ClientID == "" {
		return cognito.Pool{}, promptz.Errorf(promptz.CodeNotValid, "signIn: has to be %s://<region>/<pool>?client_id=<id>.", cognitoScheme)
	}
	return pool, nil
}
