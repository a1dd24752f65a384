// Flinks Connect as an app's page embeds it: a frame whose address says everything, and the
// provider's own listener. What the tests of its pages have in common.
import { base, state } from './lib.mjs';

let worlds = 0;
const run = Date.now().toString(36);
export const customer = '43387ca6-0391-4c82-857d-70d95f087ecb';

// A sandbox and the backend of an app in it.
export function instance(name) {
  const root = `${base}/~e2e-c${run}-${++worlds}-${name}`.toLowerCase();
  const call = async (method, path, body, headers) => {
    const res = await fetch(path.startsWith('http') ? path : `${root}/flinks/v3/${customer}/BankingServices/${path}`, {
      method, redirect: 'manual', headers: { 'Content-Type': 'application/json', 'x-api-key': '3d5266a8-b697-48d4-8de6-52e2e2662acc', ...headers },
      body: body && JSON.stringify(body),
    });
    return { status: res.status, location: res.headers.get('Location'), body: await res.json().catch(() => null) };
  };
  return {
    root, call, connect: `${root}/flinks/v2/`,
    token: async () => (await call('POST', 'GenerateAuthorizeToken', {}, { 'flinks-auth-key': 'c4569c54-e167-4d34-8de6-f4113bc82414' })).body.Token,
    options: (values) => call('PUT', `${root}/_stunt/v1/sandboxes/${root.split('/~')[1]}/options`, values),
    // The data behind a RequestId, when it is there.
    data: async (id) => {
      for (let i = 0; i < 50; i++) {
        const a = await call(i ? 'GET' : 'POST', i ? `GetAccountsDetailAsync/${id}` : 'GetAccountsDetail', i ? undefined : { RequestId: id });
        if (a.status !== 202) return a;
        await new Promise((r) => { setTimeout(r, 100); });
      }
      throw new Error('the data never came');
    },
  };
}

// The page of an app: the frame, and below it the listener of the provider's guide as printed.
export const appPage = (src, { attributes = '', head = '' } = {}) => `<!doctype html><html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1"><title>A lender</title>${head}</head><body><main><h1>A lender</h1>
<iframe class="flinksconnect" title="Connect your bank" src="${src.replaceAll('&', '&amp;')}" style="width:100%;height:760px;border:0" ${attributes}></iframe></main>
<!-- Event Listener -->
<script>
  window.addEventListener("message", function (e) {
    console.log(e.data);
  });
</script>
</body></html>`;

// What the listener logs, as the objects or texts that it gets.
export function listen(page) {
  const heard = [];
  page.on('console', (m) => {
    if (m.type() !== 'log') return;
    heard.push(m.args()[0]?.jsonValue().catch(() => null));
  });
  const all = async () => (await Promise.all(heard)).filter(Boolean);
  return {
    all, steps: async () => (await all()).map((m) => m.step || m.flinksCode),
    async until(step) {
      for (let i = 0; i < 200; i++) {
        const found = (await all()).find((m) => (m.step || m.flinksCode) === step);
        if (found) return found;
        await new Promise((r) => { setTimeout(r, 50); });
      }
      throw new Error(`no ${step}, only ${(await all()).map((m) => m.step || m.flinksCode)}`);
    },
  };
}

export const frame = (page) => page.frameLocator('iframe.flinksconnect');

// Walks to the submitted credentials.
export async function signIn(f, user = 'Greatday', password = 'Everyday') {
  await f.locator('main[data-state="consent"], main[data-state="institutions"], main[data-state="credentials"]').waitFor();
  if (await f.getByTestId('consent-accept').count()) {
    await f.getByTestId('consent-accept').click();
    await f.locator('main[data-state="institutions"], main[data-state="credentials"]').waitFor();
  }
  if (await f.getByTestId('institution-FlinksCapital').count()) await f.getByTestId('institution-FlinksCapital').click();
  await state(f, 'credentials');
  await f.getByTestId('field-username').fill(user);
  await f.getByTestId('field-password').fill(password);
  await f.getByTestId('credentials-submit').click();
}

export async function answer(f, text = 'Montreal') {
  await state(f, 'mfa_question');
  await f.getByTestId('field-answer').fill(text);
  await f.getByTestId('mfa-submit').click();
}

export const begun = ['APP_MOUNTED', 'COMPONENT_LOAD_CONSENT', 'COMPONENT_ACCEPT_CONSENT', 'COMPONENT_LOAD_INSTITUTION_SELECTOR',
  'INSTITUTION_SELECTED', 'COMPONENT_LOAD_CREDENTIAL', 'SUBMIT_CREDENTIAL'];
