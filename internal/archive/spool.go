package archive

import (
	"fmt"
	"io"
	"os"
)

// spool is a temporary file. In it waits what is needed later and may be too
// much for memory. Its errors are failures, never refusals.
type spool struct {
	file *os.File
}

func openSpool() (*spool, error) {
	f, err := os.CreateTemp("", "promptz-archive-*")
	if err != nil {
		return nil, fmt.Errorf("open temporary file: %w", err)
	}
	return &spool{f}, nil
}

func (s *spool) close() {
	s.file.Close()
	os.Remove(s.file.Name())
}

// Write adds to what waits.
func (s *spool) Write(b []byte) (int, error) {
	n, err := s.file.Write(b)
	if err != nil {
		return n, fmt.Errorf("write temporary file: %w", err)
	}
	return n, nil
}

// Read goes on with what waits, from where rewind went to.
func (s *spool) Read(b []byte) (int, error) { return s.file.Read(b) }

// rewind goes to the beginning, to read. size is how much waits.
func (s *spool) rewind() (size int64, err error) {
	size, err = s.file.Seek(0, io.SeekEnd)
	if err == nil {
		_, err = s.file.Seek(0, io.SeekStart)
	}
	if err != nil {
		return 0, fmt.Errorf("rewind temporary file: %w", err)
	}
	return size, nil
}

// clear forgets what waits.
func (s *spool) clear() error {
	_, err := s.file.Seek(0, io.SeekStart)
	if err == nil {
		err = s.file.Truncate(0)
	}
	if err != nil {
		return fmt.Errorf("clear temporary file: %w", err)
	}
	return nil
}
