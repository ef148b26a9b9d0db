package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"

	"gocloud.dev/blob"
	"gocloud.dev/blob/fileblob"
	"gocloud.dev/blob/memblob"
	"gocloud.dev/blob/s3blob"

	"promptz/internal/config"
)

// blobSchemes are where files can be kept that can be made again.
var blobSchemes = []string{fileblob.Scheme, memblob.Scheme, s3blob.Scheme}

// openBucket opens where files are kept.
func openBucket(ctx context.Context, _ data, cfg config.Config, log *slog.Logger) (*blob.Bucket, func(), error) {
	raw, err := cfg.Fill(cfg.Blobs)
	if err != nil {
		return nil, nil, err
	}
	u, err := url.Parse(raw)
	if err != nil {
		return nil, nil, errors.New("open blobs: their URL can't be read")
	}
	var mux blob.URLMux
	// Temporary files lie beside the final ones: a rename can't leave a file system.
	mux.RegisterBucket(fileblob.Scheme, &fileblob.URLOpener{Options: fileblob.Options{NoTempDir: true, Metadata: fileblob.MetadataDontWrite}})
	mux.RegisterBucket(memblob.Scheme, new(memblob.URLOpener))
	mux.RegisterBucket(s3blob.Scheme, new(s3blob.URLOpener))
	bucket, err := mux.OpenBucketURL(ctx, u)
	if err != nil {
		return nil, nil, fmt.Errorf("open blobs: %w", err)
	}
	return bucket, func() {
		if err := bucket.Close(); err != nil {
			log.Warn("the files were not closed in order", "error", err)
		}
	}, nil
}
