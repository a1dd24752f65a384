// Every screen of finX's widget: axe finds nothing and nothing overflows. node --test
import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { describe, test } from 'node:test';
import { error, shot, stage, state, violations } from './lib.mjs';
import { finx } from './finx.mjs';

const at = stage();
const pictures = process.env.STUNTBANK_SHOTS; // a folder to keep what was looked at
const { start, enter, accept, agree, known } = finx(at);

describe('every screen, two widths, light and dark', () => {
  const screens = [
    ['consent', async () => {}], ['institutions', accept, {}],
    ['access_method', async (f) => { await accept(f); await f.getByTestId('institution-5d2c7a90-1e4b-4c8f-b0a7-93e5d6f8a112').click(); }, {}],
    ['credentials', accept], ['mfa_code', (f) => enter(f, 'sms')], ['mfa_qr', (f) => enter(f, 'photo')], ['mfa_device', (f) => enter(f, 'chip')],
    ['mfa_push', (f) => enter(f, 'decoupled')], ['mfa_select', (f) => enter(f, 'multi')], ['oauth', (f) => enter(f, 'redirect')],
    ['connecting', (f) => enter(f, 'slow')], ['accounts', (f) => enter(f, 'manyacct')], ['success', async (f) => { await enter(f, 'demo'); await agree(f); }],
    ['error', async (f) => { await enter(f, 'blocked'); await error(f, 'login_locked'); }],
  ];
  const all = [[375, 'dark', 'de'], [1280, 'light', 'fr'], [375, 'light', 'de'], [1280, 'dark', 'es']];
  for (const [width, colorScheme, language] of all.slice(0, pictures ? 4 : 2)) { // two tell of all four, unless somebody looks
    test(`${width} ${colorScheme} ${language}`, async (t) => {
      const page = await (await at.context(t, { viewport: { width, height: width === 375 ? 740 : 800 }, colorScheme, bypassCSP: true })).newPage();
      page.setDefaultTimeout(10_000);
      for (const [name, walk, body = known] of screens) {
        const s = await start(`axe-${name.replace('_', '-')}`, { ...body, language });
        await page.goto(s.location + (name === 'success' ? '&stunt_transport=message' : '')); // to nobody: the page stays
        await walk(page);
        await state(page, name);
        assert.equal(await page.locator('html').getAttribute('lang'), language);
        assert.deepEqual(await violations(page), [], name);
        const over = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
        assert.ok(over <= 0, `${name} is ${over} px too wide`);
        if (pictures) {
          mkdirSync(pictures, { recursive: true });
          await shot(page, `${pictures}/finx-${name}-${width}-${colorScheme}.png`);
        }
      }
    });
  }
});
