// The bank's own page in a real browser, on a server whose provider has one: the tests of
// mocks/engine/widget start it and run this file.
import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { describe, test } from 'node:test';
import { base, shot, stage, state, violations } from './lib.mjs';

const at = stage();
const pictures = process.env.STUNTBANK_SHOTS; // a folder to keep what was looked at
let links = 0;

// What an app's server does: it starts a link for statements, which a bank gives on its page.
async function start(name, { scenario, path = 'statement-links' } = {}) {
  const root = `${base}/~bank-${process.pid}-${++links}-${name}`;
  const back = at.host.serve(`/back-${links}`, '<!doctype html><html lang="en"><title>Back in the app</title><h1>Back</h1></html>');
  const res = await fetch(`${root}/specimen/v1/${path}`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', Authorization: `Basic ${btoa('acme:acme-secret')}`, ...(scenario ? { 'Stunt-Scenario': scenario } : {}) },
    body: JSON.stringify({ redirect_url: back }),
  });
  assert.equal(res.status, 201, await res.clone().text());
  const { token } = await res.json();
  return { root, back, entry: `${root}/specimen/link?token=${token}` };
}

const error = (f, code) => f.locator(`main[data-error="${code}"]`).waitFor();
const bank = (page) => page.locator('html[data-bank] main').waitFor();
async function toBank(f) {
  await f.getByTestId('consent-accept').click();
  await f.getByTestId('institution-north').click();
  await state(f, 'oauth');
}
async function login(f, name = 'ada', password = 'correct') {
  await f.getByTestId('field-username').fill(name);
  await f.getByTestId('field-password').fill(password);
  await f.getByTestId('bank-login').click();
}

describe('the bank page in the same window', () => {
  for (const javaScriptEnabled of [true, false]) {
    test(`allowed, ${javaScriptEnabled ? 'with' : 'without'} script`, async (t) => {
      const { entry, back } = await start('same');
      const page = await (await at.context(t, { javaScriptEnabled })).newPage();
      await page.goto(entry);
      await toBank(page);
      await page.getByTestId('oauth-open').click();
      await bank(page);
      assert.match(new URL(page.url()).pathname, /\/w\/[^/]+\/bank$/);
      assert.match(await page.locator('.bank-bar').textContent(), /Northern Savings/);
      await login(page, 'ada', 'wrong');
      await error(page, 'login_invalid');
      await bank(page);
      await login(page);
      await page.getByTestId('bank-allow').click();
      await state(page, 'success');
      assert.equal(await page.locator('html[data-bank]').count(), 0, 'the widget is back');
      await page.getByTestId('success-finish').click();
      await page.waitForURL((u) => u.href.startsWith(back));
      assert.ok(new URL(page.url()).searchParams.get('code'));
    });
  }

  test('a second factor at the bank', async (t) => {
    const { entry } = await start('code', { scenario: 'mfa-otp-sms' });
    const page = await (await at.context(t)).newPage();
    await page.goto(entry);
    await toBank(page);
    await page.getByTestId('oauth-open').click();
    await login(page);
    await state(page, 'mfa_code');
    await bank(page);
    await page.getByTestId('field-otp').fill(await page.getByTestId('stunt-code').textContent());
    await page.getByTestId('mfa-submit').click();
    await page.getByTestId('bank-allow').click();
    await state(page, 'success');
  });

  test('refused, given up and broken off are three ends', async (t) => {
    for (const [button, code, where, scenario] of [
      ['bank-deny', 'consent_required', 'error'], ['bank-cancel', 'user_cancelled', 'done'], ['bank-allow', 'institution_unavailable', 'error', 'approval-bank-down'],
    ]) {
      const { entry } = await start(button, { scenario });
      const page = await (await at.context(t)).newPage();
      await page.goto(entry);
      await toBank(page);
      await page.getByTestId('oauth-open').click();
      await login(page);
      await page.getByTestId(button).click();
      await state(page, where);
      await error(page, code);
    }
  });
});

describe('the bank page in a window of its own', () => {
  // The app's page frames the widget; the bank is never in the frame.
  async function framed(t, name, settings = {}) {
    const { entry } = await start(name, settings);
    const page = await (await at.context(t, settings.context)).newPage();
    await page.goto(at.host.serve(`/framing-${links}`, `<!doctype html><html lang="en"><title>App</title><h1>App</h1><iframe title="widget" width="420" height="640" src="${entry}"></iframe></html>`));
    const f = page.frameLocator('iframe');
    await toBank(f);
    const [popup] = await Promise.all([page.waitForEvent('popup'), f.getByTestId('oauth-open').click()]);
    await bank(popup);
    return { page, f, popup };
  }

  test('allowed: it closes, and the widget goes on at once', async (t) => {
    const { f, popup } = await framed(t, 'popup');
    await login(popup);
    const closed = popup.waitForEvent('close');
    await popup.getByTestId('bank-allow').click();
    await closed;
    await f.locator('main[data-state="success"]').waitFor({ timeout: 1500 }); // sooner than the page asks by itself
  });

  test('refused: it closes, and the widget says why', async (t) => {
    const { f, popup } = await framed(t, 'popup-deny');
    await login(popup);
    const closed = popup.waitForEvent('close');
    await popup.getByTestId('bank-deny').click();
    await closed;
    await error(f, 'consent_required');
  });

  test('closed by hand: the widget stays and opens it again', async (t) => {
    const { page, f, popup } = await framed(t, 'popup-closed');
    await popup.close();
    await state(f, 'oauth');
    const [again] = await Promise.all([page.waitForEvent('popup'), f.getByTestId('oauth-open').click()]);
    await bank(again);
    await login(again);
    const closed = again.waitForEvent('close');
    await again.getByTestId('bank-allow').click();
    await closed;
    await state(f, 'success');
  });

  test('without script the window goes on as the widget, and so does the frame', async (t) => {
    const { f, popup } = await framed(t, 'popup-plain', { context: { javaScriptEnabled: false } });
    await login(popup);
    await popup.getByTestId('bank-allow').click();
    await state(popup, 'success');
    await state(f, 'success');
  });
});

describe('new pages, two widths, light and dark', () => {
  // Every page, with its name; axe finds nothing and nothing overflows.
  const walks = {
    same: async (page, see) => {
      await toBank(page);
      await see('oauth');
      await page.getByTestId('oauth-open').click();
      await bank(page);
      await see('bank-login');
      await login(page, 'ada', 'wrong');
      await error(page, 'login_invalid');
      await see('bank-login-wrong');
      await login(page, 'ada+mfa-otp-sms');
      await state(page, 'mfa_code');
      await see('bank-code');
      await page.getByTestId('field-otp').fill('000000');
      await page.getByTestId('mfa-submit').click();
      await page.getByTestId('bank-allow').waitFor();
      await see('bank-allow');
      await page.getByTestId('bank-deny').click();
      await error(page, 'consent_required');
      await see('bank-denied');
    },
    methods: async (page, see) => {
      await page.getByTestId('consent-accept').click();
      await page.getByTestId('institution-harbour').click();
      await state(page, 'access_method');
      await see('access-method');
      await page.getByTestId('method-branch').click();
      await state(page, 'credentials');
      await see('credentials-fields');
    },
  };
  for (const width of [375, 1280]) {
    for (const colorScheme of ['light', 'dark']) {
      test(`${width} ${colorScheme}`, async (t) => {
        for (const [name, walk] of Object.entries(walks)) {
          const { entry } = await start(`see-${width}-${colorScheme}`, { path: name === 'same' ? 'statement-links' : 'links' });
          const context = await at.context(t, { viewport: { width, height: width === 375 ? 740 : 800 }, colorScheme, bypassCSP: true });
          const page = await context.newPage();
          await page.goto(entry);
          await walk(page, async (what) => {
            assert.deepEqual(await violations(page), [], what);
            const over = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
            assert.ok(over <= 0, `${what} is ${over} px too wide`);
            if (!pictures) return;
            mkdirSync(pictures, { recursive: true });
            await shot(page, `${pictures}/${what}-${width}-${colorScheme}.png`);
          });
        }
      });
    }
  }
});
