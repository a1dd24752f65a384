// The widget as a frontend developer meets it, in a real browser: node --test
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { after, before, describe, test } from 'node:test';
import { base, heard, hostPage, hostServer, launch, names, until, violations, world } from './lib.mjs';

const user = '41614850-3';
let browser; let host;
before(async () => { browser = await launch(); host = await hostServer(); });
after(async () => { await browser.close(); await host.stop(); });

// Opens an app's page in a context of its own; every request of it is watched.
async function open(t, w, options, settings = {}) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, ...settings.context });
  const page = await context.newPage();
  const foreign = [];
  page.on('request', (r) => { const u = new URL(r.url()); if (!/^(127\.0\.0\.1|localhost)$/.test(u.hostname) && u.protocol.startsWith('http')) foreign.push(r.url()); });
  t.after(async () => { await context.close(); assert.deepEqual(foreign, [], 'no request leaves the machine'); });
  await page.goto(host.serve(`/${w.sandbox}`, hostPage(w, options, settings.extra), settings.headers));
  return page;
}

const frameOf = (page) => page.frameLocator('#fintoc-widget-id');

async function start(t, name, { scenario, options = {}, ...settings } = {}) {
  const w = world(name);
  const intent = await w.intent();
  const page = await open(t, w, { widgetToken: intent.widget_token, ...options }, settings);
  await page.locator('#connect').click();
  const f = frameOf(page);
  await f.getByTestId('consent-accept').waitFor();
  return { w, intent, page, f, user: scenario ? `${user}+${scenario}` : user };
}

async function login({ f, user: name }, password = 'jonsnow') {
  await f.locator('main[data-state="consent"], main[data-state="institutions"]').waitFor();
  if (await f.getByTestId('consent-accept').count()) await f.getByTestId('consent-accept').click();
  await f.getByTestId('institution-cl_banco_de_chile').click();
  await submit(f, name, password);
}

async function submit(f, name, password) {
  await f.getByTestId('field-username').fill(name);
  await f.getByTestId('field-password').fill(password);
  await f.getByTestId('credentials-submit').click();
}

const state = (f, name) => f.locator(`main[data-state="${name}"]`).waitFor();
const error = (f, code) => f.locator(`main[data-error="${code}"]`).waitFor();

async function succeed(s) {
  await s.f.getByTestId('success-finish').click();
  await until(s.page, 'success');
  const [, intent] = (await heard(s.page, 'success'))[0];
  assert.equal(intent.id, s.intent?.id ?? intent.id);
  const link = await s.w.exchange(intent.exchangeToken);
  assert.match(link.link_token, /^link_[A-Za-z0-9]{16}_token_/);
  return intent;
}

describe('the journey', () => {
  test('connects, with the events in order', async (t) => {
    const s = await start(t, 'happy');
    await login(s);
    const intent = await succeed(s);
    for (const key of ['object', 'country', 'createdAt', 'exchangeTokenExpiresAt', 'holderType', 'mode', 'product', 'status']) assert.ok(intent[key], key);
    await until(s.page, 'closed');
    assert.deepEqual(await names(s.page), ['opened', 'on_terms_and_conditions', 'on_available_institutions', 'on_authentication_form',
      'creating_link', 'link_created', 'success', 'closed']);
    for (const [, meta] of await heard(s.page, 'link_created')) assert.equal(typeof meta.timestamp, 'number');
    assert.equal(await s.page.locator('iframe').count(), 0, 'the frame is gone');
  });

  test('wrong twice, then right', async (t) => {
    const s = await start(t, 'wrong');
    await login(s, 'nope');
    await error(s.f, 'login_invalid');
    assert.equal(await s.f.getByTestId('field-username').inputValue(), user);
    assert.equal(await s.f.getByTestId('field-password').inputValue(), '');
    await submit(s.f, user, 'nope again');
    await s.f.locator('main[data-error="login_invalid"]').waitFor();
    await submit(s.f, user, 'jonsnow');
    await succeed(s);
  });

  test('a bank that is down, and another one', async (t) => {
    const s = await start(t, 'down', { scenario: 'bank-down-before-login' });
    await login(s);
    await state(s.f, 'error');
    await s.f.getByTestId('error-other').click();
    await state(s.f, 'institutions');
  });

  test('no accounts', async (t) => {
    const s = await start(t, 'none', { scenario: 'no-accounts' });
    await login(s);
    await error(s.f, 'no_accounts');
    await s.f.getByTestId('error-close').click();
    await until(s.page, 'exit');
    assert.equal((await heard(s.page, 'exit')).length, 1);
  });
});

describe('second factors', () => {
  const kinds = {
    'mfa-otp-sms': { state: 'mfa_code', field: 'field-otp', event: 'sms_authentication_required', resend: true },
    'mfa-otp-email': { state: 'mfa_code', field: 'field-otp', event: 'email_authentication_required', resend: true },
    'mfa-hardware-token': { state: 'mfa_device', field: 'field-otp', event: 'device_authentication_required', right: ['000000'] },
    'mfa-coordinate-card': { state: 'mfa_card', event: 'card_authentication_required', right: ['00', '00', '00'] },
    captcha: { state: 'captcha', field: 'field-answer', event: 'captcha_authentication_required' },
  };
  const fill = async (f, kind, values) => {
    if (kind.field) return f.getByTestId(kind.field).fill(values[0]);
    const cells = f.locator('[data-testid^="field-card-"]');
    for (let i = 0; i < await cells.count(); i++) await cells.nth(i).fill(values[i]);
  };
  const right = async (f, kind) => {
    if (kind.right) return kind.right;
    if (kind.state === 'captcha') return [(await f.locator('p.captcha').textContent()).trim()];
    return [(await f.getByTestId('stunt-code').textContent()).trim()];
  };
  // A complete code may be sent by itself; pressing the button then is too late, not wrong.
  const answer = async (f, kind, values) => {
    const before = await f.locator('main').getAttribute('data-rev');
    await fill(f, kind, values);
    const moved = f.locator(`main:not([data-rev="${before}"])`);
    if (await f.getByTestId('mfa-submit').count() && await f.locator('main').getAttribute('data-rev') === before) {
      await f.getByTestId('mfa-submit').click({ timeout: 3000 }).catch(() => {});
    }
    await moved.waitFor();
  };
  for (const [scenario, kind] of Object.entries(kinds)) {
    test(`${scenario}: wrong, expired, right`, async (t) => {
      const s = await start(t, scenario, { scenario });
      await s.w.control('POST', '/clock', { freeze: true });
      await login(s);
      await state(s.f, kind.state);
      await answer(s.f, kind, ['999999', '99', '99']);
      await error(s.f, 'challenge_invalid');
      await s.w.advance('10m');
      await answer(s.f, kind, await right(s.f, kind));
      await error(s.f, 'challenge_expired');
      await s.f.getByTestId('mfa-resend').click();
      await s.f.locator('main[data-error=""]').waitFor();
      await answer(s.f, kind, await right(s.f, kind));
      await state(s.f, 'success');
      await succeed(s);
      const said = await names(s.page);
      assert.ok(said.includes(kind.event), `${kind.event} among ${said}`);
      assert.ok(said.includes('validating_second_factor'));
    });
  }

  test('the bank app: approved by the control API', async (t) => {
    const s = await start(t, 'push', { scenario: 'mfa-push-by-hand' });
    await login(s);
    await state(s.f, 'mfa_push');
    const { handle } = await s.w.session();
    await s.w.control('POST', `/sessions/${handle}/approve`);
    await state(s.f, 'success');
    await succeed(s);
    assert.ok((await names(s.page)).includes('app_authentication_required'));
  });

  test('the bank app: denied', async (t) => {
    const s = await start(t, 'push-denied', { scenario: 'mfa-push-by-hand' });
    await login(s);
    await state(s.f, 'mfa_push');
    const { handle } = await s.w.session();
    await s.w.control('POST', `/sessions/${handle}/deny`);
    await error(s.f, 'user_cancelled');
  });

  test('the bank app: timed out', async (t) => {
    const s = await start(t, 'push-timeout', { scenario: 'mfa-push-by-hand' });
    await login(s);
    await state(s.f, 'mfa_push');
    await s.w.advance('11m');
    await error(s.f, 'challenge_expired');
  });
});

describe('leaving', () => {
  const to = {
    consent: async () => {},
    institutions: async (s) => { await s.f.getByTestId('consent-accept').click(); },
    credentials: async (s) => { await to.institutions(s); await s.f.getByTestId('institution-cl_banco_de_chile').click(); },
    mfa_code: async (s) => { await login(s); },
    error: async (s) => { await login({ ...s, user: `${user}+bank-down-before-login` }); },
  };
  for (const [name, walk] of Object.entries(to)) {
    test(`closing at ${name} exits once`, async (t) => {
      const s = await start(t, `close-${name}`, { scenario: 'mfa-otp-sms' });
      await walk(s);
      await state(s.f, name);
      await s.f.getByTestId('close').click();
      await s.f.getByTestId('exit-leave').click();
      await until(s.page, 'exit');
      const said = await names(s.page);
      assert.equal(said.filter((n) => n === 'exit').length, 1);
      assert.equal(said.filter((n) => n === 'closed').length, 1);
      assert.ok(!said.includes('success'));
    });
  }

  test('staying goes on', async (t) => {
    const s = await start(t, 'stay');
    await s.f.getByTestId('close').click();
    await s.f.getByTestId('exit-stay').click();
    await login(s);
    await succeed(s);
  });
});

describe('on the page', () => {
  test('two widgets', async (t) => {
    const w = world('two');
    const [a, b] = [await w.intent(), await w.intent()];
    const page = await open(t, w, { widgetToken: a.widget_token }, {
      extra: `window.second = Fintoc.create({ publicKey: 'pk_test_e2e', widgetToken: ${JSON.stringify(b.widget_token)},
        onSuccess: (v) => note('second success', v), onExit: () => note('second exit') });`,
    });
    await page.evaluate(() => window.widget.open());
    await page.evaluate(() => window.widget.close());
    await page.evaluate(() => window.second.open());
    const f = page.frameLocator('iframe >> nth=1');
    await login({ f, user });
    await f.getByTestId('success-finish').click();
    await until(page, 'second success');
    assert.equal((await heard(page, 'success')).length, 0, 'the first heard nothing of it');
  });

  test('close and reopen keeps the session, destroy and create begin anew', async (t) => {
    const s = await start(t, 'reopen');
    await s.f.getByTestId('consent-accept').click();
    await state(s.f, 'institutions');
    await s.page.evaluate(() => window.widget.close());
    assert.equal(await s.page.locator('#fintoc-widget-id').isVisible(), false);
    await s.page.evaluate(() => window.widget.open());
    await state(s.f, 'institutions');
    await s.page.evaluate(() => window.widget.destroy());
    assert.equal(await s.page.locator('iframe').count(), 0);
    await s.page.evaluate(() => { window.widget = Fintoc.create(window.options); window.widget.open(); });
    await login(s);
    await succeed(s);
  });

  test('a framing that the browser refuses is told', async (t) => {
    const w = world('refused');
    const intent = await w.intent();
    const page = await open(t, w, { widgetToken: intent.widget_token }, {
      headers: { 'Content-Security-Policy': "frame-src 'none'" },
    });
    const said = [];
    page.on('console', (m) => said.push(m.text()));
    await page.locator('#connect').click();
    await page.waitForFunction(() => window.log.some((l) => l[0] === 'exit'), null, { timeout: 20000 });
    assert.deepEqual((await names(page)).slice(-3), ['on_error', 'closed', 'exit']);
    assert.ok(said.some((m) => /Content-Security-Policy/.test(m)), 'the error names where to look');
  });

  test('wrong keys say what to do', async (t) => {
    for (const [key, words] of Object.entries({ '<FINTOC_PUBLIC_KEY>': /placeholder/, sk_test_x: /secret key/, pk_live_x: /live/ })) {
      const w = world('key');
      const page = await open(t, w, { widgetToken: (await w.intent()).widget_token, publicKey: key });
      const said = [];
      page.on('console', (m) => said.push(m.text()));
      await page.locator('#connect').click();
      await until(page, 'exit');
      assert.ok(said.some((m) => words.test(m)), `${key}: ${said}`);
    }
  });

  test('the keyboard alone', async (t) => {
    const s = await start(t, 'keyboard');
    const press = async (testid) => {
      for (let i = 0; i < 60; i++) {
        if (await s.f.locator(':focus').count() && await s.f.locator(':focus').getAttribute('data-testid') === testid) return;
        await s.page.keyboard.press('Tab');
      }
      assert.fail(`Tab never reaches ${testid}`);
    };
    await press('consent-accept');
    await s.page.keyboard.press('Enter');
    await state(s.f, 'institutions');
    await press('institution-cl_banco_de_chile');
    await s.page.keyboard.press('Enter');
    await state(s.f, 'credentials');
    await press('field-username');
    await s.page.keyboard.type(user);
    await press('field-password');
    await s.page.keyboard.type('jonsnow');
    await s.page.keyboard.press('Enter');
    await state(s.f, 'success');
    await press('success-finish');
    await s.page.keyboard.press('Enter');
    await until(s.page, 'success');
    assert.equal(await s.page.evaluate(() => document.activeElement.id), 'connect', 'the focus is back on the app');
  });

  test('Esc asks before it leaves', async (t) => {
    const s = await start(t, 'esc');
    await s.f.getByTestId('consent-accept').click();
    await state(s.f, 'institutions');
    await s.page.keyboard.press('Escape');
    await state(s.f, 'exit_confirm');
  });
});

describe('every screen, two widths, light and dark', () => {
  for (const width of [375, 1280]) {
    for (const colorScheme of ['light', 'dark']) {
      test(`${width} ${colorScheme}: axe finds nothing, nothing overflows`, async (t) => {
        const s = await start(t, `axe-${width}-${colorScheme}`, {
          scenario: 'mfa-otp-sms', context: { viewport: { width, height: 800 }, colorScheme, bypassCSP: true },
        });
        const frame = () => s.page.frames().find((f) => f !== s.page.mainFrame());
        const look = async (name) => {
          await state(s.f, name);
          assert.deepEqual(await violations(frame()), [], name);
          const over = await frame().evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
          assert.ok(over <= 0, `${name} is ${over} px too wide`);
        };
        await look('consent');
        await s.f.getByTestId('close').click();
        await look('exit_confirm');
        await s.f.getByTestId('exit-stay').click();
        await s.f.getByTestId('consent-accept').click();
        await look('institutions');
        await s.f.getByTestId('institution-cl_banco_de_chile').click();
        await look('credentials');
        await submit(s.f, s.user, 'jonsnow');
        await look('mfa_code');
        await s.f.getByTestId('field-otp').fill((await s.f.getByTestId('stunt-code').textContent()).trim());
        if (await s.f.getByTestId('mfa-submit').count()) await s.f.getByTestId('mfa-submit').click().catch(() => {});
        await look('success');
      });
    }
  }
});

describe('other ways in', () => {
  test('the unmodified npm loader, with its script routed here', async (t) => {
    const w = world('npm');
    const intent = await w.intent();
    host.folder('/npm/', createRequire(import.meta.url).resolve('@fintoc/fintoc-js').replace('main/index.js', 'module/'));
    const context = await browser.newContext();
    t.after(() => context.close());
    const page = await context.newPage();
    await page.route('https://js.fintoc.com/**', async (route) => {
      const res = await fetch(`${w.provider}/js/v1/`);
      await route.fulfill({ contentType: 'text/javascript', body: await res.text() });
    });
    await page.goto(host.serve(`/${w.sandbox}`, `<!doctype html><html lang="en"><title>npm</title><h1>npm</h1><script type="module">
      import { getFintoc } from '/npm/index.js';
      window.log = [];
      const note = (what, value) => window.log.push([what, value]);
      getFintoc().then((Fintoc) => Fintoc.create({ publicKey: 'pk_test_e2e', widgetToken: ${JSON.stringify(intent.widget_token)},
        onSuccess: (v) => note('success', v), onExit: () => note('exit'), onEvent: (n, m) => note(n, m) }).open());
      </script>`));
    const f = frameOf(page);
    await login({ f, user });
    await succeed({ f, page, w, intent });
  });

  test('a WebView: the bare string is posted and the address carries the query', async (t) => {
    const w = world('webview');
    const intent = await w.intent();
    const context = await browser.newContext({ viewport: { width: 375, height: 740 } });
    t.after(() => context.close());
    const page = await context.newPage();
    await page.addInitScript(() => { window.ReactNativeWebView = { postMessage: (m) => console.log(`posted ${m}`) }; });
    const posted = []; const went = [];
    page.on('console', (m) => posted.push(m.text()));
    page.on('request', (r) => { if (r.url().startsWith('fintocwidget:')) went.push(r.url()); });
    const cdp = await context.newCDPSession(page);
    await cdp.send('Page.enable');
    cdp.on('Page.frameRequestedNavigation', (e) => { if (e.url.startsWith('fintocwidget:')) went.push(e.url); });
    await page.goto(`${w.provider}/webview/widget.html?public_key=pk_test_e2e&widget_token=${intent.widget_token}`);
    await login({ f: page, user });
    await page.getByTestId('success-finish').click();
    await page.waitForTimeout(500);
    assert.ok(posted.includes('posted fintocwidget://succeeded'), `posted ${posted}`);
    assert.ok(went.some((u) => /^fintocwidget:\/\/succeeded\/?\?object=link_intent&exchange_token=li_.*&id=li_/.test(u)), `went to ${went}`);
  });

  test('without script everything works by forms', async (t) => {
    const w = world('noscript');
    const intent = await w.intent();
    const context = await browser.newContext({ javaScriptEnabled: false });
    t.after(() => context.close());
    const page = await context.newPage();
    await page.goto(`${w.provider}/webview/widget.html?public_key=pk_test_e2e&widget_token=${intent.widget_token}`);
    await login({ f: page, user });
    await page.getByTestId('success-finish').waitFor();
    assert.match(await page.getByTestId('stunt-hand-back').textContent(), /^fintocwidget:\/\/succeeded\?/);
  });
});

test('the server is the one that was meant', async () => {
  const res = await fetch(`${base}/_stunt/v1/health`);
  assert.equal((await res.json()).status, 'ok');
});
