// Every screen at two widths, light and dark: axe finds nothing and nothing overflows.
import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { describe, test } from 'node:test';
import { bank, frameOf, hostPage, shot, stage, state, submit, user, violations, world } from './lib.mjs';

const at = stage();
const pictures = process.env.STUNTBANK_SHOTS; // a folder to keep what was looked at

describe('every screen, two widths, light and dark', () => {
  const accept = (f) => f.getByTestId('consent-accept').click();
  const asked = (scenario) => async (f) => { await accept(f); await submit(f, `${user}+${scenario}`); };
  const list = { institutionId: undefined };
  // The screens, how each is come to, and with which options.
  const screens = [
    ['consent', async (f) => { await f.getByTestId('consent-terms').click(); }],
    ['exit_confirm', async (f) => { await f.getByTestId('close').click(); }],
    ['institutions', accept, list],
    ['institutions', async (f) => { await accept(f); await f.getByTestId('institution-search').fill('zzz'); await f.getByTestId('institution-empty').waitFor(); }, list, 'empty'],
    ['institutions', async (f) => { await accept(f); await f.getByTestId('institution-request').click(); await f.locator('.live:not(:empty)').waitFor(); }, list, 'requested'],
    ['credentials', async (f) => { await accept(f); await f.getByTestId('forgot-password').click(); }],
    ['credentials', async (f) => { await asked('no-such')(f); await f.getByTestId('stunt-why').waitFor(); }, {}, 'error'],
    ['mfa_code', asked('mfa-otp-sms')],
    ['mfa_device', asked('mfa-hardware-token')],
    ['mfa_card', asked('mfa-coordinate-card')],
    ['mfa_push', asked('mfa-push-by-hand')],
    ['captcha', asked('captcha')],
    ['connecting', asked('pending-long')],
    ['success', asked('happy')],
    ['error', asked('bank-down-before-login')],
    ['error', async (f) => { await asked('locked')(f); await f.locator('main[data-error="login_locked"]').waitFor(); }, {}, 'locked'],
    ['expired', async (f, w) => { await state(f, 'consent'); await w.advance('31m'); await accept(f); }],
    ['', (f) => f.getByTestId('error-close').waitFor(), { widgetToken: 'li_unknown' }, 'refused'],
  ];
  for (const width of [375, 1280]) {
    for (const colorScheme of ['light', 'dark']) {
      test(`${width} ${colorScheme}`, async (t) => {
        const w = world(`axe-${width}-${colorScheme}`);
        const context = await at.context(t, { viewport: { width, height: width === 375 ? 740 : 800 }, colorScheme, bypassCSP: true });
        const page = await context.newPage();
        for (const [name, walk, options, variant] of screens) {
          const what = [name, variant].filter(Boolean).join('-');
          const { widget_token: widgetToken } = await w.intent();
          await page.goto(at.host.serve(`/${w.sandbox}-${what}`, hostPage(w, { widgetToken, institutionId: bank, ...options })));
          await page.locator('#connect').click();
          await walk(frameOf(page), w);
          if (name) await state(frameOf(page), name);
          const frame = page.frames().find((f) => f !== page.mainFrame());
          assert.deepEqual(await violations(frame), [], what);
          const over = await frame.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
          assert.ok(over <= 0, `${what} is ${over} px too wide`);
          if (pictures) {
            mkdirSync(pictures, { recursive: true });
            await shot(page, `${pictures}/${what}-${width}-${colorScheme}.png`);
          }
        }
      });
    }
  }
});
