package stepfunctions

import (
	"maps"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"promptz/internal/promptz"
)

// Scheme begins URLs of Step Functions:
// stepfunctions://?region=&account=&prefix=&endpoint=.
const Scheme = "stepfunctions"

// Address is where machines are on AWS. A machine's ARN is made of it, so that
// nothing has to be asked for.
type Address struct {
	Region   string // "eu-central-1"
	Account  string // 12 digits
	Prefix   string // of the names of state machines there, such as "promptz-"
	Endpoint string // "" is AWS's own
}

// What the parts of an address look like. A prefix leaves room for a machine's own
// name.
var (
	regionPattern  = regexp.MustCompile(`^[a-z]{2}(-[a-z]+)+-[0-9]$`)
	accountPattern = regexp.MustCompile(`^[0-9]{12}$`)
	prefixPattern  = regexp.MustCompile(`^[A-Za-z0-9_-]{0,40}$`)
)

// Parse reads an address from a URL of [Scheme]. Region and account are needed. It
// fails with [promptz.CodeNotValid], naming what is wrong.
func Parse(u *url.URL) (Address, error) {
	if u.Scheme != Scheme || u.Host != "" || u.Path != "" || u.Opaque != "" || u.User != nil || u.Fragment != "" {
		return Address{}, promptz.Errorf(promptz.CodeNotValid, "workflows: has to be %s://?region=<region>&account=<account>.", Scheme)
	}
	values, err := url.ParseQuery(u.RawQuery)
	if err != nil {
		return Address{}, promptz.Errorf(promptz.CodeNotValid, "workflows: the URL's parameters can't be read.")
	}
	var a Address
	fields := map[string]*string{"region": &a.Region, "account": &a.Account, "prefix": &a.Prefix, "endpoint": &a.Endpoint}
	for _, name := range slices.Sorted(maps.Keys(values)) {
		field, ok := fields[name]
		switch {
		case !ok:
			return Address{}, promptz.Errorf(promptz.CodeNotValid, "workflows: there is no parameter %s.", name)
		case len(values[name]) > 1:
			return Address{}, promptz.Errorf(promptz.CodeNotValid, "workflows: %s is there twice.", name)
		}
		*field = values.Get(name)
	}
	return a, a.check()
}

func (a Address) check() error {
	switch {
	case !regionPattern.MatchString(a.Region):
		return promptz.Errorf(promptz.CodeNotValid, "workflows: region has to be one of AWS's, such as eu-central-1.")
	case !accountPattern.MatchString(a.Account):
		return promptz.Errorf(promptz.CodeNotValid, "workflows: account has to be the 12 digits of an AWS account.")
	case !prefixPattern.MatchString(a.Prefix):
		return promptz.Errorf(promptz.CodeNotValid, "workflows: prefix has at most 40 letters, digits, _ and -.")
	case a.Endpoint == "":
		return nil
	}
	e, err := url.Parse(a.Endpoint)
	if err != nil || e.Scheme != "http" && e.Scheme != "https" || e.Host == "" {
		return promptz.Errorf(promptz.CodeNotValid, "workflows: endpoint has to be an http or https URL.")
	}
	return nil
}

// machine gives the ARN of a state machine.
func (a Address) machine(name string) string { return a.arn("stateMachine") + name }

// execution gives the ARN of an execution.
func (a Address) execution(ref promptz.ExecutionRef) string {
	return a.arn("execution") + ref.Machine + ":" + ref.Name
}

// arn begins the ARN of a kind of thing; the rest begins with a machine's name.
func (a Address) arn(kind string) string {
	return strings.Join([]string{"arn", a.partition(), "states", a.Region, a.Account, kind, a.Prefix}, ":")
}

// partition is the part of AWS that the region is in. See
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html.
func (a Address) partition() string {
	switch {
	case strings.HasPrefix(a.Region, "cn-"):
		return "aws-cn"
	case strings.HasPrefix(a.Region, "us-gov-"):
		return "aws-us-gov"
	}
	return "aws"
}
