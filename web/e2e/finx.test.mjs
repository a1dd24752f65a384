// finX's widget in a real browser: by redirect, in a frame, in a new window; each way to confirm;
// what goes wrong; without script. node --test
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { error, stage, state } from './lib.mjs';
import { finx, testbank } from './finx.mjs';

const at = stage();
const { start, open, enter, accept, login, answer, agree, returned, known, unique } = finx(at);

describe('by redirect', () => {
  test('the bank is searched for by name, BLZ, BIC and IBAN; the code opens the accounts', async (t) => {
    const s = await start('search');
    const page = await open(t, s.location);
    await accept(page);
    await state(page, 'institutions');
    for (const text of ['testb', '90094815', 'TESTDE01', 'DE82 9009 4815 0000 0028 81']) {
      await page.getByTestId('institution-search').fill(text);
      await page.waitForFunction((id) => {
        const shown = [...document.querySelectorAll('[data-testid^="institution-"]')].filter((e) => /-[0-9a-f]{8}-/.test(e.dataset.testid) && e.offsetParent);
        return shown.length === 1 && shown[0].dataset.testid === `institution-${id}`;
      }, testbank);
    }
    await page.getByTestId(`institution-${testbank}`).click();
    await login(page, 'demo', 'wrong');
    await error(page, 'login_invalid');
    await login(page, 'demo');
    await agree(page);
    const { code, ...rest } = await returned(page, s);
    assert.deepEqual(rest, { state: 's1', success: 'true' });
    assert.ok((await s.accounts(code)).length > 0);
    // The location works once.
    await page.goto(s.location);
    assert.match(await page.locator('main').textContent(), /already/);
  });

  for (const javaScriptEnabled of [true, false]) {
    test(`the IBAN is known: every way to confirm, ${javaScriptEnabled ? 'with' : 'without'} script`, async (t) => {
      const page = await (await at.context(t, { javaScriptEnabled })).newPage();
      page.setDefaultTimeout(10_000);
      const ways = {
        sms: async () => { await state(page, 'mfa_code'); await answer(page, '000000'); await error(page, 'challenge_invalid'); await answer(page); },
        photo: async () => { await state(page, 'mfa_qr'); assert.ok(await page.locator('figure.code svg path').getAttribute('d')); await answer(page); },
        chip: async () => {
          await state(page, 'mfa_device');
          const code = /\b\d{6}\b/.exec(await page.locator('main').textContent());
          await answer(page, code ? code[0] : '111111');
        },
        qr: async () => { await state(page, 'mfa_qr'); await page.getByTestId('mfa-push-approve').click(); },
        decoupled: async () => { await state(page, 'mfa_push'); await page.getByTestId('mfa-push-approve').click(); },
        multi: async () => {
          await state(page, 'mfa_select');
          await page.locator('main input[type=radio]').first().check();
          await page.getByTestId('mfa-submit').click();
          await state(page, 'mfa_code');
          await answer(page);
        },
        redirect: async () => { await state(page, 'oauth'); await page.getByTestId('oauth-open').click(); await page.locator('html[data-bank] main').waitFor(); await page.getByTestId('bank-allow').click(); },
      };
      for (const [user, confirm] of Object.entries(ways).filter(([name]) => javaScriptEnabled || ['photo', 'decoupled', 'redirect'].includes(name))) {
        const s = await start(user, known);
        await page.goto(s.location);
        await accept(page);
        await state(page, 'credentials'); // no search for the bank
        await login(page, user);
        await confirm();
        await agree(page);
        if (!javaScriptEnabled) await page.getByTestId('success-finish').click();
        const query = await returned(page, s);
        assert.equal(query.success, 'true', user);
        assert.ok((await s.accounts(query.code)).length > 0, user);
      }
    });
  }

  test('over the page of the bank: denied there, and the login there', async (t) => {
    const lindental = '8a3f2b5c-74e9-4db2-8f46-c312ebda09f8';
    const s = await start('bankpage');
    const page = await open(t, s.location);
    await accept(page);
    await page.getByTestId(`institution-${lindental}`).click();
    await page.getByTestId('oauth-open').click();
    await page.locator('html[data-bank] main').waitFor();
    await page.getByTestId('field-login_id').fill('demo');
    await page.getByTestId('field-password').fill('demo');
    await page.getByTestId('bank-login').click();
    await page.getByTestId('bank-deny').click();
    await page.locator('html:not([data-bank])').waitFor();
    await error(page, 'consent_required');
    await page.getByTestId('error-close').click();
    assert.deepEqual(await returned(page, s), { state: 's1', success: 'false' }, 'the bank was told, not the widget');
  });
});

describe('what goes wrong', () => {
  test('blocked, bank down, no accounts, too late: success=false without a reason', async (t) => {
    const page = await (await at.context(t)).newPage();
    page.setDefaultTimeout(10_000);
    for (const [user, problem] of [['blocked', 'login_locked'], ['noacct', 'no_accounts']]) {
      const s = await start(user, known);
      await page.goto(s.location);
      await enter(page, user);
      await error(page, problem);
      await page.getByTestId('error-close').click();
      assert.deepEqual(await returned(page, s), { state: 's1', success: 'false' }, user);
    }
    const down = await start('nobank', known);
    await page.goto(down.location);
    await enter(page, 'nobank');
    await error(page, 'institution_unavailable');
    const late = await start('late', known);
    await page.goto(late.location);
    await state(page, 'consent');
    await late.call('POST', '/_stunt/v1/clock', { advance: '61m' });
    await accept(page);
    await state(page, 'expired');
  });

  test('the user leaves on every screen: success=false and cancel=true', async (t) => {
    const page = await (await at.context(t)).newPage();
    page.setDefaultTimeout(10_000);
    const screens = {
      consent: async () => {},
      institutions: async () => { await accept(page); },
      credentials: async () => { await accept(page); await page.getByTestId(`institution-${testbank}`).click(); },
      mfa_code: async () => { await screens.credentials(); await login(page, 'sms'); },
      mfa_qr: async () => { await screens.credentials(); await login(page, 'photo'); },
      mfa_device: async () => { await screens.credentials(); await login(page, 'chip'); },
      mfa_push: async () => { await screens.credentials(); await login(page, 'decoupled'); },
      mfa_select: async () => { await screens.credentials(); await login(page, 'multi'); },
      oauth: async () => { await screens.credentials(); await login(page, 'redirect'); },
      connecting: async () => { await screens.credentials(); await login(page, 'slow'); },
      accounts: async () => { await screens.credentials(); await login(page, 'manyacct'); },
    };
    for (const [name, walk] of Object.entries(screens)) {
      const s = await start(`leave-${name.replace('_', '-')}`);
      await page.goto(s.location);
      await walk();
      await state(page, name);
      await page.getByTestId('close').click();
      await page.getByTestId('exit-leave').click();
      assert.deepEqual(await returned(page, s), { state: 's1', success: 'false', cancel: 'true' }, name);
    }
  });
});

describe('in a frame and in a window', () => {
  const app = (location) => `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>An app</title></head><body><main><h1>An app</h1>
<iframe id="finx" title="Connect your bank" src="${location.replaceAll('&', '&amp;')}" style="width:100%;height:700px;border:0"></iframe></main>
<script>window.heard = []; addEventListener('message', (e) => heard.push(e.data));</script></body></html>`;

  for (const [how, options, goes, posts] of [
    ['edition finleap', undefined, true, true], ['hand_back redirect', { 'finx.hand_back': 'redirect' }, true, false],
    ['hand_back message', { 'finx.hand_back': 'message' }, false, true], ['edition qwist', { 'finx.edition': 'qwist' }, false, true],
  ]) {
    test(`a frame, ${how}`, async (t) => {
      const s = await start('frame', { ...known, options });
      const page = await open(t, at.host.serve(unique(), app(s.location)));
      const f = page.frameLocator('#finx');
      await enter(f, 'demo');
      await agree(f);
      if (posts) {
        await page.waitForFunction(() => window.heard.length > 0);
        const [message] = await page.evaluate(() => window.heard);
        assert.equal(message.query.state, 's1');
        assert.equal(message.query.success, 'true');
        assert.equal(message.query.flow_id, options?.['finx.edition'] ? s.id : undefined);
        assert.ok((message.location ?? message.link).startsWith(`${s.back}?code=`));
        assert.ok((await s.accounts(message.query.code)).length > 0);
      }
      if (goes) {
        await f.getByRole('heading', { name: 'Back' }).waitFor();
        assert.ok(page.frames().some((x) => x.url().startsWith(`${s.back}?code=`)), 'the frame goes back');
      }
      if (!posts) assert.deepEqual(await page.evaluate(() => window.heard), []);
    });
  }

  test('a frame whose user leaves says cancel, and abort in the edition qwist', async (t) => {
    for (const [options, name] of [[{ 'finx.hand_back': 'message' }, 'cancel'], [{ 'finx.edition': 'qwist' }, 'abort']]) {
      const s = await start('frame-leave', { ...known, options });
      const page = await open(t, at.host.serve(unique(), app(s.location)));
      const f = page.frameLocator('#finx');
      await state(f, 'consent');
      await f.getByTestId('close').click();
      await f.getByTestId('exit-leave').click();
      await page.waitForFunction(() => window.heard.length > 0);
      const [message] = await page.evaluate(() => window.heard);
      assert.equal(message.query[name], 'true');
      assert.equal(message.query.success, 'false');
    }
  });

  test('a new window comes back to the app', async (t) => {
    const s = await start('window', known);
    const page = await open(t, at.host.serve(unique(), `<!doctype html><html lang="en"><title>An app</title><main><h1>An app</h1><a id="connect" target="_blank" rel="opener" href="${s.location.replaceAll('&', '&amp;')}">Connect</a></main></html>`));
    const [popup] = await Promise.all([page.context().waitForEvent('page'), page.locator('#connect').click()]);
    await enter(popup, 'demo');
    await agree(popup);
    const query = await returned(popup, s);
    assert.ok((await s.accounts(query.code)).length > 0);
  });
});
