package mail

import "crypto/x509"

// Trust lets a sender trust a test's own authority, as the system's roots do
// outside tests.
func (s *SMTPSender) Trust(roots *x509.CertPool) { s.tls.RootCAs = roots }
