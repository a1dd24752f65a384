// Flinks Connect and Custom in a real browser. node --test
import assert from 'node:assert/strict';
import { execSync } from 'node:child_process';
import { mkdirSync, readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { error, launch, shot, stage, state, violations } from './lib.mjs';
import { answer, appPage, begun, frame, instance, listen, signIn } from './connect.mjs';

const at = stage();
const pictures = process.env.STUNTBANK_SHOTS; // a folder to keep what was looked at
const keep = async (page, name) => {
  if (!pictures) return;
  mkdirSync(pictures, { recursive: true });
  await shot(page, `${pictures}/${name}.png`);
};

// Opens an app's page with the frame in it.
async function open(t, name, query, { page: how, context, headers, prepare } = {}) {
  const app = instance(name);
  const page = await (await at.context(t, context, /^app\.example$/)).newPage();
  const events = listen(page);
  await page.route('https://app.example/**', (route) => route.fulfill({ contentType: 'text/html', body: '<!doctype html><title>Done</title>Done' }));
  await prepare?.(app, page);
  await page.goto(at.host.serve(`/${name}`, appPage(app.connect + (typeof query === 'function' ? await query(app) : query), how), headers));
  return { app, page, events, f: frame(page) };
}

describe('events', () => {
  test('the listener of the guide gets every event as an object, in order, on a page without referrer', async (t) => {
    const s = await open(t, 'guide', '?demo=true&jsRedirect=true&accountSelectorEnable=true', { headers: { 'Referrer-Policy': 'no-referrer' } });
    await signIn(s.f);
    await answer(s.f);
    await state(s.f, 'accounts');
    await s.f.getByTestId('account-list').locator('input:not([disabled])').first().check();
    await s.f.getByTestId('accounts-submit').click();
    const end = await s.events.until('REDIRECT');
    assert.deepEqual(await s.events.steps(), [...begun, 'COMPONENT_LOAD_MFA', 'SUBMIT_MFA', 'COMPONENT_LOAD_ACCOUNT_SELECTION', 'ACCOUNT_SELECTED', 'REDIRECT']);
    const all = await s.events.all();
    const of = (step) => all.find((m) => m.step === step);
    assert.deepEqual(of('COMPONENT_LOAD_INSTITUTION_SELECTOR'), { step: 'COMPONENT_LOAD_INSTITUTION_SELECTOR', cached: false });
    assert.deepEqual(of('COMPONENT_LOAD_MFA'), { step: 'COMPONENT_LOAD_MFA', institution: 'FlinksCapital', mfaTypes: ['QuestionAndAnswer'] });
    assert.equal(of('ACCOUNT_SELECTED').accountId, end.accountId);
    assert.match(end.loginId, /^[0-9a-f-]{36}$/);
    assert.equal(end.url, `?loginId=${end.loginId}&accountId=${end.accountId}&institution=FlinksCapital`);
    const data = await s.app.data(end.requestId);
    assert.equal(data.status, 200);
    assert.ok(data.body.Accounts.some((a) => a.Id === end.accountId));
  });

  test('several accounts are in the events and in the redirect, as the user chose them', async (t) => {
    const s = await open(t, 'several', '?jsRedirect=true&accountSelectorEnable=true&accountSelectorMultiple=true');
    await signIn(s.f, 'greatday_nomfa');
    await state(s.f, 'accounts');
    const boxes = s.f.getByTestId('account-list').locator('input:not([disabled])');
    const checked = await boxes.evaluateAll((all) => { all.forEach((b, i) => { b.checked = i < 2; }); return all.length; });
    assert.ok(checked >= 2, 'there are several to choose from');
    await s.f.getByTestId('accounts-submit').click();
    const end = await s.events.until('REDIRECT');
    const ids = [].concat(end.accountId ?? end.accountIds).flatMap((id) => String(id).split(','));
    assert.equal(new Set(ids).size, 2);
    const data = await s.app.data(end.requestId);
    assert.deepEqual(data.body.Accounts.map((a) => a.Id).filter((id) => ids.includes(id)).sort(), [...ids].sort());
  });

  test('texts on demand, and a React Native host beside them', async (t) => {
    const app = instance('native');
    const page = await (await at.context(t)).newPage();
    await page.addInitScript(() => { window.posted = []; window.ReactNativeWebView = { postMessage: (text) => window.posted.push(text) }; });
    await page.goto(`${app.connect}?webview=true&stringify=true&waitSummary=true&jsRedirect=true`);
    await signIn(page, 'greatday_nomfa');
    await page.waitForFunction(() => window.posted.some((m) => m.includes('REDIRECT')));
    const posted = await page.evaluate(() => window.posted);
    const end = JSON.parse(posted.at(-1));
    assert.ok(end.requestId && end.loginId && end.institution);
    const s = await open(t, 'text', '?stringify=true&jsRedirect=true');
    await state(s.f, 'consent');
    assert.deepEqual(await s.events.all(), ['{"step":"APP_MOUNTED"}', '{"step":"COMPONENT_LOAD_CONSENT"}']);
  });

  test('wrong password, wrong answer, then success', async (t) => {
    const s = await open(t, 'retry', '?jsRedirect=true');
    await signIn(s.f, 'Greatday', 'nothing');
    await error(s.f, 'login_invalid');
    await s.f.getByTestId('field-password').fill('Everyday');
    await s.f.getByTestId('credentials-submit').click();
    await answer(s.f, 'Paris');
    await error(s.f, 'challenge_invalid');
    await answer(s.f);
    await s.events.until('REDIRECT');
    assert.deepEqual((await s.events.steps()).slice(begun.length), ['INVALID_PASSWORD', 'COMPONENT_LOAD_CREDENTIAL_RETRY', 'SUBMIT_CREDENTIAL',
      'COMPONENT_LOAD_MFA', 'SUBMIT_MFA', 'INVALID_SECURITY_RESPONSE', 'COMPONENT_LOAD_MFA_RETRY', 'SUBMIT_MFA', 'REDIRECT']);
    const failed = (await s.events.all()).find((m) => m.flinksCode);
    assert.deepEqual(Object.keys(failed), ['requestId', 'flinksCode', 'institution'], 'a failure has no step');
  });

  test('what published apps read of it: a React wrapper, a form builder, a lender', async (t) => {
    // The wrapper keeps the messages of two steps and opens the address of the first widget; the form builder reads the
    // address as if all of it were a query; the lender splits the accounts of its callback at commas.
    const app = instance('apps');
    const page = await (await at.context(t, {}, /^app\.example$/)).newPage();
    await page.route('https://app.example/**', (route) => route.fulfill({ contentType: 'text/html', body: 'Done' }));
    await page.addInitScript(() => {
      if (window !== window.top) return;
      window.kept = {};
      addEventListener('message', (e) => {
        if (e.data.step === 'REDIRECT') Object.assign(window.kept, { login: e.data, url: new URLSearchParams(e.data.url).get('loginId') });
        if (e.data.step === 'ACCOUNT_SELECTED') window.kept.account = e.data;
      });
    });
    const common = 'theme=light&desktopLayout=true&fixedHeightEnable=false&institutionFilterEnable=true&demo=true&consentEnable=true&accountSelectorEnable=true';
    const walk = async (n, query) => {
      await page.goto(at.host.serve(`/apps-${n}`, appPage(`${app.connect}?${common}${query}`)));
      await signIn(frame(page), 'greatday_nomfa');
      await state(frame(page), 'accounts');
      await frame(page).getByTestId('account-list').locator('input:not([disabled])').evaluateAll((all, many) => all.forEach((b, i) => { b.checked = i < many; }), n);
      await frame(page).getByTestId('accounts-submit').click();
    };
    await walk(1, '&jsRedirect=true&redirectUrl=https://app.example/done?state=1');
    await page.waitForFunction(() => window.kept.login && window.kept.account);
    const kept = await page.evaluate(() => window.kept);
    assert.equal(kept.url, kept.login.loginId);
    assert.equal(kept.account.accountId, kept.login.accountId);
    await walk(2, '&accountSelectorMultiple=true&redirectURL=https://app.example/done&customerId=43387ca6-0391-4c82-857d-70d95f087ecb&monthsOfStatements=MostRecent');
    await page.waitForURL(/app\.example/);
    const back = new URL(page.url()).searchParams;
    assert.equal(back.get('accountId').split(',').length, 2);
    assert.equal(back.get('loginId'), kept.login.loginId, 'the same card');
  });

  test('who denies the consent, who closes, and a token that does not work', async (t) => {
    const denied = await open(t, 'deny', '');
    await denied.f.getByTestId('consent-deny').click();
    await denied.events.until('COMPONENT_DENY_CONSENT');
    const closed = await open(t, 'close', '?closeEnable=true&redirectUrl=https://app.example/done');
    await closed.f.getByTestId('close').click();
    await closed.f.getByTestId('exit-leave').click();
    await closed.events.until('COMPONENT_CLOSE_SESSION');
    assert.ok(!(await closed.events.steps()).includes('REDIRECT'), 'no redirect follows');
    assert.match(closed.page.url(), /127\.0\.0\.1/, 'and nobody is led away');
    const bad = await open(t, 'token', '?authorizeToken=nonsense');
    await bad.events.until('TOKEN_INVALID');
    assert.deepEqual(await bad.events.steps(), ['APP_MOUNTED', 'TOKEN_INVALID']);
  });

  test('a console warning for what the address gets wrong, and the height of what grows', async (t) => {
    const warnings = [];
    const s = await open(t, 'warn', '?theme=pink&fixedHeightEnable=false&jsRedirect=true', { prepare: (_, page) => page.on('console', (m) => m.type() === 'warning' && warnings.push(m.text())) });
    await s.f.getByTestId('consent-accept').click();
    await state(s.f, 'institutions');
    assert.ok(warnings.some((w) => /theme is "pink"/.test(w)), `${warnings}`);
    assert.equal(typeof (await s.events.until('APP_RESIZE')).height, 'number');
  });
});

describe('the guide', () => {
  const guide = readFileSync(new URL('../docs/flinks-connect.md', import.meta.url), 'utf8');
  const blocks = (kind) => [...guide.matchAll(new RegExp('```' + kind + '\\n([^]*?)```', 'g'))].map((m) => m[1]);

  test('its page works as printed', async (t) => {
    const app = instance('guide-page');
    const html = blocks('html')[0].replaceAll('http://localhost:8080', app.root).replace("'8080'", `'${new URL(app.root).port}'`);
    const page = await (await at.context(t)).newPage();
    const events = listen(page);
    await page.goto(at.host.serve('/guide-page', html));
    await signIn(frame(page), 'greatday_nomfa');
    const f = frame(page);
    await state(f, 'accounts');
    await f.getByTestId('account-list').locator('input:not([disabled])').first().check();
    await f.getByTestId('accounts-submit').click();
    assert.ok((await events.until('REDIRECT')).loginId);
  });

  test('its calls answer', () => {
    const app = instance('guide-calls');
    const [token, custom] = blocks('sh').map((text) => execSync(text.replaceAll('http://localhost:8080', app.root), { shell: '/bin/sh' }).toString());
    assert.match(JSON.parse(token).Token, /^[0-9a-f-]{36}$/);
    assert.match(custom, /^302 http.*\/bank$/m);
  });
});

describe('the end', () => {
  test('the top window is led away, with the query that it had', async (t) => {
    const s = await open(t, 'top', '?redirectUrl=https://app.example/done?state=1&tag=T');
    await signIn(s.f, 'greatday_nomfa');
    await s.page.waitForURL(/app\.example/);
    const u = new URL(s.page.url());
    assert.deepEqual([...u.searchParams.keys()], ['state', 'loginId', 'tag', 'institution']);
  });

  test('inside the frame with innerRedirect', async (t) => {
    const s = await open(t, 'inner', '?innerRedirect=true&redirectUrl=https://app.example/done');
    await signIn(s.f, 'greatday_nomfa');
    await s.events.until('REDIRECT');
    await s.f.getByText('Done').waitFor();
    assert.match(s.page.url(), /127\.0\.0\.1/);
  });

  test('resume: the session of an Authorize that answered 203', async (t) => {
    let id;
    const s = await open(t, 'resume', async (app) => {
      const first = await app.call('POST', 'Authorize', { Institution: 'FlinksCapital', Username: 'Greatday', Password: 'Everyday', MostRecentCached: false, Save: true });
      assert.equal(first.status, 203);
      id = first.body.RequestId;
      return `?requestId=${id}&authorizeToken=${await app.token()}&jsRedirect=true`;
    });
    await answer(s.f);
    const end = await s.events.until('REDIRECT');
    assert.equal(end.requestId, id);
    assert.deepEqual(await s.events.steps(), ['APP_MOUNTED', 'COMPONENT_LOAD_MFA', 'SUBMIT_MFA', 'REDIRECT']);
  });

  test('a window that the app opens hears of it', async (t) => {
    const app = instance('opener');
    const page = await (await at.context(t)).newPage();
    const events = listen(page);
    await page.goto(at.host.serve('/opener', appPage('about:blank').replace('</main>', '<button id="go">Go</button></main>')));
    await page.evaluate((src) => { document.getElementById('go').onclick = () => window.open(src, 'Flinks Connect', 'width=600,height=700'); }, `${app.connect}?demo=true`);
    const [child] = await Promise.all([page.waitForEvent('popup'), page.click('#go')]);
    await signIn(child, 'greatday_nomfa');
    const end = await events.until('REDIRECT');
    assert.equal(new URLSearchParams(end.url).get('loginId'), end.loginId);
  });
});

describe('the bank\'s own page', () => {
  const atBank = async (bank) => {
    await state(bank, 'bank');
    await bank.getByTestId('field-username').fill('greatday_nomfa');
    await bank.getByTestId('field-password').fill('Everyday');
    await bank.getByTestId('bank-login').click();
    await bank.getByTestId('bank-allow').click();
  };

  test('in a pop-up', async (t) => {
    const s = await open(t, 'popup', '?demoOutbound=true&consentEnable=false&institution=FlinksCapital&jsRedirect=true');
    const [bank] = await Promise.all([s.page.waitForEvent('popup'), s.f.getByTestId('oauth-open').click()]);
    await atBank(bank);
    await s.events.until('REDIRECT');
    assert.ok((await s.events.steps()).includes('POPUP_OPENED'));
  });

  test('in the same window, where Chromium\'s blocker refuses the pop-up', async (t) => {
    // The blocker refuses what no user has clicked. Playwright starts Chromium without one.
    const browser = await launch({ ignoreDefaultArgs: ['--disable-popup-blocking'] });
    t.after(() => browser.close());
    const page = await browser.newPage();
    const events = listen(page);
    page.on('popup', () => assert.fail('a pop-up opened'));
    await page.addInitScript(() => addEventListener('load', () => document.querySelector('[data-testid="oauth-open"]')?.click()));
    const app = instance('blocker');
    await page.goto(at.host.serve('/blocker', appPage(`${app.connect}?demoOutbound=true&consentEnable=false&institution=FlinksCapital&jsRedirect=true`)));
    await events.until('POPUP_BLOCKED');
    await atBank(frame(page));
    await events.until('REDIRECT');
    assert.ok(!(await events.steps()).includes('POPUP_OPENED'));
  });

  test('in the same window', async (t) => {
    const s = await open(t, 'same', '?demoOutbound=true&oauthWindowRedirect=true&consentEnable=false&institution=FlinksCapital&jsRedirect=true');
    await s.f.getByTestId('oauth-open').click();
    await atBank(s.f);
    await s.events.until('REDIRECT');
    assert.ok(!(await s.events.steps()).includes('POPUP_OPENED'));
  });

  test('Custom: a login with a second factor, a refusal, a bank that is down', async (t) => {
    const app = instance('custom');
    const page = await (await at.context(t, {}, /^app\.example$/)).newPage();
    await page.route('https://app.example/**', (route) => route.fulfill({ contentType: 'text/html', body: 'Done' }));
    const go = async (more = '') => {
      const a = await app.call('GET', `${app.root}/flinks/v3/oauth/authorize?institution_id=14&redirect_uri=https://app.example/cb&state=s${more}`);
      assert.equal(a.status, 302);
      await page.goto(a.location);
      await state(page, 'bank');
      await keep(page, 'custom-bank-1280-light');
      await page.getByTestId('field-username').fill('Greatday');
      await page.getByTestId('field-password').fill('Everyday');
      await page.getByTestId('bank-login').click();
    };
    const back = async () => { await page.waitForURL(/app\.example/); return Object.fromEntries(new URL(page.url()).searchParams); };
    await go();
    await page.getByTestId('field-answer').fill('Montreal');
    await page.getByTestId('mfa-submit').click();
    await page.getByTestId('bank-allow').click();
    const ok = await back();
    assert.deepEqual(Object.keys(ok), ['loginId', 'state']);
    const live = await app.call('POST', 'Authorize', { LoginId: ok.loginId, MostRecentCached: false, Save: true });
    assert.equal(live.status, 200);
    assert.equal((await app.data(live.body.RequestId)).status, 200);
    await go();
    await page.getByTestId('field-answer').fill('Montreal');
    await page.getByTestId('mfa-submit').click();
    await page.getByTestId('bank-deny').click();
    assert.equal((await back()).error, 'access_denied');
    await go('&stunt_scenario=bank-down-before-login');
    await page.getByTestId('bank-cancel').or(page.getByTestId('error-close')).first().click();
    if (await page.getByTestId('exit-leave').count()) await page.getByTestId('exit-leave').click();
    assert.equal((await back()).error, 'temporarily_unavailable');
  });
});

describe('for everybody', () => {
  for (const [width, scheme, forced] of [[375, 'light', 'none'], [1280, 'dark', 'none'], [1280, 'light', 'active']]) {
    test(`axe finds nothing at ${width} px, ${scheme}, forced colours ${forced}`, async (t) => {
      const s = await open(t, `axe-${width}-${scheme}-${forced}`, '?jsRedirect=true&accountSelectorEnable=true&accountSelectorMultiple=true&language=fr',
        { context: { viewport: { width, height: 900 }, colorScheme: scheme, forcedColors: forced } });
      const inner = () => s.page.frames().find((f) => f.url().includes('/w/'));
      const check = async (name) => {
        await state(s.f, name);
        assert.deepEqual(await violations(inner()), [], name);
        await keep(s.page, `connect-${name}-${width}-${scheme}${forced === 'active' ? '-forced' : ''}`);
      };
      await check('consent');
      assert.equal(await s.f.locator('html').getAttribute('lang'), 'fr');
      await s.f.getByTestId('consent-accept').click();
      await check('institutions');
      await signIn(s.f);
      await check('mfa_question');
      await answer(s.f);
      await check('accounts');
      assert.ok(await inner().evaluate(() => document.documentElement.scrollWidth <= innerWidth), 'no sideways scrolling');
    });
  }

  test('with the keyboard alone', async (t) => {
    const s = await open(t, 'keys', '?jsRedirect=true');
    await state(s.f, 'consent');
    const tabTo = async (testid) => {
      for (let i = 0; i < 30; i++) {
        const on = await s.f.locator(':focus').first().getAttribute('data-testid').catch(() => null);
        if (on === testid) return;
        await s.page.keyboard.press('Tab');
      }
      assert.fail(`${testid} is not reached`);
    };
    await s.f.locator('h1').click();
    await tabTo('consent-accept');
    await s.page.keyboard.press('Enter');
    await state(s.f, 'institutions');
    await tabTo('institution-FlinksCapital');
    await s.page.keyboard.press('Enter');
    await state(s.f, 'credentials');
    await tabTo('field-username');
    await s.page.keyboard.type('greatday_nomfa');
    await tabTo('field-password');
    await s.page.keyboard.type('Everyday');
    await s.page.keyboard.press('Enter');
    await s.events.until('REDIRECT');
  });

  test('a pop-up that the browser blocks: the bank goes on in the frame', async (t) => {
    // A sandboxed frame without allow-popups is one whose pop-ups Chromium itself refuses.
    const { page, events, f } = await open(t, 'blocked', '?demoOutbound=true&consentEnable=false&institution=FlinksCapital&jsRedirect=true',
      { page: { attributes: 'sandbox="allow-scripts allow-forms allow-same-origin"' } });
    page.on('popup', () => assert.fail('a pop-up opened'));
    await f.getByTestId('oauth-open').click();
    await events.until('POPUP_BLOCKED');
    await state(f, 'bank');
    await f.getByTestId('field-username').fill('greatday_nomfa');
    await f.getByTestId('field-password').fill('Everyday');
    await f.getByTestId('bank-login').click();
    await f.getByTestId('bank-allow').click();
    await events.until('REDIRECT');
  });
});
