// What the browser suite is made of: a real Chromium, an app's page on an origin of its
// own, and the API that the app's backend would call.
import { createServer } from 'node:http';
import { existsSync, readFileSync, statSync } from 'node:fs';
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { after, before } from 'node:test';
import { chromium } from 'playwright-core';

export const base = process.env.STUNTBANK_URL;
if (!base) throw new Error('STUNTBANK_URL is not set: start a server and name its base URL');
const require = createRequire(import.meta.url);
const axe = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');

export const launch = (more = {}) => chromium.launch({
  ...more,
  executablePath: process.env.CHROMIUM || '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
    '--disable-component-update', '--disable-sync', '--disable-dev-shm-usage'],
});

// A host page server: what the app under test would be. Its origin is not the
// simulator's, as in real life.
export async function hostServer() {
  const pages = new Map();
  const folders = new Map();
  const server = createServer((req, res) => {
    const { pathname } = new URL(req.url, 'http://x');
    for (const [prefix, folder] of folders) {
      if (!pathname.startsWith(prefix)) continue;
      // The published module imports without endings, as bundlers allow.
      const name = folder + pathname.slice(prefix.length);
      const file = [name, `${name}.js`, `${name}/index.js`].find((f) => existsSync(f) && statSync(f).isFile());
      // Relative imports resolve against the real place of a module.
      if (file && file !== name) res.writeHead(302, { Location: prefix + file.slice(folder.length) });
      else res.writeHead(file ? 200 : 404, { 'Content-Type': 'text/javascript' });
      res.end(file === name ? readFileSync(file) : '');
      return;
    }
    const page = pages.get(pathname);
    res.writeHead(page ? 200 : 404, { 'Content-Type': 'text/html; charset=utf-8', ...page?.headers });
    res.end(page?.html ?? '');
  });
  await new Promise((ready) => server.listen(0, '127.0.0.1', ready));
  const origin = `http://127.0.0.1:${server.address().port}`;
  return {
    origin,
    serve(path, html, headers) { pages.set(path, { html, headers }); return origin + path; },
    folder(prefix, path) { folders.set(prefix, path); },
    stop: () => new Promise((done) => { server.close(done); server.closeAllConnections(); }),
  };
}

let worlds = 0;
const run = Date.now().toString(36);

// One sandbox and its backend.
export function world(name) {
  const sandbox = `e2e-${run}-${++worlds}-${name}`.toLowerCase().replace(/[^a-z0-9-]/g, '-').slice(0, 40);
  const root = `${base}/~${sandbox}`;
  const call = async (url, method, body, headers) => {
    const res = await fetch(url, { method, headers: { ...headers, ...(body ? { 'Content-Type': 'application/json' } : {}) }, body: body && JSON.stringify(body) });
    const text = await res.text();
    if (!res.ok) throw new Error(`${method} ${url} answered ${res.status}: ${text}`);
    return text ? JSON.parse(text) : null;
  };
  const key = { Authorization: 'sk_test_e2e' };
  return {
    sandbox, root, provider: `${root}/fintoc`,
    intent: (headers) => call(`${root}/fintoc/v1/link_intents`, 'POST', { product: 'movements', country: 'cl', holder_type: 'individual' }, { ...key, ...headers }),
    exchange: (token) => call(`${root}/fintoc/v1/links/exchange?exchange_token=${token}`, 'GET', null, key),
    link: (token) => call(`${root}/fintoc/v1/links/${token}`, 'GET', null, key),
    refresh: (token) => call(`${root}/fintoc/v1/refresh_intents?link_token=${token}`, 'POST', null, key),
    refreshed: (id, token) => call(`${root}/fintoc/v1/refresh_intents/${id}?link_token=${token}`, 'GET', null, key),
    links: () => call(`${root}/fintoc/v1/links`, 'GET', null, key),
    control: (method, path, body) => call(`${root}/_stunt/v1${path}`, method, body),
    advance: (span) => call(`${root}/_stunt/v1/clock`, 'POST', { advance: span }),
    session: async () => (await call(`${root}/_stunt/v1/sessions`, 'GET')).sessions[0],
  };
}

// The page of an app: it opens the widget and keeps what it hears.
export const hostPage = (w, options, extra = '') => `<!doctype html><html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1"><title>An app</title>
<script src="${w.provider}/js/v1/"></script></head><body><main><h1>An app</h1><button id="connect">Connect</button></main>
<script>
window.log = [];
const note = (what, value) => window.log.push(value === undefined ? [what] : [what, value]);
window.options = Object.assign({
  publicKey: 'pk_test_e2e',
  onSuccess: (v) => note('success', v), onExit: (...v) => note('exit', v.length), onEvent: (name, meta) => note(name, meta),
}, ${JSON.stringify(options)});
window.widget = Fintoc.create(window.options);
document.getElementById('connect').onclick = () => window.widget.open();
${extra}
</script></body></html>`;

export const names = (page) => page.evaluate(() => window.log.map((l) => l[0]));
export const heard = async (page, name) => (await page.evaluate(() => window.log)).filter((l) => l[0] === name);
export const until = (page, name) => page.waitForFunction((n) => window.log.some((l) => l[0] === n), name);

// Users and what the widget tells of the way to the login.
export const user = '41614850-3';
export const bank = 'cl_banco_de_chile';
export const begin = ['opened', 'on_terms_and_conditions', 'on_available_institutions', 'on_authentication_form', 'creating_link'];

// A browser and an app's server for the tests of one file.
export function stage() {
  let browser; let host;
  before(async () => { browser = await launch(); host = await hostServer(); });
  after(async () => { await browser.close(); await host.stop(); });

  // A context of its own for a test; every request of it is watched.
  async function context(t, settings = {}, allowed = /^$/) {
    const made = await browser.newContext({ viewport: { width: 1280, height: 800 }, ...settings });
    const foreign = [];
    made.on('request', (r) => {
      const u = new URL(r.url());
      if (u.protocol.startsWith('http') && !/^(127\.0\.0\.1|localhost)$/.test(u.hostname) && !allowed.test(u.hostname)) foreign.push(r.url());
    });
    t.after(async () => { await made.close(); assert.deepEqual(foreign, [], 'no request leaves the machine'); });
    return made;
  }

  // Opens an app's page.
  async function open(t, w, options, settings = {}) {
    const page = await (await context(t, settings.context)).newPage();
    await settings.prepare?.(page);
    await page.goto(host.serve(`/${w.sandbox}`, hostPage(w, options, settings.extra), settings.headers));
    return page;
  }

  // Opens the widget of a new link intent in an app's page.
  async function start(t, name, { scenario, options = {}, ...settings } = {}) {
    const w = world(name);
    const intent = await w.intent();
    const page = await open(t, w, { widgetToken: intent.widget_token, ...options }, settings);
    await page.locator('#connect').click();
    const f = frameOf(page);
    return { w, intent, page, f, user: scenario ? `${user}+${scenario}` : user };
  }

  return { context, open, start, get host() { return host; } };
}

export const frameOf = (page) => page.frameLocator('#fintoc-widget-id');
export const state = (f, name) => f.locator(`main[data-state="${name}"]`).waitFor();
export const error = (f, code) => f.locator(`main[data-error="${code}"]`).waitFor();

export async function submit(f, name, password = 'jonsnow') {
  await f.getByTestId('field-username').fill(name);
  await f.getByTestId('field-password').fill(password);
  await f.getByTestId('credentials-submit').click();
}

export async function login({ f, user: name }, password) {
  await f.locator('main[data-state="consent"], main[data-state="institutions"]').waitFor();
  if (await f.getByTestId('consent-accept').count()) await f.getByTestId('consent-accept').click();
  await f.getByTestId(`institution-${bank}`).click();
  await submit(f, name, password);
}

// Leaves the page that says success, and does what the app's server does then.
export async function succeed(s) {
  await s.f.getByTestId('success-finish').click();
  return succeeded(s);
}

export async function succeeded(s) {
  await until(s.page, 'success');
  const [, intent] = (await heard(s.page, 'success'))[0];
  assert.equal(intent.id, s.intent?.id ?? intent.id);
  const link = await s.w.exchange(intent.exchangeToken);
  assert.match(link.link_token, /^link_[A-Za-z0-9]{16}_token_/);
  return intent;
}

// What axe finds on a page or in a frame.
export async function violations(target) {
  await target.evaluate(axe);
  const found = await target.evaluate(() => window.axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] }));
  return found.violations.map((v) => `${v.id}: ${v.nodes.map((n) => n.target.join(' ')).join(', ')}`);
}

// Screenshots now and then fail in a busy container; the picture is not the test.
export async function shot(page, path) {
  for (let i = 0; i < 5; i++) {
    try { return await page.screenshot({ path }); } catch (e) { if (i === 4) throw e; }
  }
}
