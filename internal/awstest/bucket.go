package awstest

import (
	"context"
	"crypto/rand"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
)

// NewBucket makes an S3 bucket with a name of its own and fails t when it can't. It
// ends with the stand-in. cfg is the stand-in's, see Config.
func NewBucket(t testing.TB, cfg aws.Config) (name string) {
	t.Helper()
	name = "test-" + strings.ToLower(rand.Text())
	client := s3.NewFromConfig(cfg, func(o *s3.Options) { o.UsePathStyle = true })
	if _, err := client.CreateBucket(t.Context(), &s3.CreateBucketInput{
		Bucket: &name, CreateBucketConfiguration: &types.CreateBucketConfiguration{LocationConstraint: Region},
	}); err != nil {
		t.Fatal(err)
	}
	return name
}

// Objects gives the keys of what is in a bucket that begin with prefix, also when t
// is about to end.
func Objects(t testing.TB, cfg aws.Config, bucket, prefix string) []string {
	t.Helper()
	client := s3.NewFromConfig(cfg, func(o *s3.Options) { o.UsePathStyle = true })
	ctx := context.WithoutCancel(t.Context())
	var keys []string
	pages := s3.NewListObjectsV2Paginator(client, &s3.ListObjectsV2Input{Bucket: &bucket, Prefix: &prefix})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			t.Fatal(err)
		}
		for _, object := range page.Contents {
			keys = append(keys, *object.Key)
		}
	}
	return keys
}
