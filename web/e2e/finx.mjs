// What the browser tests of finX's widget have in common: an app's server that starts flows, and a
// user's way through the pages.
import assert from 'node:assert/strict';
import { base, state } from './lib.mjs';

const run = Date.now().toString(36);
export const iban = 'DE82900948150000002881'; // of both guides
export const testbank = '1b2f40b8-77a6-4f3e-9a53-0f3d8a2f6a15';
let flows = 0;

export function finx(at) {
  // What an app's server does: it starts a flow. The app's page for users who come back is on
  // another origin.
  async function start(name, { path = 'onetime/access', options, scenario, ...body } = {}) {
    const sandbox = `e2e-x${run}-${++flows}-${name}`;
    const root = `${base}/~${sandbox}`;
    const call = async (method, url, sent, headers) => {
      const res = await fetch(root + url, { method, headers: { 'Content-Type': 'application/json', ...headers }, body: sent && JSON.stringify(sent) });
      return res.json();
    };
    if (options) await call('PUT', `/_stunt/v1/sandboxes/${sandbox}/options`, options);
    const back = at.host.serve(`/back-${flows}`, '<!doctype html><html lang="en"><title>Back in the app</title><main><h1>Back</h1></main></html>');
    const { location, id } = await call('POST', `/finx/${path}`, { redirect_uri: back, language: 'en', state: 's1', ...body }, scenario && { 'Stunt-Scenario': scenario });
    assert.ok(location, 'the flow has started');
    // What the server does with the code.
    const accounts = async (code) => {
      const { access_token: token } = await call('POST', '/finx/auth/token', { grant_type: 'authorization_code', code, redirect_uri: back });
      return (await call('GET', '/finx/rest/accounts', undefined, { Authorization: `Bearer ${token}` })).accounts;
    };
    return { root, back, location, id, call, accounts };
  }

  const known = { accounts: [{ id: iban }] };
  const open = async (t, location, context) => {
    const page = await (await at.context(t, context)).newPage();
    page.setDefaultTimeout(10_000);
    await page.goto(location);
    return page;
  };
  const accept = (f) => f.getByTestId('consent-accept').click();
  const login = async (f, user, pin = user) => {
    await f.getByTestId('field-login_id').fill(user);
    await f.getByTestId('field-password').fill(pin);
    await f.getByTestId('credentials-submit').click();
  };
  const enter = async (f, user, pin) => { await accept(f); await state(f, 'credentials'); await login(f, user, pin); };
  const answer = async (f, tan = '111111') => { await f.locator('main input[name=answer]').fill(tan); await f.getByTestId('mfa-submit').click(); };
  // Chooses all accounts. With script the user is back in the app at once.
  const agree = async (f) => {
    await state(f, 'accounts');
    for (const box of await f.getByTestId('account-list').locator('input:not([disabled])').all()) await box.check();
    await f.getByTestId('accounts-submit').click();
  };
  const returned = async (page, s) => {
    await page.waitForURL((u) => u.href.startsWith(s.back));
    return Object.fromEntries(new URL(page.url()).searchParams);
  };
  return { start, open, enter, accept, login, answer, agree, returned, known, unique: () => `/app-${++flows}` };
}
