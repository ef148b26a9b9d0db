package app

import (
	"gocloud.dev/blob/fileblob"
	"gocloud.dev/blob/memblob"
)

// blobSchemes are where files can be kept that can be made again.
var blobSchemes = []string{fileblob.Scheme, memblob.Scheme}
