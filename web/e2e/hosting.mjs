// How a page tells the app around it, by where it stands, on a server whose provider tells in every
// way: the tests of mocks/engine/widget start it and run this file.
import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { describe, test } from 'node:test';
import { base, shot, stage, state, violations } from './lib.mjs';

const at = stage();
const pictures = process.env.STUNTBANK_SHOTS; // a folder to keep what was looked at
let links = 0;

// A link, and the page of an app that listens.
async function start(query = '') {
  const root = `${base}/~hosting-${process.pid}-${++links}`;
  const back = at.host.serve(`/back-${links}`, '<!doctype html><html lang="en"><title>Back in the app</title><h1>Back</h1></html>');
  const res = await fetch(`${root}/specimen/v1/links`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', Authorization: `Basic ${btoa('acme:acme-secret')}` },
    body: JSON.stringify({ product: 'accounts', redirect_url: back }),
  });
  assert.equal(res.status, 201, await res.clone().text());
  const { token } = await res.json();
  const entry = `${root}/specimen/link?token=${token}${query}`;
  const app = at.host.serve(`/app-${links}`, `<!doctype html><html lang="en"><meta charset="utf-8"><title>App</title><h1>App</h1>
    <script>
      window.heard = [];
      addEventListener('message', (e) => heard.push({ data: e.data, origin: e.origin }));
      window.popup = () => { window.opened = open('${entry}', 'widget', 'popup,width=480,height=720'); };
    </script>
    <button id="open" onclick="popup()">Open</button>`);
  const framing = at.host.serve(`/framing-${links}`, `<!doctype html><html lang="en"><meta charset="utf-8"><title>App</title><h1>App</h1>
    <script>window.heard = []; addEventListener('message', (e) => heard.push({ data: e.data, origin: e.origin }));</script>
    <iframe id="widget" title="Connect" width="480" height="700" src="${entry}"></iframe>`);
  return { entry, back, app, framing };
}

const frameOf = (page) => page.frameLocator('#widget');
const heard = (page) => page.evaluate(() => window.heard.map((m) => m.data));
const events = async (page) => (await heard(page)).map((m) => m.event).filter(Boolean);
const until = (page, what) => page.waitForFunction((name) => window.heard.some((m) => Object.values(typeof m.data === 'string' ? JSON.parse(m.data) : m.data).some((v) => String(v).startsWith(name))), what);

// Walks to the end; whoever looks for accounts takes the first.
async function finish(f) {
  await f.getByTestId('consent-accept').click();
  await f.getByTestId('institution-north').click();
  if (await f.getByTestId('method-password').or(f.getByTestId('field-username')).first().getAttribute('data-testid') === 'method-password') await f.getByTestId('method-password').click();
  await f.getByTestId('field-username').fill('ada');
  await f.getByTestId('field-password').fill('correct');
  await f.getByTestId('credentials-submit').click();
  await f.locator('[data-testid=account-list] input').first().check();
  await f.getByTestId('accounts-submit').click();
  await state(f, 'success');
  await f.getByTestId('success-finish').click();
}

describe('how a page tells, by where it stands', () => {
  test('in a frame by messages to the page around it, in order and each once', async (t) => {
    const { framing } = await start();
    const page = await (await at.context(t)).newPage();
    await page.goto(framing);
    await finish(frameOf(page));
    await until(page, 'succeeded');
    const names = await events(page);
    assert.deepEqual(names.filter((n) => !n.endsWith('!')), names.filter((n) => n.endsWith('!')).map((n) => n.slice(0, -1)), 'both messages of each event');
    assert.deepEqual(names.filter((n) => !n.endsWith('!')).slice(0, 4), ['opened', 'view:consent', 'consent:accepted', 'view:institution']);
    assert.equal(new Set(names).size, names.length, 'none twice');
    const all = await heard(page);
    assert.equal(all.at(-1).end, 'succeeded at Northern Savings');
    assert.equal((await page.evaluate(() => window.heard.at(-1).origin)), new URL(base).origin);
    await state(frameOf(page), 'success'); // nobody was sent anywhere
    assert.equal(page.url(), framing);
  });

  test('in a pop-up by messages to its opener, and closes', async (t) => {
    const { app } = await start();
    const page = await (await at.context(t)).newPage();
    await page.goto(app);
    const [popup] = await Promise.all([page.waitForEvent('popup'), page.locator('#open').click()]);
    const closed = popup.waitForEvent('close');
    await finish(popup);
    await closed;
    await until(page, 'succeeded');
    assert.equal(page.url(), app);
  });

  test('in a tab of its own by the redirect', async (t) => {
    const { entry, back } = await start();
    const page = await (await at.context(t)).newPage();
    await page.goto(entry);
    await finish(page);
    await page.waitForURL((u) => u.href.startsWith(back));
    assert.ok(new URL(page.url()).searchParams.get('code'));
  });

  test('by both where the address says so', async (t) => {
    const { framing, back } = await start('&stunt_transport=both');
    const page = await (await at.context(t)).newPage();
    await page.goto(framing);
    await finish(frameOf(page));
    await until(page, 'succeeded');
    await frameOf(page).getByRole('heading', { name: 'Back' }).waitFor();
    assert.ok(page.frames().some((f) => f.url().startsWith(back)));
  });

  test('by a redirect of the whole window out of a frame', async (t) => {
    const { framing, back } = await start('&stunt_transport=redirect&top=1');
    const page = await (await at.context(t)).newPage();
    await page.goto(framing);
    await finish(frameOf(page));
    await page.waitForURL((u) => u.href.startsWith(back));
  });

  test('by a redirect of the whole window, without script', async (t) => {
    const { framing, back } = await start('&stunt_transport=redirect&top=1');
    const page = await (await at.context(t, { javaScriptEnabled: false })).newPage();
    await page.goto(framing);
    await finish(frameOf(page));
    await page.waitForURL((u) => u.href.startsWith(back));
  });

  test('as JSON texts, to the page and to the host of a web view', async (t) => {
    const { framing } = await start('&text=1&web_view=1');
    const context = await at.context(t);
    await context.addInitScript(() => { window.ReactNativeWebView = { postMessage: (m) => { (window.native ||= []).push(m); } }; });
    const page = await context.newPage();
    await page.goto(framing);
    await until(page, 'view:consent');
    const all = await heard(page);
    assert.ok(all.every((m) => typeof m === 'string') && all.some((m) => JSON.parse(m).event === 'opened'), JSON.stringify(all));
    const frame = page.frames().find((f) => f !== page.mainFrame());
    const native = await frame.evaluate(() => window.native);
    assert.ok(native.every((m) => typeof m === 'string') && native.some((m) => JSON.parse(m).event === 'opened'), JSON.stringify(native));
  });

  test('to nobody of another origin', async (t) => {
    const { framing } = await start('&origin=https://other.test');
    const page = await (await at.context(t)).newPage();
    await page.goto(framing);
    await frameOf(page).getByTestId('consent-accept').click();
    await state(frameOf(page), 'institutions');
    assert.deepEqual(await heard(page), []);
  });

  test('what only the browser sees', async (t) => {
    const { framing } = await start();
    const context = await at.context(t);
    const page = await context.newPage();
    await page.goto(framing);
    await until(page, 'resize');
    const grown = (await heard(page)).find((m) => m.signal === 'resize');
    assert.ok(Number.isInteger(grown.height) && grown.height > 300, JSON.stringify(grown));
    await frameOf(page).getByTestId('consent-terms').click();
    await until(page, 'terms');
    await context.setOffline(true);
    await until(page, 'offline');
    await context.setOffline(false);
    await until(page, 'online');
  });
});

describe('the look of an app', () => {
  for (const width of [375, 1280]) {
    for (const colorScheme of ['light', 'dark']) {
      test(`${width} ${colorScheme}`, async (t) => {
        const { entry } = await start('&accent=%23b3261e');
        const context = await at.context(t, { viewport: { width, height: width === 375 ? 740 : 800 }, colorScheme });
        const page = await context.newPage();
        const said = [];
        page.on('console', (m) => said.push(m.text()));
        await page.goto(entry);
        await state(page, 'consent');
        assert.equal(await page.getByTestId('title').textContent(), 'Connect to Acme');
        const button = page.getByTestId('consent-accept');
        assert.equal(await button.evaluate((b) => getComputedStyle(b).backgroundColor), 'rgb(179, 38, 30)');
        assert.deepEqual(said, [], 'the content policy takes it');
        if (pictures) {
          mkdirSync(pictures, { recursive: true });
          await shot(page, `${pictures}/look-${width}-${colorScheme}.png`);
        }
      });
    }
  }

  test('nobody can miss a fault of it: axe, and the console', async (t) => {
    const { entry } = await start('&accent=ffee00');
    const page = await (await at.context(t, { bypassCSP: true })).newPage();
    const said = [];
    page.on('console', (m) => said.push(m.text()));
    await page.goto(entry);
    await state(page, 'consent');
    assert.deepEqual(await violations(page.mainFrame()), []);
    assert.ok(said.some((m) => m.startsWith('The accent #ffee00 has a contrast of')), said.join());
  });
});
