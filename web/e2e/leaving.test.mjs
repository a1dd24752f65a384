// The user who leaves, at every screen: the app hears onExit, once. node --test
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { bank, error, login, names, stage, state, submit, succeed, until, user } from './lib.mjs';

const { start } = stage();

const once = async (s) => {
  await until(s.page, 'exit');
  const said = await names(s.page);
  assert.deepEqual(said.slice(-2), ['closed', 'exit']);
  assert.equal(said.filter((n) => n === 'exit').length, 1);
  assert.equal(said.filter((n) => n === 'closed').length, 1);
  assert.ok(!said.includes('success'));
  assert.equal(await s.page.locator('iframe').count(), 0, 'the frame is gone');
};

describe('leaving', () => {
  // How each screen is come to: with a bank that is chosen already, and a scenario.
  const asked = (scenario) => async (s) => {
    await s.f.getByTestId('consent-accept').click();
    await submit(s.f, `${user}+${scenario}`);
  };
  const to = {
    consent: async () => {},
    institutions: async (s) => { await s.f.getByTestId('consent-accept').click(); },
    credentials: async (s) => { await to.institutions(s); await s.f.getByTestId(`institution-${bank}`).click(); },
    mfa_code: asked('mfa-otp-sms'),
    mfa_device: asked('mfa-hardware-token'),
    mfa_card: asked('mfa-coordinate-card'),
    mfa_push: asked('mfa-push-by-hand'),
    captcha: asked('captcha'),
    connecting: asked('pending-long'),
    error: asked('bank-down-before-login'),
  };
  for (const [name, walk] of Object.entries(to)) {
    test(`closing at ${name} exits once`, async (t) => {
      const direct = !['consent', 'institutions', 'credentials'].includes(name);
      const s = await start(t, `close-${name}`, { options: direct ? { institutionId: bank } : {} });
      await walk(s);
      await state(s.f, name);
      await s.f.getByTestId('close').click();
      await s.f.getByTestId('exit-leave').click();
      await once(s);
    });
  }

  test('closing after a wrong password exits once', async (t) => {
    const s = await start(t, 'close-wrong');
    await login(s, 'nope');
    await error(s.f, 'login_invalid');
    await s.f.getByTestId('close').click();
    await s.f.getByTestId('exit-leave').click();
    await once(s);
  });

  test('the ways to give up that are not the cross', async (t) => {
    const denied = await start(t, 'deny');
    await denied.f.getByTestId('consent-deny').click();
    await once(denied);
    for (const [scenario, button] of [['mfa-push-by-hand', 'mfa-push-cancel'], ['pending-long', 'connecting-cancel'], ['locked', 'error-close']]) {
      const s = await start(t, scenario, { options: { institutionId: bank } });
      await asked(scenario)(s);
      await s.f.getByTestId(button).click();
      await once(s);
    }
  });

  test('a page whose time is over', async (t) => {
    const s = await start(t, 'expired');
    await state(s.f, 'consent');
    await s.w.advance('31m');
    await s.f.getByTestId('consent-accept').click();
    await state(s.f, 'expired');
    await s.f.getByTestId('expired-close').click();
    await once(s);
  });

  test('a page that cannot be opened says why, in the skin', async (t) => {
    const s = await start(t, 'refused', { options: { widgetToken: 'li_xxxxxxxxxxxxxxxx_sec_yyyyyyyyyyyyyyyyyyyyyyyy' } });
    assert.equal(await s.f.locator('html').getAttribute('data-skin'), 'fintoc');
    assert.match(await s.f.getByTestId('stunt-why').textContent(), /widget_token is unknown here/);
    await s.f.getByTestId('error-close').click();
    await once(s);
    assert.equal((await names(s.page))[0], 'on_error');
  });

  test('Esc asks, Esc stays, and staying goes on', async (t) => {
    const s = await start(t, 'stay');
    await s.f.getByTestId('consent-accept').click();
    await state(s.f, 'institutions');
    await s.page.keyboard.press('Escape');
    await state(s.f, 'exit_confirm');
    await s.page.keyboard.press('Escape');
    await state(s.f, 'institutions');
    await s.f.getByTestId('close').click();
    await s.f.getByTestId('exit-stay').click();
    await login(s);
    await succeed(s);
  });
});
