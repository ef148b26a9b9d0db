package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"promptz/internal/awstest"
	"promptz/internal/promptz"
	"promptz/internal/store"
	"promptz/internal/workflow/machines"
)

// TestRolesDeployedOnAWS puts everything up where IAM is asked about every call, each
// function, the machines and the schedule with the policy that terraform/aws gives
// them: it is enough for all that is done here, and a call outside it is refused.
// Documents lie in ministack's DynamoDB, whose streams call the relay, and its
// EventBridge Scheduler calls the sweep.
func TestRolesDeployedOnAWS(t *testing.T) {
	d := deployUnderIAM(t)
	d.checkRelay(t)
	d.schedule(t)
	d.checkPostAuth(t)
	d.checkEvents(t)
	d.checkSwept(t)
	d.checkCallers(t)
	d.checkRefusals(t)
}

// deployUnderIAM puts the program up with everything at one ministack that asks IAM.
func deployUnderIAM(t *testing.T) *deployment {
	t.Helper()
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
	d := begin(t, server)
	d.mails = func(t testing.TB) (all []string) {
		for _, mail := range awstest.Mails(t, server.Config()) {
			all = append(all, mail.String())
		}
		return all
	}
	d.keepInside(t)
	d.roles = map[string]string{}
	for who, policy := range d.stack.policies(t) {
		d.roles[who] = awstest.NewRole(t, server.Config(), d.name(who), policy)
	}
	d.put(t)
	d.follow(t, "relay")
	return d
}

// keepInside makes what keeps things: tables with streams, a bucket, a key and who
// sends mails.
func (d *deployment) keepInside(t *testing.T) {
	t.Helper()
	cfg := d.at.Config()
	makeTables(t, d.at.Endpoint(), d.stack.prefix)
	for collection := range d.stack.instances(t, "aws_dynamodb_table.collection") {
		address := `aws_dynamodb_table.collection["` + collection + `"]`
		stream, err := awstest.StreamARN(t.Context(), awstest.Tables(d.at.Endpoint()), d.name(collection))
		if err != nil {
			t.Fatal(err)
		}
		d.stack.made[address+".arn"], d.stack.made[address+".stream_arn"] = awstest.TableARN(d.name(collection)), stream
	}
	bucket := awstest.NewBucket(t, cfg)
	d.stack.made["aws_s3_bucket.files.bucket"], d.stack.made["aws_s3_bucket.files.arn"] = bucket, "arn:aws:s3:::"+bucket
	d.stack.made["aws_kms_key.keeper.key_id"], d.stack.made["aws_kms_key.keeper.arn"] = awstest.NewKey(t, cfg)
	awstest.NewSender(t, cfg, sender)
	// ministack asks whether a mail may be sent, and not by whom: it names no identity.
	d.stack.made["aws_sesv2_email_identity.sender.arn"] = "*"
}

// checkRelay sees that events of both tables get their numbers from the relay: the
// sweep was never called.
func (d *deployment) checkRelay(t *testing.T) {
	t.Helper()
	otto := d.signIn(t, "otto@example.com")
	made := otto.expecting(http.StatusCreated, http.MethodPost, "/v1/prompts", newPrompt("Relayed"))
	otto.awaitTold("items", promptz.EventItemCreated, made.member(t, "id"))
	otto.awaitTold("accounts", promptz.EventUserCreated, "") // one's own are all that one is told of
	if lines := awstest.LogOf(t, d.at.Config(), d.name("sweep")); len(lines) > 0 {
		t.Errorf("the sweep was called:\n%s", strings.Join(lines, "\n"))
	}
}

// schedule has the sweep called each minute.
func (d *deployment) schedule(t *testing.T) {
	t.Helper()
	b := d.stack.only(t, "aws_scheduler_schedule.sweep")
	target := b.Blocks["target"][0]
	d.stack.made["aws_iam_role.scheduler.arn"] = d.roles["scheduler"]
	awstest.NewSchedule(t, d.at.Config(), awstest.ScheduleSpec{
		Name: b.Text("name"), Expression: b.Text("schedule_expression"), Target: target.Text("arn"),
		Role: d.roles["scheduler"], Input: target.Text("input"),
	})
}

// sweptWithin is how late the schedule may call the sweep: after its minute, on a busy
// machine.
const sweptWithin = 3 * time.Minute

// checkSwept waits until the schedule has called the sweep, and sees that nothing fails
// when it does all that it does.
func (d *deployment) checkSwept(t *testing.T) {
	t.Helper()
	eventually(t, sweptWithin, func() error {
		lines := strings.Join(awstest.LogOf(t, d.at.Config(), d.name("sweep")), "\n")
		if !strings.Contains(lines, `"msg":"swept"`) {
			return fmt.Errorf("nothing was swept:\n%s", lines)
		}
		return nil
	})
	d.invoke(t, "sweep", `{}`)
	d.awaitMail(t, "ada@example.com", greeting) // who has signed in at the pool twice
}

// checkPostAuth calls the trigger of a user pool, by the event that AWS documents, as a
// pool does when somebody signs in there: ministack's pools call no trigger of that
// name. Twice is as once, and the event comes back as it was.
// See https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-lambda-post-authentication.html.
func (d *deployment) checkPostAuth(t *testing.T) {
	t.Helper()
	const event = `{
		"version": "1", "triggerSource": "PostAuthentication_Authentication", "region": "` + awstest.Region + `", "userPoolId": "` + userPoolID + `",
		"userName": "0b5e8f0a", "callerContext": {"awsSdkVersion": "aws-sdk-unknown-unknown", "clientId": "client"},
		"request": {
			"userAttributes": {"sub": "0b5e8f0a", "email": "ada@example.com", "email_verified": "true", "cognito:user_status": "CONFIRMED"},
			"newDeviceUsed": true, "clientMetadata": {"from": "test"}
		},
		"response": {}
	}`
	for range 2 {
		var sent, back any
		if err := json.Unmarshal([]byte(event), &sent); err != nil {
			t.Fatal(err)
		}
		answer := d.invoke(t, "post-auth", event)
		if err := json.Unmarshal(answer, &back); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(sent, back); diff != "" {
			t.Errorf("the event comes back changed (-sent +back):\n%s", diff)
		}
	}
	called := time.Now()
	me := d.signIn(t, "ada@example.com").expecting(http.StatusOK, http.MethodGet, "/v1/me", nil)
	created, err := time.Parse(time.RFC3339, me.member(t, "createdAt"))
	if err != nil || created.After(called) {
		t.Errorf("whoever signed in at the pool has no account yet (%v):\n%s", err, me.body)
	}
}

// checkCallers makes calls that AWS itself makes by roles, to take what a function is
// called with and to call it: ministack does so without asking IAM. The relay's stream
// is left out, since IAM is asked there about no stream in particular.
func (d *deployment) checkCallers(t *testing.T) {
	t.Helper()
	if _, err := awstest.ReceiveMessages(t.Context(), d.at.As(t, d.roles["events"]).Config(), d.queue); err != nil {
		t.Errorf("events: %v", err)
	}
	if _, err := awstest.Invoke(t.Context(), d.at.As(t, d.roles["scheduler"]).Config(), d.name("sweep"), `{}`); err != nil {
		t.Errorf("scheduler: %v", err)
	}
}

// checkRefusals makes a call by each role that only another may make.
func (d *deployment) checkRefusals(t *testing.T) {
	t.Helper()
	ctx := t.Context()
	put := func(collection string) func(*awstest.Ministack) error {
		return func(as *awstest.Ministack) error {
			return awstest.PutItem(ctx, as.Config(), d.name(collection), "test")
		}
	}
	invoke := func(as *awstest.Ministack) error {
		_, err := awstest.Invoke(ctx, as.Config(), d.name("events"), `{"Records":[]}`)
		return err
	}
	outside := map[string]func(as *awstest.Ministack) error{
		"http": func(as *awstest.Ministack) error {
			return awstest.StartExecution(ctx, as.Config(), d.name(machines.Welcome), string(machines.WelcomeInput("zzzzzzzzzzzz")))
		},
		"relay":    put(store.EphemeralCollection),
		"events":   func(as *awstest.Ministack) error { return awstest.PutEvent(ctx, as.Config(), d.bus) },
		"activity": put(store.IdentityCollection),
		"sweep": func(as *awstest.Ministack) error {
			_, err := awstest.ReceiveMessages(ctx, as.Config(), d.queue)
			return err
		},
		"post-auth": put(store.LibraryCollection),
		"states":    invoke,
		"scheduler": invoke,
	}
	for who, role := range d.roles {
		call, ok := outside[who]
		if !ok {
			t.Errorf("%s: no call is outside its role", who)
			continue
		}
		if err := call(d.at); err != nil {
			t.Errorf("%s: root may not do so either: %v", who, err)
		}
		if err := call(d.at.As(t, role)); !awstest.Refused(err) {
			t.Errorf("%s: a call outside its role ends with %v", who, err)
		}
	}
}
