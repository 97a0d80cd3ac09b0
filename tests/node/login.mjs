// Complete logins by openid-client, unmodified: discovery, code with PKCE, userinfo, refresh, introspection, logout.
// Usage: NODE_EXTRA_CA_CERTS=…/ca.pem node login.mjs <discovery address> [professional] [number of logins]
// One line of JSON per login: what was learnt, or {"refused": why}.
import * as client from "openid-client";

const [, , discovery, professional = "dr-romarin", times = "1"] = process.argv;
const id = "segur-demo", secret = "segur-demo-secret", redirect = "http://localhost:8080/callback";

// What the professional does in a browser: choose an identity on the page, follow the redirect.
async function browser(url) {
  const page = await fetch(url, { redirect: "manual" });
  if (page.headers.has("location")) return new URL(page.headers.get("location")); // nothing to choose (psc.auto_login)
  const html = await page.text();
  const request = html.match(/name="request" value="([^"]+)"/)[1];
  const form = new URLSearchParams({ request, client_id: id, professional, mode: "CARD" });
  const answer = await fetch(new URL("/auth/login", url), { method: "POST", body: form, redirect: "manual" });
  return new URL(answer.headers.get("location"));
}

async function login(config) {
  const verifier = client.randomPKCECodeVerifier();
  const asked = {
    redirect_uri: redirect,
    scope: "openid scope_all",
    acr_values: "eidas1",
    code_challenge: await client.calculatePKCECodeChallenge(verifier),
    code_challenge_method: "S256",
    state: client.randomState(),
    nonce: client.randomNonce(),
  };
  const back = await browser(client.buildAuthorizationUrl(config, asked));
  const tokens = await client.authorizationCodeGrant(config, back, {
    pkceCodeVerifier: verifier,
    expectedState: asked.state,
    expectedNonce: asked.nonce,
    idTokenExpected: true,
  });
  const claims = tokens.claims();
  const user = await client.fetchUserInfo(config, tokens.access_token, claims.sub);
  const again = await client.refreshTokenGrant(config, tokens.refresh_token);
  const seen = await client.tokenIntrospection(config, again.access_token);
  const out = client.buildEndSessionUrl(config, {
    id_token_hint: again.id_token,
    post_logout_redirect_uri: "http://localhost:8080/",
    state: "bye",
  });
  const left = await fetch(out, { redirect: "manual" });
  const dead = await client.tokenIntrospection(config, again.access_token);
  return {
    issuer: config.serverMetadata().issuer,
    acr: claims.acr ?? "absent",
    SubjectNameID: user.SubjectNameID,
    practices: user.SubjectRefPro?.exercices.length ?? 0,
    refreshed: again.access_token !== tokens.access_token,
    active: seen.active,
    logout: left.headers.get("location"),
    after: dead.active,
  };
}

const config = await client.discovery(new URL(discovery), id, secret);
client.enableNonRepudiationChecks(config); // signatures too, not only what TLS already vouches for
for (let n = 0; n < Number(times); n++) {
  const result = await login(config).catch((error) => ({ refused: `${error.message}: ${error.cause?.message ?? ""}` }));
  console.log(JSON.stringify(result));
}
