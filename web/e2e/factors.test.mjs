// The second factors that a bank asks for, in a real browser: node --test
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { begin, error, login, names, stage, state, succeed, until } from './lib.mjs';

const { start } = stage();

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
      await until(s.page, 'closed');
      assert.deepEqual(await names(s.page), [...begin, kind.event, 'validating_second_factor', 'on_error', 'on_error',
        'validating_second_factor', 'link_created', 'success', 'closed']);
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
    await until(s.page, 'closed');
    assert.deepEqual(await names(s.page), [...begin, 'app_authentication_required', 'link_created', 'success', 'closed']);
  });

  test('the bank app: approved on the simulated phone', async (t) => {
    const s = await start(t, 'push-phone', { scenario: 'mfa-push-by-hand' });
    await login(s);
    await s.f.getByTestId('mfa-push-approve').click();
    await state(s.f, 'success');
    await succeed(s);
  });

  test('the bank app: denied', async (t) => {
    const s = await start(t, 'push-denied', { scenario: 'mfa-push-by-hand' });
    await login(s);
    await state(s.f, 'mfa_push');
    const { handle } = await s.w.session();
    await s.w.control('POST', `/sessions/${handle}/deny`);
    await error(s.f, 'user_cancelled');
    await s.f.getByTestId('error-close').click();
    await until(s.page, 'exit');
    assert.deepEqual(await names(s.page), [...begin, 'app_authentication_required', 'on_error', 'closed', 'exit']);
  });

  test('the bank app: timed out', async (t) => {
    const s = await start(t, 'push-timeout', { scenario: 'mfa-push-by-hand' });
    await login(s);
    await state(s.f, 'mfa_push');
    await s.w.advance('11m');
    await error(s.f, 'challenge_expired');
    await s.f.getByTestId('mfa-push-resend').click();
    await s.f.locator('main[data-error=""]').waitFor();
    await s.f.getByTestId('mfa-push-approve').click();
    await succeed(s);
  });
});

