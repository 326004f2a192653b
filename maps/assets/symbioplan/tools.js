/* The tools: zoom, the two views, full screen, printing, light and dark; and where boxes leave room. */
(() => {
  'use strict';
  const sp = symbioplan;
  const byId = (id) => document.getElementById(id);
  const narrow = window.matchMedia('(max-width: 700px)');
  const night = window.matchMedia('(prefers-color-scheme: dark)');
  const PRINTED = [780, 560]; // pixels of the map on an A4 page across; print.css knows them too
  const LEGEND = 620; // pixels of its height there
  const SIZES = [9.5, 9, 8.5, 8, 7.5, 7, 6.5, 6]; // pixels of the legend's text, the largest that fits
  let asked = null; // light or dark, once the reader has said so
  let printing = null;

  sp.narrow = narrow;
  sp.isDark = () => !printing && (asked || (night.matches ? 'dark' : 'light')) === 'dark';

  function applyTheme() {
    document.documentElement.dataset.theme = sp.isDark() ? 'dark' : 'light';
    byId('sp-theme').setAttribute('aria-pressed', String(sp.isDark()));
  }

  // ---- room --------------------------------------------------------------------------------------------
  const isOpen = (id) => !byId(id).classList.contains('sp-shut');

  function room() {
    const [side, panel, tools] = ['sp-side', 'sp-panel', 'sp-tools'].map((id) => byId(id).getBoundingClientRect());
    if (printing) return { left: 10, right: 10, top: 10, bottom: 10 };
    if (narrow.matches) return { left: 8, right: 8, top: Math.min(side.height, 260) + 18, bottom: window.innerHeight - tools.top + 8 };
    return { left: isOpen('sp-side') ? side.right + 10 : 14, right: isOpen('sp-panel') ? panel.width + 20 : 60, top: 14, bottom: 60 };
  }

  // Where a pop-up may stand without hiding below a box.
  sp.clearOfBoxes = () => {
    const { left, right, top, bottom } = room();
    return { autoPanPaddingTopLeft: [left, top], autoPanPaddingBottomRight: [right, bottom] };
  };

  sp.fit = (bounds) => {
    if (!bounds) return;
    const { left, right, top, bottom } = room();
    const margin = narrow.matches || printing ? 14 : 34;
    sp.map.fitBounds(bounds, {
      paddingTopLeft: [left + margin, top + margin], paddingBottomRight: [right + margin, bottom + margin],
      animate: false, maxZoom: 17,
    });
  };

  // ---- boxes that open and shut --------------------------------------------------------------------------
  function wireBox(id, other) {
    const toggle = byId(`${id}-toggle`);
    const show = (open) => {
      byId(id).classList.toggle('sp-shut', !open);
      toggle.setAttribute('aria-expanded', String(open));
    };
    toggle.addEventListener('click', () => {
      const open = !isOpen(id);
      show(open);
      if (open && narrow.matches) other(false); // a phone has room for one of the two
      if (sp.layers.names) sp.layers.names.arrange();
    });
    return show;
  }

  function fitLegend() {
    const proof = document.body.appendChild(byId('sp-legend').cloneNode(true));
    proof.removeAttribute('id');
    proof.className = 'sp-box sp-proof';
    for (const size of SIZES) {
      document.documentElement.style.setProperty('--sp-legend-size', `${size}px`);
      if (proof.scrollHeight <= LEGEND - 4) break;
    }
    proof.remove();
  }

  // ---- printing: the same view on one page across ----------------------------------------------------------
  function beforePrint() {
    if (printing) return;
    const box = sp.map.getContainer();
    printing = { centre: sp.map.getCenter(), zoom: sp.map.getZoom(), snap: sp.map.options.zoomSnap, inner: inner(), open: byId('sp-legend-box').open };
    byId('sp-legend-box').open = true;
    applyTheme();
    document.body.classList.add('sp-printing');
    Object.assign(box.style, { width: `${PRINTED[0]}px`, height: `${PRINTED[1]}px` });
    sp.map.closePopup();
    sp.map.invalidateSize({ animate: false, pan: false });
    sp.map.options.zoomSnap = 0; // the paper is filled
    sp.map.fitBounds(printing.inner, { animate: false });
    sp.refresh();
    fitLegend();
    sp.redrawNow();
  }

  function afterPrint() {
    if (!printing) return;
    const { centre, zoom, snap, open } = printing;
    const box = sp.map.getContainer();
    printing = null;
    byId('sp-legend-box').open = open;
    document.body.classList.remove('sp-printing');
    Object.assign(box.style, { width: '', height: '' });
    applyTheme();
    sp.map.invalidateSize({ animate: false, pan: false });
    sp.map.options.zoomSnap = snap;
    sp.map.setView(centre, zoom, { animate: false });
    sp.refresh();
  }

  // What is seen between the boxes.
  function inner() {
    const { left, right, top, bottom } = room();
    const size = sp.map.getSize();
    const corners = [[left, size.y - bottom], [size.x - right, top]].map((p) => sp.map.containerPointToLatLng(p));
    return L.latLngBounds(corners);
  }

  function wireButtons(views) {
    const does = {
      'sp-in': () => sp.map.zoomIn(),
      'sp-out': () => sp.map.zoomOut(),
      'sp-near': () => sp.fit(views.near),
      'sp-all': () => sp.fit(views.all),
      'sp-whole': () => sp.fit(views.all),
      'sp-full': () => (document.fullscreenElement ? document.exitFullscreen() : document.documentElement.requestFullscreen()),
      'sp-print': () => window.print(),
      'sp-theme': () => {
        asked = sp.isDark() ? 'light' : 'dark';
        applyTheme();
        sp.refresh();
      },
    };
    for (const [id, action] of Object.entries(does)) {
      if (byId(id)) byId(id).addEventListener('click', action); // the two views differ only where plants lie far away
    }
    byId('sp-full').hidden = !document.fullscreenEnabled;
    document.addEventListener('fullscreenchange', () => {
      byId('sp-full').setAttribute('aria-pressed', String(Boolean(document.fullscreenElement)));
    });
  }

  sp.startTools = (views) => {
    wireButtons(views);
    const shows = {};
    shows.side = wireBox('sp-side', (open) => shows.panel(open));
    shows.panel = wireBox('sp-panel', (open) => shows.side(open));
    const suit = () => {
      shows.panel(!narrow.matches);
      shows.side(true);
    };
    narrow.addEventListener('change', suit);
    suit();
    night.addEventListener('change', () => {
      applyTheme();
      sp.refresh();
    });
    window.addEventListener('beforeprint', beforePrint);
    window.addEventListener('afterprint', afterPrint);
    applyTheme();
  };
})();
