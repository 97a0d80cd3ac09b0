"""Pro Santé Connect: authorization, tokens, userinfo, CIBA, logout, with the quirks of the real provider."""
