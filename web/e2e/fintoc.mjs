// The official client, unchanged but for its base URL, does its part against a running
// server: node fintoc.mjs BASE_URL SECRET_KEY LINK_TOKEN LINK_TOKEN_2
import assert from 'node:assert/strict';
import http from 'node:http';
import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);
const [base, key, token, token2] = process.argv.slice(2);
require('fintoc/build/main/lib/constants').API_BASE_URL = base;
const { Fintoc } = require('fintoc');
const fintoc = new Fintoc(key);
const quiet = console.warn;
console.warn = () => {}; // the client warns of its own deprecations

async function all(list) {
  const out = [];
  for await (const item of await list) out.push(item);
  return out;
}

// Links: list, get, update.
const links = await all(fintoc.links.list());
assert.equal(links.length, 2, 'two links, newest first');
assert.ok(links[0].created_at >= links[1].created_at);
const link = await fintoc.links.get(token);
assert.equal(link.object, 'link');
assert.equal(link.username, '416148503');
assert.equal(link.institution.id, 'cl_banco_de_chile');
assert.equal((await fintoc.links.update(token, { active: false })).active, false);
assert.equal((await fintoc.links.get(token)).active, false, 'an inactive link stays readable');
assert.equal((await fintoc.links.update(token, { active: true })).active, true);

// Accounts: list both ways, get.
const accounts = await all(fintoc.accounts.list({ link_token: token }));
assert.ok(accounts.length >= 2);
const linked = await all(link.accounts.list()); // these carry the link token with them
assert.deepEqual(linked.map((a) => a.id), accounts.map((a) => a.id));
const account = await fintoc.accounts.get(accounts[0].id, { link_token: token });
assert.equal(account.type, 'checking_account');
assert.equal(account.currency, 'CLP');
assert.ok(account.balance.available <= account.balance.limit);

// Movements: every page, in order, each once; filters; one by id.
const rows = await all(fintoc.accounts.movements.list({ account_id: account.id, link_token: token, per_page: 50 }));
assert.ok(rows.length > 150, `several pages, got ${rows.length} rows`);
assert.equal(new Set(rows.map((r) => r.id)).size, rows.length, 'no row comes twice');
for (let i = 1; i < rows.length; i++) assert.ok(rows[i - 1].post_date >= rows[i].post_date, 'newest first');
const pages = await all(linked[0].movements.list({ per_page: 300 }));
assert.deepEqual(pages.map((r) => r.id), rows.map((r) => r.id), 'the page size changes nothing');
const day = (d) => new Date(d).toISOString().slice(0, 10);
const since = day(rows[40].post_date);
const recent = await all(linked[0].movements.list({ since }));
assert.deepEqual(recent.map((r) => r.id), rows.filter((r) => day(r.post_date) >= since).map((r) => r.id));
const transfer = rows.find((r) => r.type === 'transfer' && r.amount > 0);
assert.ok(transfer.sender_account.holder_id, 'a transfer in has a sender');
const one = await fintoc.accounts.movements.get(transfer.id, { account_id: account.id, link_token: token });
assert.equal(one.amount, transfer.amount);

// Webhooks: an endpoint, a refresh, and what comes of it verifies with the client's own check.
const { WebhookSignature } = require('fintoc');
const heard = [];
let told;
const enough = new Promise((resolve) => { told = resolve; });
const receiver = http.createServer((req, res) => {
  const chunks = [];
  req.on('data', (c) => chunks.push(c));
  req.on('end', () => {
    heard.push({ body: Buffer.concat(chunks).toString(), signature: req.headers['fintoc-signature'] });
    res.end();
    if (heard.length === accounts.length + 1) told();
  });
});
await new Promise((resolve) => receiver.listen(0, '127.0.0.1', resolve));
const endpoint = await fintoc.webhookEndpoints.create({
  url: `http://127.0.0.1:${receiver.address().port}/hooks`,
  enabled_events: ['account.refresh_intent.succeeded', 'link.refresh_intent.succeeded'],
});
const refresh = await fintoc.refreshIntents.create({ link_token: token, refresh_type: 'only_last' });
assert.equal(refresh.status, 'created');
await enough;
receiver.close();
for (const { body, signature } of heard) {
  WebhookSignature.verifyHeader(body, signature, endpoint.secret); // throws what is wrong with it
  assert.throws(() => WebhookSignature.verifyHeader(body + ' ', signature, endpoint.secret));
  assert.equal(JSON.parse(body).data.id, refresh.id);
}
assert.equal((await fintoc.refreshIntents.get(refresh.id, { link_token: token })).status, 'succeeded');
assert.equal((await all(fintoc.refreshIntents.list({ link_token: token }))).length, 1);
assert.equal((await fintoc.webhookEndpoints.update(endpoint.id, { disabled: true })).status, 'disabled');
assert.equal((await all(fintoc.webhookEndpoints.list())).length, 1);
await fintoc.webhookEndpoints.delete(endpoint.id);

// Errors arrive as the client's own classes.
await assert.rejects(fintoc.links.get('link_x_token_y'), (e) => /invalid_link_token/.test(e.message));
await assert.rejects(new Fintoc('pk_test_x').links.get(token), (e) => e.constructor.name === 'AuthenticationError');

// Delete by id, as the client does (with functions in its query), and by the object.
assert.equal(await fintoc.links.delete(links.find((l) => l.username === '404276727').id), links.find((l) => l.username === '404276727').id);
await assert.rejects(fintoc.links.get(token2), /invalid_link_token/);
await link.delete();
await assert.rejects(fintoc.links.get(token), /invalid_link_token/);
assert.equal((await all(fintoc.links.list())).length, 0);

console.warn = quiet;
console.log(`fintoc client: ${rows.length} movements in ${Math.ceil(rows.length / 50)} pages, all checks passed`);
