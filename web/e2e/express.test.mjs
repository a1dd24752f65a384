// Flinks Express in a real browser: asked for by the form, built, previewed, approved, used. node --test
import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { describe, test } from 'node:test';
import { shot, stage, state, violations, world } from './lib.mjs';

const at = stage();
const pictures = process.env.STUNTBANK_SHOTS; // a folder to keep what was looked at
const keep = async (page, name) => {
  if (!pictures) return;
  mkdirSync(pictures, { recursive: true });
  await shot(page, `${pictures}/express-${name}.png`);
};
const svg = (fill) => Buffer.from(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 40 40"><rect width="40" height="40" rx="8" fill="${fill}"/><path d="M8 28 20 10 32 28Z" fill="#fff"/></svg>`);
const key = { 'x-api-key': '3d5266a8-b697-48d4-8de6-52e2e2662acc', 'Content-Type': 'application/json' };

// Two companies that look nothing like each other.
const brands = [
  { id: 'north-shore-loans', lang: 'en', context: { viewport: { width: 375, height: 812 } },
    company: 'North Shore Loans', background: '#e3edf5', surface: '#ffffff', accent: '#0a5c8a', fill: '#0a5c8a', title: 'Share your bank with North Shore', asks: 'income', line: /income and recurring/ },
  { id: 'clair-cr-dit', lang: 'fr', context: { viewport: { width: 1280, height: 900 }, colorScheme: 'dark' },
    company: 'Éclair Crédit', background: '#1d1030', surface: '#2a1846', text: '#f6ecff', accent: '#ffb454', fill: '#b06a00', title: 'Partagez votre banque', asks: 'identity', line: /Votre nom, votre adresse/ },
];

describe('Express, end to end', () => {
  for (const b of brands) {
    test(`${b.company} at ${b.context.viewport.width} px`, async (t) => {
      const w = world(b.id);
      const page = await (await at.context(t, b.context)).newPage();
      const narrow = async (what) => {
        assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= window.innerWidth), `${what} fits`);
        assert.deepEqual(await violations(page), [], what);
        await keep(page, `${what}-${b.context.viewport.width}`);
      };
      // The form, by a mistake first: what was typed stays.
      await page.goto(`${w.root}/flinks/express`);
      await narrow('form');
      for (const name of ['company', 'background', 'surface', 'text', 'accent', 'title']) if (b[name]) await page.getByTestId(name).fill(b[name]);
      await page.getByTestId('accent').fill('orange');
      await page.locator(`input[value="${b.asks}"]`).check();
      await page.getByTestId('language').selectOption(b.lang);
      await page.getByTestId('express-request').click();
      assert.match(await page.getByTestId('error').textContent(), /accent is "orange": use a colour as #rrggbb/);
      assert.equal(await page.getByTestId('company').inputValue(), b.company);
      await page.getByTestId('accent').fill(b.accent);
      await page.getByTestId('upload').setInputFiles({ name: 'logo.svg', mimeType: 'image/svg+xml', buffer: svg(b.fill) });
      await page.getByTestId('express-request').click();
      // Built by the clock of the sandbox, then previewed and approved.
      assert.equal(await page.getByTestId('state').textContent(), 'building');
      await w.advance('1m');
      await page.getByRole('link', { name: 'Look again' }).click();
      assert.equal(await page.getByTestId('state').textContent(), 'preview');
      await narrow('setup');
      await page.getByRole('link', { name: 'Preview' }).click();
      await page.getByTestId('identity-name').waitFor();
      assert.match(await page.locator('.bar').textContent(), new RegExp(b.company));
      await page.goBack();
      await page.getByTestId('express-approve').click();
      assert.equal(await page.getByTestId('state').textContent(), 'live');
      // As a user, by keyboard alone.
      await page.getByRole('link', { name: 'Try it with demo users' }).click();
      await page.getByTestId('identity-name').waitFor();
      assert.equal(await page.evaluate(() => document.documentElement.lang), b.lang);
      await narrow('identity');
      const tabTo = async (id) => {
        for (let i = 0; i < 60; i++) {
          if (await page.evaluate((name) => document.activeElement?.dataset.testid === name, id)) return;
          await page.keyboard.press('Tab');
        }
        assert.fail(`Tab does not reach ${id}`);
      };
      await tabTo('identity-name');
      await page.keyboard.type('Jo Flinks');
      await tabTo('identity-email');
      await page.keyboard.type('jo@example.test');
      await page.keyboard.press('Enter');
      await state(page, 'consent');
      assert.equal(await page.getByTestId('title').textContent(), b.title);
      assert.match(await page.locator('.scopes').textContent(), b.line);
      assert.match(await page.locator('.bar').textContent(), new RegExp(b.company));
      assert.ok(await page.getByTestId('stunt-ribbon').isVisible(), 'the ribbon stays');
      await narrow('scope');
      await page.emulateMedia({ forcedColors: 'active' });
      await keep(page, `forced-${b.context.viewport.width}`);
      await page.emulateMedia({ forcedColors: 'none' });
      await tabTo('consent-accept');
      await page.keyboard.press('Enter');
      await state(page, 'institutions');
      await tabTo('institution-FlinksCapital');
      await page.keyboard.press('Enter');
      await state(page, 'credentials');
      await tabTo('field-username');
      await page.keyboard.type('Greatday');
      await tabTo('field-password');
      await page.keyboard.type('Everyday');
      await page.keyboard.press('Enter');
      await state(page, 'mfa_question');
      await narrow('question');
      await tabTo('field-answer');
      await page.keyboard.type('Montreal');
      await page.keyboard.press('Enter');
      await state(page, 'accounts');
      await page.getByTestId('account-list').locator('input').first().check();
      await page.getByTestId('accounts-submit').click();
      await state(page, 'success');
      await keep(page, `success-${b.context.viewport.width}`);
      // The team finds it on the dashboard, and reads it by Authorize.
      await page.goto(`${w.root}/flinks/dashboard`);
      const feed = await page.getByTestId('feed').textContent();
      for (const words of ['Completed', 'Jo Flinks', `Express (${b.id})`, `express-${b.id}`]) assert.ok(feed.includes(words), words);
      await narrow('dashboard');
      const login = (await page.getByTestId('cards').locator('td').first().textContent()).trim();
      const authorized = await (await fetch(`${w.root}/flinks/v3/43387ca6-0391-4c82-857d-70d95f087ecb/BankingServices/Authorize`, {
        method: 'POST', headers: key, body: JSON.stringify({ LoginId: login, MostRecentCached: true }),
      })).json();
      assert.equal(authorized.Login.Id, login);
      assert.equal(authorized.HttpStatusCode, 200);
    });
  }
});
