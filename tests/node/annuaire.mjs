// Searches of the Annuaire Santé by fhir-kit-client, unmodified: capability statement, search by GET and by POST, pages, read.
// Usage: NODE_EXTRA_CA_CERTS=…/ca.pem node annuaire.mjs <annuaire address> <api key>
// One JSON object: what each call gave, or {"refused": status and diagnostics}.
import { Client } from "fhir-kit-client";

const [, , baseUrl, key] = process.argv;
const client = new Client({ baseUrl, customHeaders: { "ESANTE-API-KEY": key } });
const resources = (bundle) => (bundle.entry ?? []).map((entry) => entry.resource);

async function all(first) {
  const found = [];
  for (let bundle = first; bundle; bundle = await client.nextPage({ bundle })) found.push(...resources(bundle));
  return found;
}

async function refused(call) {
  try {
    await call();
    return null;
  } catch (error) {
    return [error.response.status, error.response.data.issue[0].diagnostics];
  }
}

const statement = await client.capabilityStatement();
const named = await client.search({ resourceType: "Practitioner", searchParams: { family: "verveine" } });
const [doctor] = resources(named);
const roles = await client.resourceSearch({
  resourceType: "PractitionerRole",
  searchParams: { practitioner: doctor.id, _include: "PractitionerRole:organization" },
});
const posted = await client.search({
  resourceType: "Organization",
  searchParams: { "mailbox-mss:contains": "@ch-alisier" },
  options: { postSearch: true },
});
const mailboxes = resources(roles)
  .filter((one) => one.resourceType === "PractitionerRole")
  .flatMap((one) => one.telecom ?? [])
  .filter((point) => point.extension?.some((one) => one.valueCoding?.code === "MSSANTE"))
  .map((point) => point.value);

console.log(
  JSON.stringify({
    version: statement.fhirVersion,
    name: doctor.name[0].family,
    places: resources(roles).filter((one) => one.resourceType === "Organization").length,
    mailboxes: mailboxes.sort(),
    posted: posted.total,
    paged: (await all(await client.search({ resourceType: "Organization", searchParams: { _count: 5, active: "true" } }))).length,
    read: (await client.read({ resourceType: "Practitioner", id: doctor.id })).id === doctor.id,
    refused: await refused(() => client.search({ resourceType: "Practitioner", searchParams: { "mailbox-mss-type": "PER" } })),
  }),
);
