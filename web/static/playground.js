// A sample host page that works for every provider: what it calls comes from the
// provider's document, how the widget is opened from the skin's playground.yaml.
(() => {
  'use strict';
  const $ = (selector, from = document) => from.querySelector(selector);
  const { provider, base, control, operations, entry, guide, vars: samples } = JSON.parse($('#playground').textContent);
  let vars = { ...samples };
  let run = 0; // of two that overlap, only the later one may show anything
  let stop = () => {};

  const make = (tag, props = {}, ...children) => {
    const element = Object.assign(document.createElement(tag), props);
    element.append(...children.filter((c) => c != null));
    return element;
  };
  // Behind "?" stands a parameter of the address that the pointer leads to.
  const at = (value, pointer) => {
    const [path, parameter] = (pointer || '').split('?');
    const found = path.split('/').slice(1).reduce((v, key) => v?.[key], value);
    return parameter && found ? new URL(found).searchParams.get(parameter) : found;
  };
  const pick = (value, yields) => {
    for (const [name, pointer] of Object.entries(yields || {})) if (at(value, pointer) != null) vars[name] = String(at(value, pointer));
  };
  const fill = (text) => text.replace(/\$\{(\w+)\}/g, (_, name) => vars[name] ?? '');
  // Texts with variables; those that end up empty are left out.
  const filled = (texts) => Object.fromEntries(Object.entries(texts || {}).map(([k, v]) => [k, fill(v)]).filter(([, v]) => v));
  const deep = (v) => (typeof v === 'string' ? fill(v) : Array.isArray(v) ? v.map(deep)
    : v && typeof v === 'object' ? Object.fromEntries(Object.entries(v).map(([k, x]) => [k, deep(x)])) : v);

  // The log.
  const log = (kind, name, text, data, { origin, bad } = {}) => {
    const now = new Date();
    const item = make('li', {},
      make('time', { dateTime: now.toISOString(), textContent: now.toISOString().slice(11, 23) }),
      make('span', { className: 'what' },
        make('span', { className: 'kind', textContent: kind }), text,
        origin ? make('span', { className: 'origin', textContent: ` from ${origin}` }) : null),
      data === undefined ? null : make('details', {}, make('summary', { textContent: 'data' }),
        make('pre', { textContent: typeof data === 'string' ? data : JSON.stringify(data, null, 2) })));
    item.dataset.kind = kind;
    item.dataset.event = name;
    if (bad) item.dataset.bad = '';
    $('#log').append(item);
    $('#log').scrollTop = $('#log').scrollHeight;
    $('#log-empty').hidden = true;
  };
  const say = (text, bad) => {
    $('#status').textContent = text;
    $('#status').toggleAttribute('data-bad', Boolean(bad));
  };

  const short = (url) => url.replace(/=([^&]{12})[^&]{8,}/g, '=$1…');

  // Calls: what an app's server does. An operation calls itself by its example.
  const call = async (method, path, headers, body) => {
    const answer = await fetch(path, {
      method, headers: { ...headers, ...(body ? { 'Content-Type': 'application/json' } : {}) }, body: body && JSON.stringify(body),
    });
    const text = await answer.text();
    let json;
    try { json = JSON.parse(text); } catch { json = text; }
    log('call', `${method} ${path.split('?')[0]}`, `${method} ${short(path)} → ${answer.status}`, json, { bad: !answer.ok });
    if (!answer.ok) throw new Error(`${method} ${path.split('?')[0]} answered ${answer.status}: ${json?.error?.message || json?.error?.detail || text.slice(0, 200)}`);
    return json;
  };
  const operate = (name, { query, headers } = {}) => {
    const { method, path, example } = operations[name];
    const places = filled(example.path);
    const all = new URLSearchParams({ ...filled(example.query), ...query });
    const target = base + path.replace(/\{(\w+)\}/g, (_, p) => encodeURIComponent(places[p] ?? '')) + (all.size ? `?${all}` : '');
    return call(method, target, { ...filled(example.headers), ...headers }, deep(example.body)).then((json) => {
      pick(json, example.yields);
      fillGaps();
      return json;
    });
  };

  // What the user of this page has chosen.
  const choose = () => {
    vars = { ...samples, origin: location.origin, bank: $('#bank').value, user: $('#user').value };
    for (const input of document.querySelectorAll('input[data-var]')) vars[input.dataset.var] = input.value.trim();
  };
  const start = async () => {
    const scenario = $('#scenario').value;
    await operate('session.create', { headers: scenario ? { 'Stunt-Scenario': scenario } : {} });
  };
  const address = (query) => {
    const [path, fixed] = entry.split('?');
    const all = new URLSearchParams();
    for (const [k, v] of new URLSearchParams(fixed)) all.set(k, fill(v));
    for (const [k, v] of Object.entries({ ...filled(guide.prefill), ...filled(query) })) all.set(k, v);
    return `${base}${path}?${all}`;
  };

  // Results.
  const value = (row, column) => {
    const v = at(row, column.value);
    if (v == null) return '';
    if (column.date) return String(v).slice(0, 10);
    if (!column.currency) return String(v);
    const currency = String(at(row, column.currency)).toUpperCase();
    try {
      const form = new Intl.NumberFormat(undefined, { style: 'currency', currency });
      return form.format(v / 10 ** form.resolvedOptions().maximumFractionDigits);
    } catch { return `${v} ${currency}`; }
  };
  const look = (column) => (column.currency ? 'money' : column.date ? 'date' : column.wide ? 'wide-only' : '');
  const table = (caption, spec, rows, first) => make('div', { className: 'scroll', tabIndex: 0, role: 'region', ariaLabel: caption },
    make('table', {}, make('caption', { textContent: caption }),
      make('thead', {}, make('tr', {}, ...spec.columns.map((c) => make('th', { scope: 'col', textContent: c.title, className: look(c) })))),
      make('tbody', {}, ...rows.map((row) => make('tr', {}, ...spec.columns.map((c, n) => make('td', { className: look(c) },
        n === 0 && first ? first(row, value(row, c)) : value(row, c))))))));
  const list = (json, spec) => at(json, spec.rows) ?? [];

  const showSecrets = (secrets) => $('#secrets').replaceChildren(...Object.entries(secrets).map(([name, secret]) => {
    const copy = make('button', { type: 'button', className: 'quiet', textContent: 'Copy' });
    copy.onclick = () => clip(secret, copy);
    const code = make('code', { textContent: secret });
    code.dataset.testid = `play-${name}`;
    return make('div', { className: 'once' },
      make('p', {}, make('strong', { textContent: name }), ': shown this once. Your server stores it; nothing gives it again.'), code, copy);
  }));
  const showTransactions = async (row, button) => {
    pick(row, guide.accounts.yields);
    for (const b of document.querySelectorAll('#accounts button')) b.setAttribute('aria-pressed', b === button);
    const rows = list(await operate('transactions.list', { query: filled(guide.transactions.query) }), guide.transactions);
    $('#transactions').replaceChildren(rows.length
      ? table(`Newest transactions: ${button.textContent}`, guide.transactions, rows)
      : make('p', { textContent: 'This account has no transactions.' }));
  };
  const showData = async (mine) => {
    const rows = list(await operate('accounts.list'), guide.accounts);
    if (mine !== run) return;
    $('#result-empty').hidden = true;
    if (!rows.length) {
      $('#accounts').replaceChildren(make('p', { textContent: 'The connection has no account.' }));
      return;
    }
    const guarded = (row, button) => showTransactions(row, button).catch((error) => say(error.message, true));
    $('#accounts').replaceChildren(table('Accounts', guide.accounts, rows, (row, text) => {
      const button = make('button', { type: 'button', className: 'link', textContent: text });
      button.setAttribute('aria-pressed', 'false');
      button.onclick = () => guarded(row, button);
      return button;
    }));
    await showTransactions(rows[0], $('#accounts button'));
  };
  const clearResult = () => {
    for (const part of ['#secrets', '#accounts', '#transactions']) $(part).replaceChildren();
    $('#result-empty').hidden = false;
  };
  // The user has finished: the server exchanges what the page was given.
  const finish = async (mine) => {
    if (mine !== run) return;
    try {
      say('The user has finished. The server exchanges the token …');
      const before = { ...vars };
      await operate('token.exchange');
      if (mine !== run) return;
      const { yields = {} } = operations['token.exchange'].example;
      showSecrets(Object.fromEntries(Object.keys(yields).filter((n) => /token$/.test(n) && vars[n] !== before[n]).map((n) => [n, vars[n]])));
      await showData(mine);
      if (mine !== run) return;
      say('Connected: accounts and transactions are under 4.');
      $('#got').focus({ preventScroll: true });
      $('#got').scrollIntoView({ block: 'nearest' });
    } catch (error) {
      if (mine === run) say(error.message, true);
    }
  };
  const left = (mine) => {
    if (mine === run) say('The user left: nothing was connected.');
  };

  // Hears what a widget tells that stands in a frame or in another tab. What is given back ends that.
  const hear = (mine, { yields, ended }, from, text) => {
    const heard = (event) => {
      if (event.source !== from()) return;
      log('message', 'message', text, event.data, { origin: event.origin });
      pick(event.data, yields);
      if (!Object.entries(ended).every(([pointer, end]) => at(event.data, pointer) === end)) return;
      stop();
      if (Object.values(yields).every((pointer) => at(event.data, pointer) != null)) finish(mine);
      else left(mine);
    };
    addEventListener('message', heard);
    return () => removeEventListener('message', heard);
  };

  // Ways to open the widget.
  const ways = {
    async page(mine) {
      const host = window[guide.loader.global];
      if (!host) throw new Error(`The loader script did not define window.${guide.loader.global}: look at ${base}${guide.loader.src}`);
      await start();
      if (mine !== run) return;
      const options = filled(guide.loader.options);
      options[guide.loader.success] = (...values) => {
        log('callback', guide.loader.success, `${guide.loader.success}(…)`, values.length === 1 ? values[0] : values);
        pick(values[0], guide.loader.yields);
        finish(mine);
      };
      for (const name of guide.loader.others) {
        options[name] = (...values) => {
          log('callback', typeof values[0] === 'string' ? values[0] : name,
            `${name}(${values.map((v) => (typeof v === 'string' ? `'${v}'` : '…')).join(', ')})`, values.length ? values.at(-1) : undefined);
          if (!values.length) left(mine);
        };
      }
      const heard = (event) => {
        if (event.source !== window) log('message', 'message', 'the frame posted to this page', event.data, { origin: event.origin });
      };
      addEventListener('message', heard);
      const widget = host[guide.loader.create](options);
      stop = () => {
        removeEventListener('message', heard);
        widget.destroy?.();
      };
      say('The widget is open.');
      widget.open();
    },
    async frame(mine) {
      await start();
      if (mine !== run) return;
      const frame = make('iframe', { title: 'Widget', src: address(guide.frame.query) });
      frame.dataset.testid = 'stunt-frame';
      const deaf = hear(mine, guide.frame, () => frame.contentWindow, 'the frame posted to this page');
      stop = () => {
        deaf();
        $('#bezel').replaceChildren();
        $('#phone').hidden = true;
      };
      $('#phone-note').hidden = true;
      $('#bezel').replaceChildren(frame);
      $('#phone').hidden = false;
      $('#phone').scrollIntoView({ block: 'nearest' });
      say('The widget is open in a frame.');
    },
    async webview(mine) {
      await start();
      if (mine !== run) return;
      $('#phone-note').hidden = false;
      const frame = make('iframe', { title: 'Web view', src: address(guide.webview.query) });
      frame.dataset.testid = 'stunt-frame';
      const intercept = (url) => {
        const { protocol } = new URL(guide.webview.scheme);
        if (!url.startsWith(protocol)) return false;
        log('address', url.split('?')[0].slice(guide.webview.scheme.length), url);
        const query = Object.fromEntries(new URLSearchParams(url.split('?')[1]));
        if (url.startsWith(guide.webview.succeeded)) {
          Object.assign(vars, query);
          stop();
          finish(mine);
        } else if (url.startsWith(guide.webview.ended)) {
          stop();
          left(mine);
        }
        return true;
      };
      // Only the app around a real web view can intercept; here the page is of our own
      // origin and may watch where it goes. Each new document is another navigation.
      let watched;
      const watch = () => {
        const { navigation } = frame.contentWindow || {};
        if (!navigation || navigation === watched) return;
        watched = navigation;
        navigation.addEventListener('navigate', (event) => {
          if (intercept(event.destination.url)) event.preventDefault();
        });
        frame.contentWindow.ReactNativeWebView = {
          postMessage: (text) => log('message', 'ReactNativeWebView', `ReactNativeWebView.postMessage('${text}')`),
        };
      };
      const watching = setInterval(watch, 5);
      stop = () => {
        clearInterval(watching);
        $('#bezel').replaceChildren();
        $('#phone').hidden = true;
      };
      $('#bezel').replaceChildren(frame);
      $('#phone').hidden = false;
      $('#phone').scrollIntoView({ block: 'nearest' });
      say(self.navigation ? 'The web view is open.' : 'The web view is open, but this browser does not tell where it goes: take a newer one.', !self.navigation);
    },
    async tab(mine) {
      const tab = open('about:blank'); // in the click, or a blocker would refuse it
      if (!tab) throw new Error('The browser refused the new tab: allow pop-ups for this page.');
      stop = () => tab.close();
      await start();
      if (mine !== run) return;
      const deaf = hear(mine, guide.tab, () => tab, 'the tab posted to its opener');
      const looking = setInterval(() => { // a tab that the user closes says nothing
        if (!tab.closed) return;
        stop();
        left(mine);
      }, 500);
      stop = () => {
        clearInterval(looking);
        deaf();
        tab.close();
      };
      tab.location = address(guide.tab.query);
      say('The widget is open in another tab.');
    },
    async direct(mine) {
      const token = $('#control-token')?.value;
      const scenario = $('#scenario').value;
      const body = { provider, params: guide.direct || {} };
      if (vars.bank) body.institution = vars.bank;
      if (vars.user) Object.assign(body, { username: vars.user, password: $('#user').selectedOptions[0].dataset.password });
      const made = await call('POST', `${control}/connections`,
        { ...(token ? { Authorization: `Bearer ${token}` } : {}), ...(scenario ? { 'Stunt-Scenario': scenario } : {}) }, body);
      if (mine !== run) return;
      Object.assign(vars, made.secrets);
      fillGaps();
      showSecrets(made.secrets);
      await showData(mine);
      say('Connected without a widget: accounts and transactions are under 4.');
    },
  };
  for (const button of document.querySelectorAll('[data-way]')) {
    button.onclick = async () => {
      const mine = ++run;
      stop();
      stop = () => {};
      choose();
      clearResult();
      say('The server starts a session …');
      try {
        await ways[button.dataset.way](mine);
      } catch (error) {
        stop();
        if (mine === run) say(error.message, true);
      }
    };
  }
  $('#phone-close').onclick = () => {
    stop();
    left(run);
    $('[data-way="webview"]').focus();
  };
  $('#clear').onclick = () => {
    $('#log').replaceChildren();
    $('#log-empty').hidden = false;
  };
  $('#setup').onsubmit = (event) => event.preventDefault();
  const about = () => { $('#about').textContent = $('#scenario').selectedOptions[0].dataset.about || ''; };
  $('#scenario').onchange = about;
  about();

  // Snippets.
  const fillGaps = () => {
    for (const gap of document.querySelectorAll('[data-gap]')) {
      if (!vars[gap.dataset.gap]) continue;
      gap.textContent = vars[gap.dataset.gap];
      gap.dataset.filled = '';
    }
  };
  const clip = async (text, button) => {
    try {
      await navigator.clipboard.writeText(text);
      button.textContent = 'Copied';
    } catch { button.textContent = 'Select it and copy'; }
    setTimeout(() => { button.textContent = 'Copy'; }, 2000);
  };
  for (const button of document.querySelectorAll('[data-copy]')) {
    button.onclick = () => clip($('pre', button.parentElement).textContent, button);
  }
  document.documentElement.dataset.stuntReady = '';
})();
