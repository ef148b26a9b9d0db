package main

import (
	"encoding/json"
	"maps"
	"math/big"
	"slices"
	"testing"
	"time"

	"github.com/zclconf/go-cty/cty"

	"promptz/internal/awstest"
	"promptz/internal/config"
	"promptz/internal/terraformtest"
)

// sender is who mails come from.
const sender = "promptz@example.com"

// stack is terraform/aws, read as data: what a deployment on an emulator is made of.
type stack struct {
	*terraformtest.Module
	prefix string            // of all names
	made   map[string]string // attributes of what there is by now, such as "aws_sqs_queue.events.arn"
}

// readStack reads it for a deployment at an emulator, with a name of its own. url is
// the API's.
func readStack(t testing.TB, name, endpoint, url string) *stack {
	t.Helper()
	s := &stack{made: map[string]string{}}
	var err error
	s.Module, err = terraformtest.Load("../../terraform/aws", terraformtest.Values{
		Account: awstest.Account,
		Variables: map[string]cty.Value{
			"name": cty.StringVal(name), "environment": cty.StringVal("live"), "region": cty.StringVal(awstest.Region),
			"mail_sender": cty.StringVal(sender), "sign_in": cty.StringVal("local"), "edge": cty.False,
			"public_url": cty.StringVal(url), "emulator": cty.ObjectVal(map[string]cty.Value{"endpoint": cty.StringVal(endpoint)}),
		},
		Attribute: func(address, attribute string) string { return s.made[address+"."+attribute] },
	})
	if err != nil {
		t.Fatal(err)
	}
	prefix, err := s.Local("prefix")
	if err != nil {
		t.Fatal(err)
	}
	s.prefix = prefix.AsString() + "-"
	for _, handler := range config.Handlers() {
		s.made[`aws_lambda_function.function["`+handler+`"].arn`] = awstest.FunctionARN(s.prefix + handler)
	}
	return s
}

// instances gives a resource's instances by their keys.
func (s *stack) instances(t testing.TB, address string) map[string]terraformtest.Block {
	t.Helper()
	all, err := s.Instances(address)
	if err != nil || len(all) == 0 {
		t.Fatalf("%d of %s: %v", len(all), address, err)
	}
	return all
}

// only gives a resource of which there is one.
func (s *stack) only(t testing.TB, address string) terraformtest.Block {
	t.Helper()
	b, ok := s.instances(t, address)[""]
	if !ok {
		t.Fatalf("%s has keys", address)
	}
	return b
}

// patterns gives those by which events go from the bus to the queue.
func (s *stack) patterns(t testing.TB) (patterns []string) {
	t.Helper()
	rules := s.instances(t, "aws_cloudwatch_event_rule.event")
	for _, event := range slices.Sorted(maps.Keys(rules)) {
		patterns = append(patterns, rules[event].Text("event_pattern"))
	}
	return patterns
}

// attempts gives how often the queue of events delivers what nobody handles, before it
// puts that aside.
func (s *stack) attempts(t testing.TB) int {
	t.Helper()
	var redrive struct{ MaxReceiveCount int }
	err := json.Unmarshal([]byte(s.only(t, "aws_sqs_queue.events").Text("redrive_policy")), &redrive)
	if err != nil || redrive.MaxReceiveCount < 1 {
		t.Fatalf("the queue of events delivers %d times: %v", redrive.MaxReceiveCount, err)
	}
	return redrive.MaxReceiveCount
}

// function gives what a function is told and how long it may take.
func (s *stack) function(t testing.TB, handler string) (variables map[string]string, timeout time.Duration) {
	t.Helper()
	b, ok := s.instances(t, "aws_lambda_function.function")[handler]
	if !ok {
		t.Fatalf("terraform/aws has no function %s", handler)
	}
	variables = map[string]string{}
	for name, value := range b.Blocks["environment"][0].Attributes["variables"].AsValueMap() {
		variables[name] = value.AsString()
	}
	return variables, seconds(b, "timeout")
}

// mappings gives those from queues or streams of a name.
func (s *stack) mappings(t testing.TB, name string) (all []awstest.MappingSpec) {
	t.Helper()
	for _, b := range s.instances(t, "aws_lambda_event_source_mapping."+name) {
		m := awstest.MappingSpec{
			Source: b.Text("event_source_arn"), Function: b.Text("function_name"), Batch: number(b, "batch_size"),
			Window: seconds(b, "maximum_batching_window_in_seconds"), Start: b.Text("starting_position"),
		}
		for _, criteria := range b.Blocks["filter_criteria"] {
			for _, filter := range criteria.Blocks["filter"] {
				m.Filters = append(m.Filters, filter.Text("pattern"))
			}
		}
		all = append(all, m)
	}
	return all
}

// policies gives that of each function by its handler, that of the machines as
// "states", and that of the schedule as "scheduler".
func (s *stack) policies(t testing.TB) map[string]string {
	t.Helper()
	all, err := s.Functions()
	if err != nil {
		t.Fatal(err)
	}
	for _, service := range []string{"states", "scheduler"} {
		all[service] = s.only(t, "aws_iam_role_policy."+service).Text("policy")
	}
	return all
}

// number gives an attribute that is a whole number, 0 where it is not set.
func number(b terraformtest.Block, name string) int {
	value, ok := b.Attributes[name]
	if !ok || value.IsNull() {
		return 0
	}
	n, accuracy := value.AsBigFloat().Int64()
	if accuracy != big.Exact {
		return 0
	}
	return int(n)
}

func seconds(b terraformtest.Block, name string) time.Duration {
	return time.Duration(number(b, name)) * time.Second
}
