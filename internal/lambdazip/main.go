// Command lambdazip makes the zip that AWS Lambda takes: one file, named bootstrap,
// that can be run. The same program gives the same zip, whenever it is made.
//
//	go run ./internal/lambdazip PROGRAM ZIP
//
// It leans on the standard library alone: a zip program is not everywhere.
package main

import (
	"archive/zip"
	"errors"
	"fmt"
	"io"
	"os"
)

// Lambda unpacks no more than this. See
// https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html.
const maxUnpacked = 250 << 20

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: lambdazip PROGRAM ZIP")
		os.Exit(2)
	}
	size, err := pack(os.Args[1], os.Args[2])
	if err != nil {
		fmt.Fprintln(os.Stderr, "lambdazip:", err)
		os.Exit(1)
	}
	fmt.Printf("%s: %.1f MB\n", os.Args[2], float64(size)/1e6)
}

// pack writes the zip and gives its size in bytes.
func pack(program, to string) (size int64, err error) {
	in, err := os.Open(program)
	if err != nil {
		return 0, err
	}
	defer in.Close()
	if info, err := in.Stat(); err != nil {
		return 0, err
	} else if info.Size() > maxUnpacked {
		return 0, fmt.Errorf("%s is larger than Lambda takes", program)
	}
	out, err := os.Create(to)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, out.Close()) }()
	if err := write(out, in); err != nil {
		return 0, err
	}
	info, err := out.Stat()
	if err != nil {
		return 0, err
	}
	return info.Size(), nil
}

func write(out io.Writer, program io.Reader) error {
	z := zip.NewWriter(out)
	header := &zip.FileHeader{Name: "bootstrap", Method: zip.Deflate} // and no time
	header.SetMode(0o755)
	entry, err := z.CreateHeader(header)
	if err != nil {
		return err
	}
	if _, err := io.Copy(entry, program); err != nil {
		return err
	}
	return z.Close()
}
