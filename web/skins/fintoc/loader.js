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
    let frame = null;
    let shown = false;
    let seq = 0;
    let skew = 0; // of the simulator's clock
    let timer = 0;
    let before = null; // what had the focus
    let muted = [];

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
      muted = [...document.body.children].filter((e) => e !== frame && !e.inert && e.dataset.stuntFrame === undefined);
      muted.forEach((e) => { e.inert = true; });
      frame.focus();
    };
    const hide = () => {
      if (!shown) return false;
      shown = false;
      clearTimeout(timer);
      frame.style.display = 'none';
      muted.forEach((e) => { e.inert = false; });
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
        zIndex: String(2 ** 31 - 1), background: 'transparent', colorScheme: 'light dark',
      });
      frame.src = url;
      addEventListener('message', hear);
      document.body.append(frame);
      timer = setTimeout(() => fail(
        `the widget at ${BASE} said nothing for ${WAIT / 1000} s. Open that address in a tab. If nothing is there, start the simulator; `
        + 'if it answers, the browser refused the frame: look for frame-src of your own Content-Security-Policy, and for '
        + 'Local Network Access, which wants this page to come from localhost too.',
      ), WAIT);
    };
    const close = () => { if (hide()) event('closed'); };
    return {
      open() {
        if (shown) return;
        if (fault) {
          fail(fault);
          return;
        }
        const again = frame;
        if (!again) load();
        show();
        if (again) event('opened');
      },
      close,
      hide: close,
      destroy: drop,
    };
  };

  window.Fintoc = { create };
})();
