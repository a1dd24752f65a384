// The widget as a frontend developer meets it, in a real browser: node --test
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { describe, test } from 'node:test';
import {
  bank, base, begin, error, frameOf, heard, hostPage, login, names, stage, state, submit, succeed, succeeded, until, user, world,
} from './lib.mjs';

const at = stage();
const { context, open, start } = at;

describe('the journey', () => {
  test('connects, with the events in order', async (t) => {
    const s = await start(t, 'happy');
    await login(s);
    const intent = await succeed(s);
    for (const key of ['object', 'country', 'createdAt', 'exchangeTokenExpiresAt', 'holderType', 'mode', 'product', 'status']) assert.ok(intent[key], key);
    await until(s.page, 'closed');
    assert.deepEqual(await names(s.page), [...begin, 'link_created', 'success', 'closed']);
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
    await s.f.getByTestId('error-retry').click();
    await state(s.f, 'credentials');
    await submit(s.f, s.user);
    await state(s.f, 'error');
    await s.f.getByTestId('error-other').click();
    await state(s.f, 'institutions');
    assert.deepEqual((await names(s.page)).slice(5), ['on_error', 'creating_link', 'on_error', 'on_available_institutions']);
  });

  test('no accounts', async (t) => {
    const s = await start(t, 'none', { scenario: 'no-accounts' });
    await login(s);
    await error(s.f, 'no_accounts');
    await s.f.getByTestId('error-close').click();
    await until(s.page, 'exit');
    assert.equal((await heard(s.page, 'exit')).length, 1);
  });

  test('a bank that is not in the list', async (t) => {
    const s = await start(t, 'request');
    await s.f.getByTestId('consent-accept').click();
    await s.f.getByTestId('institution-search').fill('Banco del Mar');
    await s.f.getByTestId('institution-empty').waitFor();
    await s.f.getByTestId('institution-request').click();
    await until(s.page, 'on_request_bank');
    await login(s);
    await succeed(s);
    await until(s.page, 'closed');
    assert.deepEqual(await names(s.page), [...begin.slice(0, 3), 'on_request_bank', ...begin.slice(3), 'link_created', 'success', 'closed']);
  });

  test('by autopilot, without a click in the widget', async (t) => {
    const s = await start(t, 'autopilot', { options: { stunt_autopilot: 1, stunt_scenario: 'mfa-otp-sms' } });
    await succeeded(s);
    await until(s.page, 'closed');
    assert.deepEqual(await names(s.page), [...begin, 'sms_authentication_required', 'validating_second_factor', 'link_created', 'success', 'closed']);
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
    const dead = () => page.evaluate(() => [...document.body.children].filter((e) => e.inert).length > 0);
    await page.evaluate(() => window.second.open());
    await page.evaluate(() => window.widget.close());
    assert.equal(await dead(), true, 'the page stays behind while one is open');
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
    const said = [];
    s.page.on('console', (m) => said.push(m.text()));
    await s.page.evaluate(() => { window.widget.destroy(); window.widget.open(); });
    assert.equal(await s.page.locator('iframe').count(), 0, 'what is destroyed does not open again');
    assert.match(said.join(), /this widget was destroyed.*create\(\) another/);
    await s.page.evaluate(() => { window.widget = Fintoc.create(window.options); window.widget.open(); });
    await login(s);
    await succeed(s);
  });

  test('a script that is loaded twice, options that nobody knows, callbacks that are not there or throw', async (t) => {
    const w = world('twice');
    const intent = await w.intent();
    const page = await open(t, w, { widgetToken: intent.widget_token }, {
      extra: `const first = Fintoc; const again = document.createElement('script'); again.src = ${JSON.stringify(`${w.provider}/js/v1/?again`)};
        again.onload = () => note(first === Fintoc ? 'same' : 'another'); document.head.append(again);
        window.quiet = Fintoc.create({ publicKey: 'pk_test_e2e', widgetToken: ${JSON.stringify(intent.widget_token)}, container: '#x',
          onEvent: (name) => { if (name === 'closed') throw new Error('of the app'); } });`,
    });
    const said = []; const thrown = [];
    page.on('console', (m) => said.push(m.text()));
    page.on('pageerror', (e) => thrown.push(e.message));
    await until(page, 'same');
    await page.evaluate(() => { window.quiet.open(); window.quiet.open(); });
    assert.equal(await page.locator('iframe').count(), 1, 'open twice is open once');
    const f = frameOf(page);
    await f.getByTestId('consent-deny').click();
    await page.waitForFunction(() => !document.querySelector('iframe'));
    await page.evaluate(() => new Promise((done) => { setTimeout(done); }));
    assert.deepEqual(thrown, ['of the app'], 'the error is the app\'s own');
    assert.equal(await page.evaluate(() => [...document.body.children].filter((e) => e.inert).length), 0, 'the page is alive again');
    assert.deepEqual(await names(page), ['same'], 'no callback of another widget is called');
  });

  test('slips that the real widget takes in silence are told on the console', async (t) => {
    const w = world('slips');
    const intent = await w.intent();
    const said = [];
    await open(t, w, { widgetToken: intent.widget_token, onSucces: 1, institutionid: 'x', stunt_autopilt: 1, container: '#x', onEvent: 'log' }, {
      prepare: (p) => p.on('console', (m) => said.push(m.text())),
      extra: `Fintoc.create({ publicKey: 'pk_test_e2e', widgetToken: ${JSON.stringify(intent.widget_token)} });`,
    });
    for (const want of [/no option onSucces,.*did you mean onSuccess\?/, /institutionid,.*did you mean institutionId\?/, /did you mean stunt_autopilot\?/,
      /no option container, it does nothing\./, /onEvent is no function/, /without onSuccess nobody/]) assert.match(said.join('\n'), want);
  });

  test('opened by a script in the head, before there is a body', async (t) => {
    const w = world('head');
    const intent = await w.intent();
    const page = await (await context(t)).newPage();
    const thrown = [];
    page.on('pageerror', (e) => thrown.push(e.message));
    await page.goto(at.host.serve(`/${w.sandbox}`, `<!doctype html><head><script src="${w.provider}/js/v1/"></script>
      <script>Fintoc.create({ publicKey: 'pk_test_e2e', widgetToken: ${JSON.stringify(intent.widget_token)}, onSuccess() {} }).open();</script></head><p>app`));
    await state(frameOf(page), 'consent');
    assert.deepEqual(thrown, []);
  });

  test('a line that breaks is told, and nothing that was typed is lost', async (t) => {
    const s = await start(t, 'offline');
    await s.f.getByTestId('consent-accept').click();
    await s.f.getByTestId(`institution-${bank}`).click();
    await s.f.getByTestId('field-username').fill(user);
    await s.f.getByTestId('field-password').fill('jonsnow');
    await s.page.context().setOffline(true);
    await s.f.getByTestId('credentials-submit').click();
    await s.f.getByTestId('offline').waitFor();
    assert.equal(await s.f.getByTestId('field-password').inputValue(), 'jonsnow');
    await s.page.context().setOffline(false);
    await s.f.getByTestId('credentials-submit').click();
    await succeed(s);
  });

  test('searching moves nothing under the finger, and the page behind does not scroll', async (t) => {
    const s = await start(t, 'still');
    await s.f.getByTestId('consent-accept').click();
    const search = s.f.getByTestId('institution-search');
    const place = (await search.boundingBox()).y;
    await search.fill('chile');
    await s.f.locator('.live:not(:empty)').waitFor({ state: 'attached' });
    assert.equal((await search.boundingBox()).y, place);
    assert.equal(await s.page.evaluate(() => document.documentElement.style.overflow), 'hidden');
    await s.page.evaluate(() => window.widget.close());
    assert.equal(await s.page.evaluate(() => document.documentElement.style.overflow), '');
  });

  test('a framing that the browser refuses is told', async (t) => {
    const w = world('refused');
    const intent = await w.intent();
    const how = {
      'by the app': { headers: { 'Content-Security-Policy': "frame-src 'none'" } },
      'by the widget': { option: 'deny' },
    };
    for (const [who, { headers, option }] of Object.entries(how)) {
      if (option) await w.control('PUT', `/sandboxes/${w.sandbox}/options`, { 'fintoc.framing': option });
      const page = await open(t, w, { widgetToken: intent.widget_token }, { headers, prepare: (p) => p.clock.install() });
      const said = [];
      page.on('console', (m) => said.push(m.text()));
      await page.locator('#connect').click();
      await page.clock.runFor(9000);
      assert.deepEqual(await names(page), [], `${who}: nobody tells the page`);
      await page.clock.runFor(2000);
      await until(page, 'exit');
      assert.deepEqual(await names(page), ['on_error', 'closed', 'exit'], who);
      assert.ok(said.some((m) => /Content-Security-Policy/.test(m)), `${who}: the error names where to look`);
    }
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
    const s = await start(t, 'keyboard', { scenario: 'mfa-otp-sms' });
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
    await s.page.keyboard.type(s.user);
    await press('field-password');
    await s.page.keyboard.type('jonsnow');
    await s.page.keyboard.press('Enter');
    await state(s.f, 'mfa_code');
    await press('field-otp');
    await s.page.keyboard.type('0000');
    await s.page.keyboard.press('Enter');
    await state(s.f, 'success');
    await press('success-finish');
    await s.page.keyboard.press('Enter');
    await until(s.page, 'success');
    assert.equal(await s.page.evaluate(() => document.activeElement.id), 'connect', 'the focus is back on the app');
  });
});

describe('other ways in', () => {
  test('the unmodified npm loader, with its script routed here', async (t) => {
    const w = world('npm');
    const intent = await w.intent();
    at.host.folder('/npm/', createRequire(import.meta.url).resolve('@fintoc/fintoc-js').replace('main/index.js', 'module/'));
    const page = await (await context(t, {}, /^js\.fintoc\.com$/)).newPage();
    await page.route('https://js.fintoc.com/**', async (route) => {
      const res = await fetch(`${w.provider}/js/v1/`);
      await route.fulfill({ contentType: 'text/javascript', body: await res.text() });
    });
    await page.goto(at.host.serve(`/${w.sandbox}`, `<!doctype html><html lang="en"><title>npm</title><h1>npm</h1><script type="module">
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
    const page = await (await context(t, { viewport: { width: 375, height: 740 } })).newPage();
    // What the app around a web view does: it hears the bare string, and intercepts the addresses.
    await page.addInitScript(() => {
      window.ReactNativeWebView = { postMessage: (m) => console.log(`posted ${m}`) };
      navigation.addEventListener('navigate', (e) => {
        if (!e.destination.url.startsWith('fintocwidget:')) return;
        e.preventDefault();
        console.log(`went ${e.destination.url}`);
      });
    });
    const said = [];
    page.on('console', (m) => said.push(m.text()));
    await page.goto(`${w.provider}/webview/widget.html?public_key=pk_test_e2e&widget_token=${intent.widget_token}&_on_event=true`);
    await login({ f: page, user });
    const last = page.waitForEvent('console', (m) => m.text().startsWith('went fintocwidget://succeeded'));
    await page.getByTestId('success-finish').click();
    await last;
    assert.deepEqual(said.filter((m) => m.startsWith('posted')), ['posted fintocwidget://succeeded']);
    const went = said.filter((m) => m.startsWith('went ')).map((m) => m.slice('went '.length));
    const paths = went.map((u) => u.replace(/^fintocwidget:\/\//, ''));
    for (const path of paths.slice(0, -1)) assert.match(path, /^event\/\w+\?timestamp=\d{13}$/);
    assert.deepEqual(paths.slice(0, -1).map((p) => p.slice('event/'.length).split('?')[0]), [...begin, 'link_created', 'closed']);
    assert.match(paths.at(-1), /^succeeded\/?\?object=link_intent&exchange_token=li_.*&id=li_/);
  });

  test('without script everything works by forms', async (t) => {
    const w = world('noscript');
    const intent = await w.intent();
    const page = await (await context(t, { javaScriptEnabled: false })).newPage();
    await page.goto(`${w.provider}/webview/widget.html?public_key=pk_test_e2e&widget_token=${intent.widget_token}`);
    await login({ f: page, user });
    await page.getByTestId('success-finish').waitFor();
    assert.match(await page.getByTestId('stunt-hand-back').textContent(), /^fintocwidget:\/\/succeeded\?/);
  });

  test('reconnection by linkToken keeps the link', async (t) => {
    const w = world('reconnect');
    const { secrets } = await w.control('POST', '/connections', { provider: 'fintoc', username: `${user}+consent-ends`, password: 'jonsnow' });
    await w.advance('91d');
    assert.equal((await w.link(secrets.link_token)).status, 'login_required');
    const page = await open(t, w, { linkToken: secrets.link_token });
    await page.locator('#connect').click();
    const f = frameOf(page);
    await f.getByTestId('consent-accept').click();
    assert.equal(await f.getByTestId('field-username').getAttribute('readonly'), '');
    await f.getByTestId('field-password').fill('jonsnow');
    await f.getByTestId('credentials-submit').click();
    await f.getByTestId('success-finish').click();
    await until(page, 'closed');
    const link = await w.link(secrets.link_token);
    const [, told] = (await heard(page, 'success'))[0];
    assert.equal(link.status, 'active');
    assert.deepEqual([told.id, told.object, told.exchangeToken], [link.id, 'link', undefined]);
    assert.deepEqual(await names(page), ['opened', 'on_terms_and_conditions', 'on_authentication_form', 'creating_link', 'link_created', 'success', 'closed']);
  });

  test('the second factor of a refresh', async (t) => {
    const w = world('refresh');
    const { secrets } = await w.control('POST', '/connections', { provider: 'fintoc', username: `${user}+mfa-otp-sms`, password: 'jonsnow' });
    await w.control('PUT', `/sandboxes/${w.sandbox}/options`, { 'fintoc.refresh_mfa': 'as_login' });
    const { id, requires_mfa: mfa } = await w.refresh(secrets.link_token);
    const page = await open(t, w, { widgetToken: mfa.widget_token, product: 'refresh_intent', holderType: 'individual' });
    await page.locator('#connect').click();
    const f = frameOf(page);
    await f.getByTestId('field-otp').fill((await f.getByTestId('stunt-code').textContent()).trim());
    await f.getByTestId('mfa-submit').click();
    await f.getByTestId('success-finish').click();
    await until(page, 'closed');
    assert.deepEqual(await names(page), ['opened', 'sms_authentication_required', 'validating_second_factor', 'success', 'closed']);
    assert.deepEqual((await heard(page, 'success'))[0][1].id, id);
    assert.equal((await w.refreshed(id, secrets.link_token)).status, 'succeeded');
  });

  test('the flow before link intents, with a webhookUrl', async (t) => {
    const w = world('old');
    const page = await open(t, w, {
      product: 'movements', holderType: 'individual', country: 'cl', webhookUrl: 'http://127.0.0.1:9/hook',
      institutionId: bank, username: { value: user, editable: false },
    });
    await page.locator('#connect').click();
    const f = frameOf(page);
    await f.getByTestId('consent-accept').click();
    assert.equal(await f.getByTestId('field-username').inputValue(), user);
    await f.getByTestId('field-password').fill('jonsnow');
    await f.getByTestId('credentials-submit').click();
    await f.getByTestId('success-finish').click();
    await until(page, 'success');
    const [, told] = (await heard(page, 'success'))[0];
    assert.deepEqual([told.object, told.institution.id], ['link', bank]);
    assert.deepEqual((await w.links()).map((l) => l.id), [told.id]);
  });

  test('an app in a sandboxed frame, which has no origin', async (t) => {
    const w = world('sandboxed');
    const intent = await w.intent();
    const page = await (await context(t)).newPage();
    const app = at.host.serve(`/${w.sandbox}-app`, hostPage(w, { widgetToken: intent.widget_token }));
    await page.goto(at.host.serve(`/${w.sandbox}`, `<!doctype html><html lang="en"><title>Around</title><iframe id="app" width="1000" height="700" sandbox="allow-scripts allow-forms" src="${app}"></iframe>`));
    await page.frameLocator('#app').locator('#connect').click();
    const f = page.frameLocator('#app').frameLocator('#fintoc-widget-id');
    await login({ f, user });
    await f.getByTestId('success-finish').click();
    const inner = page.frames().find((x) => x.url() === app);
    await until(inner, 'closed');
    assert.deepEqual(await names(inner), [...begin, 'link_created', 'success', 'closed']);
  });
});

test('the server is the one that was meant', async () => {
  const res = await fetch(`${base}/_stunt/v1/health`);
  assert.equal((await res.json()).status, 'ok');
});
