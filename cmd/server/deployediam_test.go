package main

import (
	"crypto/rand"
	"os"
	"strings"
	"testing"

	"github.com/zclconf/go-cty/cty"

	"promptz/internal/awstest"
	"promptz/internal/store"
	"promptz/internal/terraformtest"
	"promptz/internal/workflow/machines"
)

// TestRolesDeployedOnAWS puts everything up where IAM is asked about every call, each
// function with the policy that terraform/aws gives it: it is enough for all that
// TestEventsDeployedOnAWS does, and one call outside it is refused.
func TestRolesDeployedOnAWS(t *testing.T) {
	awstest.StartMinistack(t) // or skips; it is another
	server, cleanup, err := awstest.OpenMinistack(t.Context(), os.Getenv(awstest.MinistackVariable), awstest.MinistackUnderIAM)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(cleanup)
	for _, entry := range server.Environment() {
		name, value, _ := strings.Cut(entry, "=")
		t.Setenv(name, value)
	}
	name := "test-" + strings.ToLower(rand.Text())[:8]
	s := site{at: server, prefix: name + "-iam-"}
	here := at(server.Endpoint())
	makeTables(t, server.Endpoint(), s.prefix)
	s.documents = "dynamodb://" + s.prefix + "{collection}" + here + "&partition_key=id"
	bucket := awstest.NewBucket(t, server.Config())
	s.blobs = "s3://" + bucket + here + "&use_path_style=true"
	key, keyARN := awstest.NewKey(t, server.Config())
	s.secrets = "awskms://" + key + here
	roles := map[string]string{}
	s.grant = func(d *deployment) map[string]string {
		arns := map[string]string{
			"aws_s3_bucket.files":             "arn:aws:s3:::" + bucket,
			"aws_kms_key.keeper":              keyARN,
			"aws_sqs_queue.events":            awstest.QueueARN(t, d.at.Config(), d.queue),
			"aws_cloudwatch_event_bus.events": "arn:aws:events:" + awstest.Region + ":" + awstest.Account + ":event-bus/" + d.bus,
		}
		for _, collection := range terraformtest.Collections {
			arns[`aws_dynamodb_table.collection["`+collection+`"]`] = "arn:aws:dynamodb:" + awstest.Region + ":" + awstest.Account + ":table/" + s.prefix + collection
		}
		for handler, policy := range policies(t, name, arns) {
			roles[handler] = awstest.NewRole(t, d.at.Config(), d.name(handler), policy)
		}
		return roles
	}
	d := deploy(t, s)
	d.checkEvents(t)
	d.checkRefusals(t, roles)
}

// policies gives that of each function, and that of the machines as "states", as terraform/aws has it for the resources
// that there are.
func policies(t *testing.T, name string, arns map[string]string) map[string]string {
	t.Helper()
	m, err := terraformtest.Load("../../terraform/aws", terraformtest.Values{
		Variables: map[string]cty.Value{
			"region": cty.StringVal(awstest.Region), "mail_sender": cty.StringVal("promptz@example.com"),
			"sign_in": cty.StringVal("local"), "name": cty.StringVal(name), "environment": cty.StringVal("iam"),
		},
		Attribute: func(address, attribute string) string {
			if attribute != "arn" {
				return ""
			}
			return arns[address]
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	all, err := m.Functions()
	if err != nil {
		t.Fatal(err)
	}
	machines, err := m.Instances("aws_iam_role_policy.states")
	if err != nil {
		t.Fatal(err)
	}
	for _, b := range machines {
		all["states"] = b.Text("policy")
	}
	for handler, text := range all {
		all[handler] = strings.ReplaceAll(text, "123456789012", awstest.Account) // the reader's own
	}
	return all
}

// checkRefusals makes a call by each role that only another may make.
func (d *deployment) checkRefusals(t *testing.T, roles map[string]string) {
	t.Helper()
	ctx := t.Context()
	for handler, call := range map[string]func(as *awstest.Ministack) error{
		"http": func(as *awstest.Ministack) error {
			return awstest.StartExecution(ctx, as.Config(), d.name(machines.Welcome), string(machines.WelcomeInput("zzzzzzzzzzzz")))
		},
		"events": func(as *awstest.Ministack) error { return awstest.PutEvent(ctx, as.Config(), d.bus) },
		"activity": func(as *awstest.Ministack) error {
			return awstest.PutItem(ctx, as.Config(), d.name(store.IdentityCollection), "test")
		},
		"sweep": func(as *awstest.Ministack) error {
			_, err := awstest.ReceiveMessages(ctx, as.Config(), d.queue)
			return err
		},
	} {
		if err := call(d.at); err != nil {
			t.Errorf("%s: root may not do so either: %v", handler, err)
		}
		if err := call(d.at.As(t, roles[handler])); !awstest.Refused(err) {
			t.Errorf("%s: a call outside its role ends with %v", handler, err)
		}
	}
}
