// What a hosted page can do better with script: it fetches the pages that forms and
// links lead to and takes over what is new in them, and tells the app around the page
// what the server put into the block stunt-messages. Without script the same pages work.
(() => {
  'use strict';
  const root = document.documentElement;
  const $ = (selector, from = document) => from.querySelector(selector);
  const id = (name) => $(`[data-testid="${name}"]`);
  const state = () => $('main').dataset.state;
  const framed = parent !== self;
  const host = framed ? parent : opener;
  // A sandboxed frame may neither fetch nor store, and the bank's page is another site's.
  const atBank = root.dataset.bank !== undefined;
  const alone = self.origin === 'null' || atBank;
  if (framed) root.dataset.framed = '';
  // The window that the bank's page had for itself has come back from it: the widget that
  // opened it goes on, and looks at once.
  const back = 'stuntbank: back from the bank';
  if (name === 'bank' && opener && !atBank) {
    opener.postMessage(back, '*'); // says nothing that anybody may not hear
    close();
    return;
  }

  // Messages. Each is told once in this frame, also after a reload; a new frame, which has
  // another name, hears what it shows.
  const told = { seq: 0, end: 0 };
  const key = `stunt ${location.pathname} ${name}`;
  try { Object.assign(told, JSON.parse(sessionStorage[key] || '{}')); } catch { /* in memory then */ }
  const remember = () => { try { sessionStorage[key] = JSON.stringify(told); } catch { /* as above */ } };
  const block = () => JSON.parse($('#stunt-messages')?.textContent || 'null');
  const transport = (b) => b.transport || b.ways[framed ? 'framed' : opener ? 'opened' : 'alone'];

  const addresses = []; // one at a time, or the browser would only follow the last
  let leaving = 0;
  const follow = () => {
    leaving = addresses.length ? setTimeout(follow, 60) : 0;
    if (leaving) location.href = addresses.shift();
  };
  const away = (b, url) => {
    if (b.top && framed) {
      try { // without a click the browser may refuse; the page's link stays
        top.location.href = url;
        return;
      } catch (refused) { console.warn(`The browser does not let this frame lead its window to ${url}: ${refused.message}`); }
    }
    addresses.push(url);
    leaving ||= setTimeout(follow);
  };
  const tell = (message, b) => {
    const how = transport(b);
    if (message.post && how !== 'redirect') {
      const text = JSON.stringify(message.post).replace('"${height}"', document.body.scrollHeight);
      if (host && b.target) host.postMessage(b.text ? text : JSON.parse(text), b.target);
      if (b.web_view) self.ReactNativeWebView?.postMessage(text);
    }
    if (how === 'message') return;
    if (message.native) self.ReactNativeWebView?.postMessage(message.native);
    if (message.go) away(b, message.go);
  };
  const signal = (name) => {
    const b = block();
    if (b?.signals?.[name]) tell(b.signals[name], b);
  };
  const warned = new Set();
  const end = () => {
    const b = block();
    const { rev } = $('main').dataset;
    if (!b?.ending.length || told.end === rev) return;
    told.end = rev;
    remember();
    b.ending.forEach((m) => tell(m, b));
    if (!framed && opener && transport(b) === 'message') self.close(); // a pop-up has nothing more to show
  };
  const report = () => {
    const b = block();
    if (!b) return;
    const fresh = b.events.filter((m) => m.seq > told.seq); // several may be of one event
    if (fresh.length) {
      told.seq = fresh.at(-1).seq;
      remember();
      fresh.forEach((m) => tell(m, b));
    }
    for (const note of b.notes || []) {
      if (!warned.has(note)) console.warn(note);
      warned.add(note);
    }
    if (b.auto) end();
  };

  // What only the browser sees.
  addEventListener('online', () => signal('online'));
  addEventListener('offline', () => signal('offline'));
  let height = 0;
  new ResizeObserver(() => {
    if (height !== document.body.scrollHeight) {
      height = document.body.scrollHeight;
      signal('resize');
    }
  }).observe(document.body);
  document.addEventListener('toggle', (event) => {
    if (event.target.open && event.target.dataset.signal) signal(event.target.dataset.signal);
  }, true);

  // Pages. Of two answers the one to the later question counts.
  let asked = 0;
  let polling = 0;
  const take = (page, quiet) => {
    const main = $('main', page);
    if (!main) return false;
    if (quiet && main.dataset.rev === $('main').dataset.rev && main.dataset.state === state()) return true;
    const first = $('[autofocus]', page);
    if (first) { // browsers complain of autofocus in a frame; ours works
      first.removeAttribute('autofocus');
      first.dataset.focus = '';
    }
    const live = $('.live'); // the same live region, or nobody would hear it
    const words = $('.live', main);
    document.title = page.title;
    root.lang = page.documentElement.lang;
    for (const part of ['main', '.tray', '.ribbon', '#stunt-messages']) {
      const now = $(part);
      const next = $(part, page);
      if (now && next) now.replaceWith(next);
      else if (now) now.remove();
      else if (next) (part === '.tray' ? $('.ribbon') || document.body.lastChild : document.body.lastChild).before(next);
    }
    if (live && words) {
      $('.live').replaceWith(live);
      live.className = words.className;
      live.textContent = words.textContent;
    }
    if (!quiet) scrollTo(0, 0); // a new step begins at its top
    dress();
    return true;
  };
  const ask = async (url, form, quiet) => {
    const mine = ++asked;
    clearTimeout(polling);
    if (!quiet) $('main').setAttribute('aria-busy', 'true');
    try {
      const answer = await fetch(url, {
        method: form ? 'POST' : 'GET', body: form, headers: { 'Stunt-Fragment': framed ? 'framed' : 'top' },
      });
      const text = await answer.text();
      if (mine !== asked) return;
      if (!take(new DOMParser().parseFromString(text, 'text/html'), quiet)) location.reload();
    } catch {
      if (mine !== asked) return;
      $('main').setAttribute('aria-busy', 'false');
      if (!quiet) cut();
    }
    poll();
  };
  // Nothing came back: say so, and keep what was typed.
  const cut = () => {
    $('.alert')?.remove();
    const alert = document.createElement('div');
    alert.className = 'alert';
    alert.setAttribute('role', 'alert');
    alert.dataset.testid = 'offline';
    alert.textContent = $('main').dataset.offline;
    $('.live').after(alert);
  };
  const poll = () => {
    const every = +$('main').dataset.refresh;
    clearTimeout(polling);
    if (every) polling = setTimeout(() => (alone ? location.reload() : ask(location.pathname, null, true)), every * 1000);
  };

  // What a new page needs.
  let ticking = 0;
  const dress = () => {
    report();
    poll();
    clearInterval(ticking);
    const password = $('input[data-show]');
    if (password) {
      const show = document.createElement('button');
      show.type = 'button';
      show.className = 'show';
      show.dataset.testid = 'show-password';
      show.textContent = password.dataset.show;
      const press = (on) => {
        password.type = on ? 'text' : 'password';
        show.setAttribute('aria-pressed', on);
      };
      press(false);
      show.onclick = () => press(password.type === 'password');
      password.after(show);
    }
    const again = $('[data-wait]');
    if (again) {
      const words = again.textContent;
      const until = Date.now() + again.dataset.wait * 1000;
      const tick = () => {
        const left = Math.ceil((until - Date.now()) / 1000);
        again.disabled = left > 0;
        again.textContent = left > 0 ? `${words} (${left} s)` : words;
        if (left <= 0) clearInterval(ticking);
      };
      tick();
      ticking = setInterval(tick, 500);
    }
    ($('[data-focus], [autofocus]') || $('[aria-invalid]') || $('h1')).focus({ preventScroll: true });
  };

  // The list of banks is filtered here and at once: an answer of the server would come
  // after the click on a bank.
  const fold = (s) => s.normalize('NFD').replace(/[\u0300-\u036f]/g, '').toLowerCase().trim();
  // By a code of the bank, or by an IBAN that holds it behind its check digits.
  const coded = (bank, typed) => {
    const code = fold(typed).replace(/[ .-]/g, '');
    const iban = /^[a-z]{2}\d\d[a-z0-9]{11,}$/.test(code);
    return fold(bank.dataset.codes || '').split(' ').some((own) => own && ((code.length >= 3 && own.startsWith(code)) || (iban && code.slice(4).startsWith(own))));
  };
  const filter = (search) => {
    const list = id('institution-list');
    if (!list) return;
    let count = 0;
    for (const item of list.children) {
      item.hidden = !fold($('.label', item).textContent).includes(fold(search.value)) && !coded($('[name=institution]', item), search.value);
      count += !item.hidden;
    }
    list.hidden = !count;
    id('institution-empty')?.remove();
    if (!count) {
      const empty = document.createElement('p');
      empty.className = 'empty';
      empty.dataset.testid = 'institution-empty';
      empty.textContent = search.dataset.none.replace('%', () => search.value);
      list.after(empty);
    }
    $('.live').classList.toggle('hidden', search.value !== ''); // seen in the list, and a line more would move the field
    $('.live').textContent = search.value ? search.dataset.count.replace('%', count) : '';
  };

  document.addEventListener('submit', (event) => {
    const form = event.target;
    const action = event.submitter?.value;
    if ($('main').getAttribute('aria-busy') === 'true' && !$('main').dataset.refresh && !alone) return event.preventDefault();
    if (block()?.ending.length && (action === 'finish' || action === 'leave')) {
      event.preventDefault();
      return end();
    }
    if (alone || event.submitter?.dataset.away !== undefined) return undefined; // to the app, which no fetch reaches
    event.preventDefault();
    if (form.method === 'get') return filter($('input', form));
    const values = new URLSearchParams(); // the pressed button first: its action counts
    if (event.submitter?.name) values.append(event.submitter.name, event.submitter.value);
    for (const [name, value] of new FormData(form)) values.append(name, value);
    return ask(form.getAttribute('action'), values); // form.action would be a button
  });
  document.addEventListener('click', (event) => {
    const link = event.target.closest('a[href]');
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    if (['done-link', 'expired-close', 'error-close'].includes(link.dataset.testid)) {
      if (block()?.ending.length) {
        event.preventDefault();
        told.end = 0; // the user asks again
        end();
      }
    } else if (link.dataset.signal && link.target === '_blank') {
      signal(link.dataset.signal);
    } else if (link.dataset.popup !== undefined) { // a window of its own for the bank's page, or this one where it is blocked
      bankWindow = open(link.href, 'bank', 'popup,width=480,height=720');
      signal(bankWindow ? 'popup_opened' : 'popup_blocked');
      event.preventDefault();
      if (!bankWindow) location.href = link.href;
    } else if (!alone && link.origin === location.origin && link.pathname === location.pathname && !link.target) {
      event.preventDefault();
      ask(link.href);
    }
  });
  document.addEventListener('input', (event) => {
    const field = event.target;
    if (field.dataset.testid === 'institution-search') filter(field);
    // Only what was pasted or filled in: whoever types presses the button.
    if (field.autocomplete === 'one-time-code' && /Paste|Replacement/.test(event.inputType) && /^\d{4,8}$/.test(field.value)) {
      field.form.requestSubmit();
    }
  });
  document.addEventListener('keydown', (event) => {
    if (event.key !== 'Escape' || event.isComposing) return;
    const way = ['close', 'exit-stay', 'error-close', 'success-finish', 'expired-close', 'done-link'].map(id).find(Boolean);
    way?.click();
  });

  let bankWindow = null; // the bank's
  addEventListener('message', (event) => {
    if (event.data === back && event.source === bankWindow && state() === 'oauth') {
      if (alone) location.reload();
      else ask(location.pathname);
    }
  });

  if ($('main').dataset.warn) console.warn($('main').dataset.warn);
  const search = id('institution-search');
  if (search?.value) filter(search);
  dress();
  root.dataset.stuntReady = '';
})();
