package awstest

import (
	"crypto/rand"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
)

const apisPath = "/v2/apis"

// HTTPAPI is an HTTP API of API Gateway. Its own host name is none that this
// machine can look up: in front of it stands a proxy, as CloudFront does, which
// leaves requests as they are but for their Host.
type HTTPAPI struct {
	URL  string // of the proxy
	Host string // the API's own, with its port

	cfg aws.Config
	id  string
}

// NewHTTPAPI makes an API that answers nothing yet, deletes it when t ends, and fails
// t when either goes wrong. cfg is the stand-in's, see Config.
func NewHTTPAPI(t testing.TB, cfg aws.Config) *HTTPAPI {
	t.Helper()
	var made struct{ APIID, APIEndpoint string }
	must(t, cfg, plea(t, "apigateway", http.MethodPost, apisPath, map[string]any{"name": "test-" + rand.Text(), "protocolType": "HTTP"}), &made)
	t.Cleanup(func() { must(t, cfg, plea(t, "apigateway", http.MethodDelete, apisPath+"/"+made.APIID, nil), nil) })
	_, host, ok := strings.Cut(made.APIEndpoint, "://")
	if !ok || made.APIID == "" {
		t.Fatalf("the API is %+v", made)
	}
	behind, err := url.Parse(*cfg.BaseEndpoint)
	if err != nil {
		t.Fatal(err)
	}
	transport := &http.Transport{DisableCompression: true, MaxIdleConnsPerHost: 16}
	proxy := httptest.NewServer(&httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			r.Out.URL.Scheme, r.Out.URL.Host, r.Out.Host = behind.Scheme, behind.Host, host
			r.Out.URL.RawQuery = r.In.URL.RawQuery // also what is no proper query
		},
		Transport: transport,
	})
	t.Cleanup(func() { proxy.Close(); transport.CloseIdleConnections() })
	return &HTTPAPI{URL: proxy.URL, Host: host, cfg: cfg, id: made.APIID}
}

// Serve has a function answer every request, at the root, by payload format 2.0.
func (a *HTTPAPI) Serve(t testing.TB, function string) {
	t.Helper()
	post := func(path string, body map[string]any, answer any) {
		t.Helper()
		must(t, a.cfg, plea(t, "apigateway", http.MethodPost, apisPath+"/"+a.id+path, body), answer)
	}
	var made struct{ IntegrationID string }
	post("/integrations", map[string]any{
		"integrationType": "AWS_PROXY", "integrationUri": FunctionARN(function), "payloadFormatVersion": "2.0", "timeoutInMillis": 30000,
	}, &made)
	post("/routes", map[string]any{"routeKey": "$default", "target": "integrations/" + made.IntegrationID}, nil)
	post("/stages", map[string]any{"stageName": "$default", "autoDeploy": true}, nil)
	allow(t, a.cfg, function, "apigateway.amazonaws.com", "arn:aws:execute-api:"+Region+":"+Account+":"+a.id+"/*")
}
