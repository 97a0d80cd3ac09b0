"""TLS and certificates: what a handshake shows, why one was refused, what a certificate of IGC-Santé looks like."""
