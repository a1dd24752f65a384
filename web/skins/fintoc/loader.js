// window.Fintoc of the simulator: the options, methods and callbacks of the widget's
// loader, and our own widget in the frame. It is no code of the provider.
(() => {
  'use strict';
  const BASE = "__BASE__"; // where the simulator stands; the server writes it here
  if (window.Fintoc) {
    console.warn('Fintoc is already on this page: the second loader script does nothing. Load it once.');
    return;
  }
  const DOCS = 'Pass a test key, pk_test_stuntbank for example.';
  const WAIT = 10000; // ms until a frame that has said nothing is taken for refused
  const names = {
    publicKey: 'public_key', widgetToken: 'widget_token', linkToken: 'link_token', product: 'product', country: 'country',
    holderType: 'holder_type', institutionId: 'institution_id', webhookUrl: 'webhook_url',
  };
  const known = [
    ...Object.keys(names), 'username', 'sessionToken', 'onSuccess', 'onExit', 'onEvent', 'stunt_scenario', 'stunt_sandbox', 'stunt_autopilot',
    'stunt_autofinish', 'stunt_hints', 'stunt_lang', 'stunt_ribbon', 'stunt_transport',
  ];
  let count = 0;

  // What is wrong with the options, in words that name the fix; '' if nothing is.
  const wrong = (o) => {
    const key = o.publicKey;
    if (!key) return `publicKey is missing. ${DOCS}`;
    if (/^sk_/.test(key)) return `publicKey is a secret key, which must never reach a browser. ${DOCS}`;
    if (/^pk_live_/.test(key)) return `This is a simulator: the live publicKey was not sent anywhere. ${DOCS}`;
    if (!/^pk_test_[\w-]+(~[a-z0-9-]+)?$/.test(key)) return `publicKey ${JSON.stringify(key)} is no test key (a placeholder, perhaps). ${DOCS}`;
    if (!o.widgetToken && !o.linkToken && !o.product) {
      return 'widgetToken is missing. Create a link intent on your server (POST /v1/link_intents) and pass its widget_token.';
    }
    return '';
  };

  // How many letters two names are apart.
  const apart = (a, b) => {
    let row = Array.from({ length: b.length + 1 }, (_, j) => j);
    for (let i = 1; i <= a.length; i++) {
      const next = [i];
      for (let j = 1; j <= b.length; j++) next[j] = Math.min(row[j] + 1, next[j - 1] + 1, row[j - 1] + (a[i - 1] !== b[j - 1]));
      row = next;
    }
    return row[b.length];
  };
  // What is probably a slip: the real widget takes any option and says nothing.
  const doubts = (o) => {
    const found = [];
    for (const option of Object.keys(o).filter((name) => !known.includes(name))) {
      const near = known.find((name) => apart(option.toLowerCase(), name.toLowerCase()) <= 2);
      found.push(`there is no option ${option}, it does nothing${near ? `: did you mean ${near}?` : '.'}`);
    }
    for (const name of ['onSuccess', 'onExit', 'onEvent']) {
      if (o[name] != null && typeof o[name] !== 'function') found.push(`${name} is no function and is never called.`);
    }
    if (o.onSuccess == null) found.push('without onSuccess nobody gets the exchange token.');
    return found;
  };

  // The page behind: what is muted while a widget is shown, and how it scrolled.
  const shownFrames = new Set();
  let muted = [];
  let scrolled = '';
  const mute = (frame) => {
    shownFrames.add(frame);
    if (shownFrames.size > 1) return;
    muted = [...document.body.children].filter((e) => !e.inert && e.dataset.stuntFrame === undefined);
    muted.forEach((e) => { e.inert = true; });
    scrolled = document.documentElement.style.overflow;
    document.documentElement.style.overflow = 'hidden';
  };
  const unmute = (frame) => {
    if (!shownFrames.delete(frame) || shownFrames.size > 0) return;
    muted.forEach((e) => { e.inert = false; });
    document.documentElement.style.overflow = scrolled;
  };

  const address = (o) => {
    const query = new URLSearchParams();
    for (const [option, name] of Object.entries(names)) if (o[option] != null) query.set(name, o[option]);
    for (const option of Object.keys(o)) if (/^stunt_\w+$/.test(option)) query.set(option, o[option]);
    if (o.username && typeof o.username === 'object') {
      query.set('username[value]', o.username.value ?? '');
      query.set('username[editable]', o.username.editable !== false);
    } else if (o.username) query.set('username', o.username);
    // Where this page is sandboxed it has no origin, so it can only be told as anybody.
    query.set('origin', self.origin === 'null' ? '*' : self.origin);
    return `${BASE}/widget.html?${query}`;
  };

  const create = (options) => {
    const o = { ...options };
    const fault = wrong(o);
    if (fault) console.error(`Fintoc.create: ${fault}`);
    doubts(o).forEach((doubt) => console.warn(`Fintoc.create: ${doubt}`));
    let frame = null;
    let shown = false;
    let destroyed = false;
    let seq = 0;
    let skew = 0; // of the simulator's clock
    let timer = 0;
    let before = null; // what had the focus

    // A callback that throws is the app's error, not ours: the widget still closes.
    const call = (name, ...values) => {
      if (typeof o[name] !== 'function') return;
      try { o[name](...values); } catch (error) { setTimeout(() => { throw error; }); }
    };
    const event = (name, data) => call('onEvent', name, data || { timestamp: Date.now() + skew });
    const show = () => {
      shown = true;
      before = document.activeElement;
      frame.style.display = 'block';
      if (document.querySelector('dialog:modal')) {
        console.error('Fintoc: a modal <dialog> is open on this page, and the browser lets nobody click outside of it: close it before open().');
      }
      mute(frame);
      frame.focus();
    };
    const hide = () => {
      if (!shown) return false;
      shown = false;
      clearTimeout(timer);
      frame.style.display = 'none';
      unmute(frame);
      before?.focus?.();
      return true;
    };
    const drop = () => {
      hide();
      clearTimeout(timer);
      removeEventListener('message', hear);
      frame?.remove();
      frame = null;
    };
    const fail = (text) => {
      console.error(`Fintoc: ${text}`);
      drop();
      event('on_error');
      event('closed');
      call('onExit');
    };
    const hear = (message) => {
      if (!frame || message.source !== frame.contentWindow) return;
      if (message.origin !== new URL(BASE).origin && !(message.origin === 'null' && self.origin === 'null')) return;
      const said = message.data;
      if (!said || !said.fintoc) return;
      clearTimeout(timer);
      frame.style.background = 'transparent';
      skew = said.data.timestamp - Date.now();
      if (said.fault) console.error(`Fintoc: ${said.fault}`);
      if (said.fintoc === 'event' && said.seq > seq) {
        seq = said.seq;
        event(said.name, said.data);
      }
      if (said.fintoc === 'end') {
        drop();
        if (said.success) call('onSuccess', said.success);
        event('closed', said.data);
        if (!said.success) call('onExit');
      }
    };
    const load = () => {
      const url = address(o);
      seq = 0;
      frame = document.createElement('iframe');
      const taken = document.getElementById('fintoc-widget-id');
      frame.id = taken ? `fintoc-widget-id-${count + 1}` : 'fintoc-widget-id';
      frame.name = `fintoc-${Date.now().toString(36)}-${++count}`; // tells a new frame from a reload
      frame.title = 'Fintoc (simulator)';
      frame.dataset.stuntFrame = '';
      frame.setAttribute('role', 'dialog');
      frame.setAttribute('aria-modal', 'true');
      frame.allow = 'clipboard-write';
      Object.assign(frame.style, {
        position: 'fixed', inset: '0', width: '100%', height: '100%', border: '0', display: 'none',
        zIndex: String(2 ** 31 - 1), background: 'rgb(18 14 42 / 58%)', colorScheme: 'light dark',
      });
      frame.src = url;
      addEventListener('message', hear);
      document.body.append(frame);
      timer = setTimeout(() => fail(
        `the widget at ${BASE} said nothing for ${WAIT / 1000} s. Open that address in a tab. If nothing is there, start the simulator; `
        + 'if it answers, the browser refused the frame: look for frame-src of your own Content-Security-Policy, for your '
        + 'Cross-Origin-Embedder-Policy, and for Local Network Access, which wants this page to come from localhost too.',
      ), WAIT);
    };
    const close = () => { if (hide()) event('closed'); };
    const open = () => {
      if (shown) return;
      if (destroyed) {
        console.error('Fintoc: this widget was destroyed and does not open again: create() another.');
        return;
      }
      if (!document.body) { // a script in the head
        addEventListener('DOMContentLoaded', open, { once: true });
        return;
      }
      if (fault) {
        fail(fault);
        return;
      }
      const again = frame;
      if (!again) load();
      show();
      if (again) event('opened');
    };
    const destroy = () => {
      destroyed = true;
      drop();
    };
    return { open, close, hide: close, destroy };
  };

  window.Fintoc = { create };
})();
