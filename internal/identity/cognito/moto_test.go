package cognito_test

import (
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	idp "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"

	"promptz/internal/awstest"
	"promptz/internal/identity/cognito"
	"promptz/internal/promptz"
)

// TestBearersOfMoto holds the verifier to tokens that moto's Cognito issues, which
// somebody else wrote. It signs in by a password: moto has no USER_AUTH.
func TestBearersOfMoto(t *testing.T) {
	endpoint := awstest.StartMoto(t)
	const region, name, password = "eu-central-1", "maria@example.com", "Correct-horse-1"
	client := idp.New(idp.Options{Region: region, BaseEndpoint: &endpoint, Credentials: credentials.NewStaticCredentialsProvider("x", "x", "")})
	pool, err := client.CreateUserPool(t.Context(), &idp.CreateUserPoolInput{PoolName: aws.String("promptz")})
	if err != nil {
		t.Fatal(err)
	}
	poolClient, err := client.CreateUserPoolClient(t.Context(), &idp.CreateUserPoolClientInput{
		UserPoolId: pool.UserPool.Id, ClientName: aws.String("promptz"),
		ExplicitAuthFlows: []types.ExplicitAuthFlowsType{types.ExplicitAuthFlowsTypeAllowUserPasswordAuth},
	})
	if err != nil {
		t.Fatal(err)
	}
	_, err = client.AdminCreateUser(t.Context(), &idp.AdminCreateUserInput{
		UserPoolId: pool.UserPool.Id, Username: aws.String(name),
		UserAttributes: []types.AttributeType{{Name: aws.String("email"), Value: aws.String(name)}, {Name: aws.String("email_verified"), Value: aws.String("true")}},
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := client.AdminSetUserPassword(t.Context(), &idp.AdminSetUserPasswordInput{UserPoolId: pool.UserPool.Id, Username: aws.String(name), Password: aws.String(password), Permanent: true}); err != nil {
		t.Fatal(err)
	}
	signedIn, err := client.InitiateAuth(t.Context(), &idp.InitiateAuthInput{
		AuthFlow: types.AuthFlowTypeUserPasswordAuth, ClientId: poolClient.UserPoolClient.ClientId,
		AuthParameters: map[string]string{"USERNAME": name, "PASSWORD": password},
	})
	if err != nil {
		t.Fatal(err)
	}
	of := cognito.Pool{
		Region: region, ID: *pool.UserPool.Id, ClientID: *poolClient.UserPoolClient.ClientId,
		KeysURL: endpoint + "/" + *pool.UserPool.Id + "/.well-known/jwks.json",
	}
	p := cognito.NewProvider(client, of)
	tokens := signedIn.AuthenticationResult
	proof, expires, err := p.VerifyBearer(t.Context(), *tokens.AccessToken)
	if err != nil || proof.Subject == "" || proof.Issuer != of.Issuer() || time.Until(expires) <= 0 {
		t.Errorf("%+v, %v, %v", proof, expires, err)
	}
	_, _, err = p.VerifyBearer(t.Context(), *tokens.IdToken)
	wantCode(t, "an ID token", err, promptz.CodeUnauthenticated)
	of.ClientID = "another"
	_, _, err = cognito.NewProvider(client, of).VerifyBearer(t.Context(), *tokens.AccessToken)
	wantCode(t, "another client", err, promptz.CodeUnauthenticated)
}
