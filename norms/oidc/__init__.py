"""OpenID Connect as Pro Santé Connect speaks it: claims, tokens, discovery, userinfo, and the rules on what a client
sends. Pure functions: keys, clock and identifiers are arguments.
"""
