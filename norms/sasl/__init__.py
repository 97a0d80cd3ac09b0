"""The SASL mechanisms of an MSSanté mailbox: XOAUTH2 (token), PLAIN (with a client certificate), EXTERNAL."""

from norms.sasl.messages import BadSasl, Plain, Xoauth2, challenge, hidden, plain, xoauth2

__all__ = ["BadSasl", "Plain", "Xoauth2", "challenge", "hidden", "plain", "xoauth2"]
