// A published client, unchanged, walks a running server: node flinks.mjs BASE_URL
import assert from 'node:assert/strict';
import { FlinksClient, FlinksError } from '@rizwannur/flinks';

const [base] = process.argv.slice(2);
const flinks = new FlinksClient({
  instance: 'toolbox',
  customerId: '43387ca6-0391-4c82-857d-70d95f087ecb~client', // the published id, in a sandbox of its own
  secretKey: 'c4569c54-e167-4d34-8de6-f4113bc82414',
  xApiKey: '3d5266a8-b697-48d4-8de6-52e2e2662acc',
  hosts: { banking: base },
});
const poll = { intervalMs: 1, timeoutMs: 10_000 };
const institution = 'FlinksCapital';
const failure = (code) => (e) => e instanceof FlinksError && e.flinksCode === code;

// The README's own snippet: one call from login to data.
const simple = await flinks.getAccountDetails(
  { username: 'greatday_nomfa', password: 'Everyday', institution },
  { detail: { withTransactions: true }, poll },
);
assert.equal(simple.status, 'done');
assert.ok(simple.accounts.length >= 3);
assert.equal(typeof simple.accounts[0].balance.current, 'number');
assert.ok(simple.accounts[0].transactions.length > 50);

// The bank asks; the answer goes on with the same token, and the data is polled for.
const asked = await flinks.getAccountDetails(
  { username: 'Greatday', password: 'Everyday', institution, mostRecentCached: false },
  { detail: { withKyc: true }, poll },
);
assert.equal(asked.status, 'mfa');
assert.deepEqual(asked.challenges.map((c) => c.prompt), ['What city were you born in?']);
const done = await asked.answer({ 'What city were you born in?': ['Montreal'] });
assert.equal(done.status, 'done');
const [account] = done.accounts;
assert.equal(account.holder.name, 'John Flinkyfoot');
assert.ok(['CAD', 'USD'].includes(account.currency));
for (const t of account.transactions) {
  assert.equal((t.debit === null) !== (t.credit === null), true, 'a debit or a credit');
}

// Step by step: raw endpoints by LoginId.
const auth = await flinks.authorize.authorize({ username: 'Greatday', password: 'Everyday', institution });
assert.equal(auth.httpStatusCode, 200, 'a card that was read before asks nothing');
const loginId = auth.login.id;
const requestId = auth.requestId;
const year = await flinks.connect.getAccountsDetailAndWait({ requestId, daysOfTransactions: 'Days365' }, poll);
const rows = year.accounts.reduce((n, a) => n + a.transactions.length, 0);
assert.ok(rows > 900, `a year has ${rows} rows`);
const summary = await flinks.connect.getAccountsSummaryAndWait({ requestId }, poll);
assert.equal(summary.accounts.length, year.accounts.length);
const statements = await flinks.connect.getStatements({ requestId, numberOfStatements: 'MostRecent' });
const pdf = Buffer.from(statements.statementsByAccount[0].statements[0].base64Bytes, 'base64');
assert.equal(pdf.subarray(0, 5).toString(), '%PDF-');

// Enrich, identity, cards.
const income = await flinks.enrich.getIncomeAttributes({ loginId, requestId });
assert.ok(Object.keys(income.card).length > 20);
const chosen = await flinks.enrich.requestAttributes({
  loginId, requestId, attributes: { card: ['sum_debits_30_days'] }, filters: { accountCategory: ['Operations'] }, limitDays: 90,
});
assert.ok(chosen.card.sumDebits30Days > 0 || chosen.card.sum_debits_30_days > 0, JSON.stringify(chosen.card).slice(0, 200));
assert.ok((await flinks.enrich.getCategorization({ loginId, requestId })).transactions.length > 100);
assert.ok((await flinks.enrich.getConsumerLibrary()).length >= 4);
const institutions = await flinks.connect.getInstitutions();
assert.ok(institutions.count > 0 && institutions.data.some((i) => i.id === 14));
assert.match(await flinks.connect.setScheduledRefresh({ loginId, isActivated: true }), /has now been activated/);
const night = await flinks.connect.getNightlyRefreshStatus();
assert.deepEqual(night.ineligibleCards.map((c) => c.loginId), [loginId], 'the bank asks a question at night');
assert.match(await flinks.connect.setScheduledRefresh({ loginId, isActivated: false }), /has now been deactivated/);

// Errors arrive as the client's own class; a wrong password is tried twice by this client.
await assert.rejects(flinks.authorize.authorize({ username: 'greatday_nomfa', password: 'wrong', institution, mostRecentCached: false }), failure('INVALID_PASSWORD'));
await assert.rejects(flinks.authorize.authorize({ username: 'test_disabled_account', password: 'Everyday', institution }), failure('DISABLED_LOGIN'));
await assert.rejects(flinks.connect.getAccountsDetail({ requestId: '1243c283-0000-4fda-8000-343068430190' }), failure('SESSION_NONEXISTENT'));

// Delete: the card and its requests are gone.
assert.match((await flinks.connect.deleteCard(loginId)).message, /has been removed/);
await assert.rejects(flinks.connect.getAccountsDetailAsync(requestId), failure('SESSION_NONEXISTENT'));
await assert.rejects(flinks.authorize.authorize({ loginId }), failure('INVALID_LOGIN'));

console.log(`flinks client: ${rows} transactions of a year, all checks passed`);
