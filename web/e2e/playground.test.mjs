// The landing page and the playground in a real browser: every way of opening the
// widget ends in accounts and transactions.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { base, launch, violations, world } from './lib.mjs';

let browser;
before(async () => { browser = await launch(); });
after(async () => { await browser.close(); });

async function open(t, w, path, settings) {
  const context = await browser.newContext({ bypassCSP: true, viewport: { width: 1280, height: 900 }, ...settings });
  const page = await context.newPage();
  const foreign = [];
  page.on('request', (r) => { const u = new URL(r.url()); if (u.protocol.startsWith('http') && u.origin !== new URL(base).origin) foreign.push(r.url()); });
  t.after(async () => { await context.close(); assert.deepEqual(foreign, [], 'no request leaves the server'); });
  await page.goto(w.root + path);
  return page;
}

const login = async (f, full = true) => {
  await f.getByTestId('consent-accept').click();
  if (full) {
    await f.getByTestId('institution-cl_banco_de_chile').click();
    await f.getByTestId('field-username').fill('41614850-3');
  }
  await f.getByTestId('field-password').fill('jonsnow');
  await f.getByTestId('credentials-submit').click();
};

const connected = async (page) => {
  await page.getByTestId('play-result').getByText('link_token').first().waitFor();
  await page.getByTestId('play-result').locator('table').nth(1).locator('tbody tr').first().waitFor();
  const rows = await page.getByTestId('play-result').locator('tbody tr').count();
  assert.ok(rows > 3, `${rows} rows of accounts and transactions`);
};

test('from the landing page to accounts in the page itself', async (t) => {
  const page = await open(t, world('play'), '/');
  await page.getByRole('link', { name: /playground/i }).first().click();
  await page.getByTestId('play-scenario').selectOption('mfa-otp-sms');
  await page.getByTestId('host-open').click();
  const f = page.frameLocator('#fintoc-widget-id');
  await login(f);
  await f.getByTestId('field-otp').fill((await f.getByTestId('stunt-code').textContent()).trim());
  await f.getByTestId('mfa-submit').click();
  await f.getByTestId('success-finish').click();
  await connected(page);
  const heard = await page.locator('[data-event]').evaluateAll((l) => l.map((e) => e.dataset.event));
  for (const name of ['opened', 'sms_authentication_required', 'link_created', 'onSuccess', 'closed']) assert.ok(heard.includes(name), `${name} among ${heard}`);
});

test('a web view, whose addresses are intercepted', async (t) => {
  const page = await open(t, world('play-webview'), '/_stunt/playground/fintoc');
  await page.getByTestId('play-user').selectOption({ index: 1 });
  await page.getByTestId('play-bank').selectOption('cl_banco_de_chile');
  await page.getByTestId('play-webview').click();
  const f = page.frameLocator('[data-testid=stunt-frame]');
  await login(f, false);
  await f.getByTestId('success-finish').click();
  await connected(page);
});

test('without a widget, and a scenario that fails', async (t) => {
  const page = await open(t, world('play-direct'), '/_stunt/playground/fintoc');
  await page.getByTestId('play-direct').click();
  await connected(page);
  await page.getByTestId('play-scenario').selectOption('rate-limited');
  await page.getByTestId('play-direct').click();
  await page.locator('#status[data-bad]').waitFor();
});

test('finX in a frame, which posts, and in a web view, which goes back', async (t) => {
  for (const way of ['play-frame', 'play-webview']) {
    const page = await open(t, world(way), '/_stunt/playground/finx');
    await page.getByTestId(way).click();
    const f = page.frameLocator('[data-testid=stunt-frame]');
    await f.getByTestId('consent-accept').click();
    await f.locator('main[data-state="institutions"], main[data-state="credentials"]').waitFor();
    const bank = f.getByTestId('institution-1b2f40b8-77a6-4f3e-9a53-0f3d8a2f6a15');
    if (await bank.count()) await bank.click();
    await f.getByTestId('field-login_id').fill('demo');
    await f.getByTestId('field-password').fill('demo');
    await f.getByTestId('credentials-submit').click();
    await f.locator('main[data-state="accounts"]').waitFor();
    for (const box of await f.getByTestId('account-list').locator('input').all()) await box.check();
    await f.getByTestId('accounts-submit').click();
    await page.getByTestId('play-result').getByText('refresh_token').first().waitFor();
    await page.getByTestId('play-result').locator('table').nth(1).locator('tbody tr').nth(4).waitFor();
    assert.equal(await page.getByTestId('play-direct').count(), 0, 'a button that does nothing');
  }
});

for (const width of [375, 1280]) {
  for (const colorScheme of ['light', 'dark']) {
    test(`${width} ${colorScheme}: axe finds nothing, nothing overflows`, async (t) => {
      const page = await open(t, world(`play-axe-${width}`), '/', { viewport: { width, height: 800 }, colorScheme });
      for (const path of ['/', '/_stunt/playground/fintoc', '/_stunt/playground/finx', '/_stunt/docs/test-your-page.md', '/nothing']) {
        await page.goto(base + path);
        assert.deepEqual(await violations(page), [], path);
        const over = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
        assert.ok(over <= 0, `${path} is ${over} px too wide`);
      }
    });
  }
}
