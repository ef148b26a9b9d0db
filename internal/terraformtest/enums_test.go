package terraformtest_test

import (
	"strings"
	"testing"

	"github.com/zclconf/go-cty/cty"

	"promptz/internal/terraformtest"
)

// enum says what an attribute may be, as AWS documents it: the schema alone lets
// any text pass, and only the real provider or AWS would refuse it.
type enum struct {
	resource  string
	attribute string // with the blocks that it is in
	values    string // separated by spaces
	see       string
}

var enums = []enum{
	{"aws_dynamodb_table.collection", "billing_mode", "PROVISIONED PAY_PER_REQUEST",
		"https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_CreateTable.html"},
	{"aws_dynamodb_table.collection", "stream_view_type", "KEYS_ONLY NEW_IMAGE OLD_IMAGE NEW_AND_OLD_IMAGES",
		"https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_StreamSpecification.html"},
	{"aws_dynamodb_table.collection", "attribute.type", "S N B",
		"https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_AttributeDefinition.html"},
	{"aws_dynamodb_table.collection", "global_secondary_index.projection_type", "ALL KEYS_ONLY INCLUDE",
		"https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_Projection.html"},
	{"aws_dynamodb_table.collection", "global_secondary_index.key_schema.key_type", "HASH RANGE",
		"https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_KeySchemaElement.html"},
	{"aws_s3_bucket_versioning.files", "versioning_configuration.status", "Enabled Suspended",
		"https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketVersioning.html"},
	{"aws_s3_bucket_server_side_encryption_configuration.files", "rule.apply_server_side_encryption_by_default.sse_algorithm", "AES256 aws:kms aws:kms:dsse",
		"https://docs.aws.amazon.com/AmazonS3/latest/API/API_ServerSideEncryptionByDefault.html"},
	{"aws_s3_bucket_ownership_controls.files", "rule.object_ownership", "BucketOwnerPreferred ObjectWriter BucketOwnerEnforced",
		"https://docs.aws.amazon.com/AmazonS3/latest/API/API_OwnershipControlsRule.html"},
	{"aws_s3_bucket_lifecycle_configuration.files", "rule.status", "Enabled Disabled",
		"https://docs.aws.amazon.com/AmazonS3/latest/API/API_LifecycleRule.html"},
	{"aws_lambda_function.function", "runtime", "provided.al2023",
		"https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtimes.html"},
	{"aws_lambda_function.function", "architectures", "x86_64 arm64",
		"https://docs.aws.amazon.com/lambda/latest/api/API_CreateFunction.html"},
	{"aws_lambda_function.function", "tracing_config.mode", "Active PassThrough",
		"https://docs.aws.amazon.com/lambda/latest/api/API_TracingConfig.html"},
	{"aws_lambda_function.function", "logging_config.log_format", "JSON Text",
		"https://docs.aws.amazon.com/lambda/latest/api/API_LoggingConfig.html"},
	{"aws_lambda_event_source_mapping.relay", "starting_position", "TRIM_HORIZON LATEST",
		"https://docs.aws.amazon.com/lambda/latest/api/API_CreateEventSourceMapping.html"},
	{"aws_lambda_event_source_mapping.events", "function_response_types", "ReportBatchItemFailures",
		"https://docs.aws.amazon.com/lambda/latest/api/API_CreateEventSourceMapping.html"},
	{"aws_apigatewayv2_api.api", "protocol_type", "HTTP WEBSOCKET",
		"https://docs.aws.amazon.com/apigatewayv2/latest/api-reference/apis.html"},
	{"aws_apigatewayv2_integration.http", "integration_type", "AWS AWS_PROXY HTTP HTTP_PROXY MOCK",
		"https://docs.aws.amazon.com/apigatewayv2/latest/api-reference/apis-apiid-integrations.html"},
	{"aws_apigatewayv2_integration.http", "payload_format_version", "2.0",
		"internal/server/lambda reads no other"},
	{"aws_sfn_state_machine.machine", "type", "STANDARD",
		"executions are named, and EXPRESS ones may run twice"},
	{"aws_sfn_state_machine.machine", "logging_configuration.level", "ALL ERROR FATAL OFF",
		"https://docs.aws.amazon.com/step-functions/latest/apireference/API_LoggingConfiguration.html"},
	{"aws_scheduler_schedule.sweep", "flexible_time_window.mode", "OFF FLEXIBLE",
		"https://docs.aws.amazon.com/scheduler/latest/APIReference/API_FlexibleTimeWindow.html"},
	{"aws_scheduler_schedule.sweep", "schedule_expression", "rate(1_minute)",
		"https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html"},
	{"aws_cognito_user_pool.users", "user_pool_tier", "ESSENTIALS PLUS",
		"https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-sign-in-feature-plans.html: LITE has no codes in mails"},
	{"aws_cognito_user_pool.users", "sign_in_policy.allowed_first_auth_factors", "PASSWORD EMAIL_OTP",
		"https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_SignInPolicyType.html"},
	{"aws_cognito_user_pool.users", "mfa_configuration", "OFF",
		"https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-user-pools-authentication-flow-methods.html: none without a password where MFA is required"},
	{"aws_cognito_user_pool.users", "deletion_protection", "ACTIVE INACTIVE",
		"https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_CreateUserPool.html"},
	{"aws_cognito_user_pool.users", "email_configuration.email_sending_account", "DEVELOPER",
		"https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-email.html: codes for sign-in leave by SES alone"},
	{"aws_cognito_user_pool.users", "verification_message_template.default_email_option", "CONFIRM_WITH_CODE",
		"https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_VerificationMessageTemplateType.html"},
	{"aws_cognito_user_pool_client.site", "explicit_auth_flows", "ALLOW_USER_AUTH",
		"https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_CreateUserPoolClient.html: no flow by a password"},
	{"aws_cognito_user_pool_client.site", "prevent_user_existence_errors", "LEGACY",
		"internal/identity/cognito heeds UserNotFoundException"},
	{"aws_cloudfront_cache_policy.edge", "parameters_in_cache_key_and_forwarded_to_origin.headers_config.header_behavior", "none whitelist",
		"https://docs.aws.amazon.com/cloudfront/latest/APIReference/API_CachePolicyHeadersConfig.html"},
	{"aws_cloudfront_origin_request_policy.edge", "headers_config.header_behavior", "none whitelist allViewer allViewerAndWhitelistCloudFront allExcept",
		"https://docs.aws.amazon.com/cloudfront/latest/APIReference/API_OriginRequestPolicyHeadersConfig.html"},
	{"aws_cloudfront_distribution.edge", "price_class", "PriceClass_100 PriceClass_200 PriceClass_All",
		"https://docs.aws.amazon.com/cloudfront/latest/APIReference/API_DistributionConfig.html"},
	{"aws_cloudfront_distribution.edge", "http_version", "http1.1 http2 http3 http2and3",
		"https://docs.aws.amazon.com/cloudfront/latest/APIReference/API_DistributionConfig.html"},
	{"aws_cloudfront_distribution.edge", "origin.custom_origin_config.origin_protocol_policy", "https-only",
		"https://docs.aws.amazon.com/cloudfront/latest/APIReference/API_CustomOriginConfig.html"},
	{"aws_cloudfront_distribution.edge", "default_cache_behavior.viewer_protocol_policy", "allow-all https-only redirect-to-https",
		"https://docs.aws.amazon.com/cloudfront/latest/APIReference/API_DefaultCacheBehavior.html"},
	{"aws_cloudfront_distribution.edge", "default_cache_behavior.allowed_methods", "GET HEAD OPTIONS PUT PATCH POST DELETE",
		"https://docs.aws.amazon.com/cloudfront/latest/APIReference/API_AllowedMethods.html"},
	{"aws_cloudwatch_metric_alarm.alarm", "comparison_operator", "GreaterThanThreshold",
		"https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html"},
	{"aws_cloudwatch_metric_alarm.alarm", "statistic", "SampleCount Average Sum Minimum Maximum",
		"https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html"},
	{"aws_cloudwatch_metric_alarm.alarm", "treat_missing_data", "breaching notBreaching ignore missing",
		"https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html"},
	{"aws_sns_topic_subscription.alarms", "protocol", "email",
		"https://docs.aws.amazon.com/sns/latest/api/API_Subscribe.html"},
}

// TestEnums holds values to AWS's documentation.
func TestEnums(t *testing.T) {
	t.Parallel()
	variables := required()
	variables["alarm_address"] = cty.StringVal("ops@example.com")
	m, err := terraformtest.Load(awsDir, terraformtest.Values{Variables: variables, Attribute: onAWS})
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range enums {
		allowed := strings.Fields(e.values)
		found := 0
		for key, b := range instances(t, m, e.resource) {
			for _, value := range valuesOf(b, strings.Split(e.attribute, ".")) {
				found++
				if !contains(allowed, value) {
					t.Errorf("%s[%s]: %s is %q, not one of %s (%s)", e.resource, key, e.attribute, value, e.values, e.see)
				}
			}
		}
		if found == 0 {
			t.Errorf("%s: there is no %s", e.resource, e.attribute)
		}
	}
}

func contains(allowed []string, value string) bool {
	for _, a := range allowed {
		if strings.ReplaceAll(a, "_", " ") == value || a == value {
			return true
		}
	}
	return false
}

// valuesOf gives the texts of an attribute in blocks, and of a list all of them.
func valuesOf(b terraformtest.Block, path []string) []string {
	var found []string
	if len(path) > 1 {
		for _, inner := range b.Blocks[path[0]] {
			found = append(found, valuesOf(inner, path[1:])...)
		}
		return found
	}
	value, ok := b.Attributes[path[0]]
	switch {
	case !ok || value.IsNull():
		return nil
	case value.Type() == cty.String:
		return []string{value.AsString()}
	}
	return terraformtest.Strings(value)
}
