package terraformtest_test

// site is a line of code.
type site struct {
	pkg  string // an import path, ours without the module's name
	file string
	line string // without the space around it
}

// Lines of other people's code.
const (
	dynamoDB = "gocloud.dev/docstore/awsdynamodb/v2"
	s3Blob   = "gocloud.dev/blob/s3blob"
	s3Upload = "github.com/aws/aws-sdk-go-v2/feature/s3/transfermanager"
	kmsKeys  = "gocloud.dev/secrets/awskms"
)

// calls has for every action the line that calls it; an empty pkg is AWS itself,
// which acts by the function's role, and line says when.
// TransactWriteItems has no action of its own: it needs those of what it does.
var calls = map[string]site{
	"dynamodb:BatchGetItem":  {dynamoDB, "dynamo.go", "out, err := c.db.BatchGetItem(ctx, in)"},
	"dynamodb:DescribeTable": {dynamoDB, "dynamo.go", "out, err := db.DescribeTable(context.Background(), &dyn.DescribeTableInput{TableName: &tableName})"},
	"dynamodb:Query":         {dynamoDB, "query.go", "out, err := qr.c.db.Query(ctx, qr.queryIn)"},
	"dynamodb:PutItem":       {dynamoDB, "dynamo.go", "_, err := c.db.PutItem(ctx, in)"},
	"dynamodb:UpdateItem":    {dynamoDB, "dynamo.go", "_, err := c.db.UpdateItem(ctx, in)"},
	"dynamodb:DeleteItem":    {dynamoDB, "dynamo.go", "_, err := c.db.DeleteItem(ctx, in)"},

	"dynamodb:DescribeStream":   {"", "", "Lambda's poller of the stream"},
	"dynamodb:GetRecords":       {"", "", "Lambda's poller of the stream"},
	"dynamodb:GetShardIterator": {"", "", "Lambda's poller of the stream"},
	"dynamodb:ListStreams":      {"", "", "Lambda's poller of the stream"},

	"events:PutEvents":        {"internal/gocdk/eventbridgepubsub", "send.go", "out, err := t.client.PutEvents(ctx, in, once)"},
	"events:DescribeEventBus": {"internal/gocdk/eventbridgepubsub", "topic.go", "_, err := t.client.DescribeEventBus(ctx, &eventbridge.DescribeEventBusInput{Name: &t.bus}, once)"},
	"states:ListExecutions":   {"internal/workflow/stepfunctions", "list.go", "return r.client.ListExecutions(ctx, in)"},
	"states:StartExecution":   {"internal/workflow/stepfunctions", "runner.go", "_, err := r.client.StartExecution(ctx, &sfn.StartExecutionInput{"},

	"sqs:ReceiveMessage":          {"", "", "Lambda's poller of the queue"},
	"sqs:DeleteMessage":           {"", "", "Lambda's poller of the queue"},
	"sqs:GetQueueAttributes":      {"", "", "Lambda's poller of the queue"},
	"sqs:ChangeMessageVisibility": {"", "", "Lambda's poller of the queue"},

	"kms:Decrypt": {kmsKeys, "kms.go", "result, err := k.client.Decrypt(ctx, &kms.DecryptInput{"},
	"kms:Encrypt": {kmsKeys, "kms.go", "result, err := k.client.Encrypt(ctx, &kms.EncryptInput{"},

	"s3:PutObject":            {s3Upload, "api_op_UploadObject.go", "out, err := u.options.S3.PutObject(ctx, params, opts...)"},
	"s3:AbortMultipartUpload": {s3Upload, "api_op_UploadObject.go", "_, err := u.options.S3.AbortMultipartUpload(freshCtx, params, clientOptions...)"},
	"s3:DeleteObject":         {s3Blob, "s3blob.go", "_, err := b.client.DeleteObject(ctx, input)"},
	"s3:GetObject":            {s3Blob, "s3blob.go", "resp, err := b.client.HeadObject(ctx, in)"},
	"s3:ListBucket":           {s3Blob, "s3blob.go", "return b.client.ListObjectsV2(ctx, in, varopt...)"},

	// SES asks for the second when the content is raw, whichever API it came by.
	"ses:SendEmail":    {".", "ses.go", "_, err := s.client.SendEmail(ctx, &sesv2.SendEmailInput{"},
	"ses:SendRawEmail": {".", "ses.go", "Content:          &types.EmailContent{Raw: &types.RawMessage{Data: raw}},"},

	"logs:CreateLogStream":     {"", "", "Lambda, of what the program writes"},
	"logs:PutLogEvents":        {"", "", "Lambda, of what the program writes"},
	"xray:PutTraceSegments":    {"", "", "Lambda, as tracing is on"},
	"xray:PutTelemetryRecords": {"", "", "Lambda, as tracing is on"},
}

// uses has for every right, by the statement's Sid, the line of ours that wants
// it.
var uses = map[string]site{
	"WriteLibrary":   {"internal/store", "library.go", "type Library struct {"},
	"WriteIdentity":  {"internal/store", "identity.go", "type Identity struct {"},
	"ReadIdentity":   {"internal/workflow/activities", "letters.go", "u, err := d.Users.FindUser(ctx, user)"},
	"WriteEphemeral": {"internal/store", "ephemeral.go", "type Ephemeral struct {"},
	"Unseal":         {"internal/identity/keyring", "keyring.go", "k.root, err = keeper.Decrypt(ctx, sealed)"},
	"Seal":           {"internal/identity/keyring", "keyring.go", "if sealed, err = k.keeper.Encrypt(ctx, root); err != nil {"},
	"Publish":        {"internal/events", "publisher.go", "errs[i] = r.topic.Send(ctx, &pubsub.Message{Body: text, Metadata: map[string]string{metadataType: string(e.Type)}})"},
	"FollowStream":   {"internal/server/lambda", "stream.go", "func (s *Stream) Handle(ctx context.Context, e events.DynamoDBEvent) (events.DynamoDBEventResponse, error) {"},
	"TakeEvents":     {"internal/server/lambda", "queue.go", "func (q *Queue) Handle(ctx context.Context, e events.SQSEvent) (events.SQSEventResponse, error) {"},
	"StartWorkflows": {"internal/workflow/machines", "starter.go", "return s.runner.Start(ctx, Publication, e.ID, PublicationInput(e.ItemID))"},
	"WatchWorkflows": {".", "backlog.go", "page, err := b.runner.FindExecutions(ctx, promptz.ExecutionFilter{Machine: machine, Status: status, Limit: mostCounted})"},
	"WriteFiles":     {"internal/workflow/activities", "publication.go", "w, err := bucket.NewWriter(ctx, key, &blob.WriterOptions{ContentType: file.MediaType})"},
	"ListFiles":      {"internal/workflow/activities", "publication.go", "file, err := files.Next(ctx)"},
	"RemoveFiles":    {"internal/workflow/activities", "publication.go", "err = d.Bucket.Delete(ctx, file.Key)"},
	"SendMail":       {"internal/workflow/activities", "letters.go", "return d.Mailer.Send(ctx, l)"},
	"Log":            {"", "", "everything that is logged"},
	"Trace":          {"", "", "everything that is traced"},
}

// callers are the packages that functions run and that call AWS's clients.
var callers = []string{dynamoDB, s3Blob, kmsKeys, "internal/gocdk/eventbridgepubsub", "internal/workflow/stepfunctions", "."}

// noAction are calls there for which no role has a right of that name, each with
// why.
var noAction = map[string]string{
	"Scan":                         "a query without an index is refused before it is sent, see limitDynamoDBQuery",
	"TransactWriteItems":           "it needs the actions of the writes in it",
	"ListObjects":                  "s3:ListBucket; it is the old form",
	"ListObjectsV2":                "s3:ListBucket",
	"HeadObject":                   "s3:GetObject",
	"GetObject":                    "no file is read",
	"CopyObject":                   "no file is copied",
	"DeleteMessageBatch":           "Lambda's poller deletes",
	"ChangeMessageVisibilityBatch": "Lambda's poller does",
	"DescribeExecution":            "people list workflows, by their own rights",
	"RedriveExecution":             "people retry workflows, by their own rights",
}
