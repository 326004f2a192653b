/* Layers from the data in the page: their shapes, pop-ups, and the keys that open them.
   Text of the study reaches the page only through textContent. */
(() => {
  'use strict';
  const sp = symbioplan;
  const ROOM = 6; // pixels about a place within which something else is at the same place
  const LISTED = 6; // things at one place that a pop-up lists
  let shared = null; // the canvas of a crowded map
  sp.redrawNow = () => shared && shared._redraw(); // else a frame later
  const hover = window.matchMedia('(hover: hover)');

  function canvas() {
    shared = shared || new sp.Crowd({ pane: 'crowd', padding: 0.5, tolerance: 3 });
    return shared;
  }

  // ---- pop-ups, made when they open ----------------------------------------------------------------------
  const isAt = (own, point) => {
    const [shape] = own.shapes;
    if (own.kind === 'mark') return shape._containsPoint(point);
    const nearest = shape.closestLayerPoint(point);
    return nearest && nearest.distance <= ROOM;
  };

  // What else is seen at a place: roads and trenches are shared.
  function alsoAt(at, own) {
    const point = sp.map.latLngToLayerPoint(at);
    return Object.values(sp.layers).flatMap((layer) => layer.features || []).filter(
      (other) => other !== own && other.seen && other.title !== '' && other.kind !== 'area' && isAt(other, point),
    );
  }

  function open(own, at, options) {
    if (own.party >= 0) sp.choose(own.party, options);
    else own.shapes[0].openPopup(at);
  }

  function listOthers(own, at, box) {
    const others = alsoAt(at, own);
    if (!others.length) return;
    sp.element('h4', `Also here (${others.length})`, box);
    const list = sp.element('ul', null, box);
    for (const other of others.slice(0, LISTED)) {
      const link = sp.element('button', other.title, sp.element('li', null, list), 'sp-link');
      link.type = 'button';
      link.addEventListener('click', (event) => {
        event.stopPropagation();
        open(other, at, { focus: true });
      });
    }
    if (others.length > LISTED) sp.element('li', `and ${others.length - LISTED} more`, list, 'sp-quiet');
  }

  function popup(own, at) {
    const box = sp.element('div', null, null, 'sp-popup');
    sp.element('h3', own.title, box);
    const { labels } = own.part;
    const rows = [];
    for (let i = 0; i < own.words.length; i += 2) rows.push([labels[own.words[i]], own.words[i + 1]]);
    sp.table(rows, box);
    if (own.kind !== 'area') listOthers(own, at, box);
    return box;
  }

  sp.table = (rows, parent) => {
    const body = sp.element('tbody', null, sp.element('table', null, parent));
    for (const [label, value] of rows) {
      const row = sp.element('tr', null, body);
      sp.element('th', label, row).scope = 'row';
      sp.element('td', value, row);
    }
  };

  // ---- features and their shapes ---------------------------------------------------------------------------
  // Arrays of the data as what they mean; the order is that of ``maps/sheets.py``.
  function feature(part, [phases, shape, style, facets, parties, title, words, party, amount]) {
    return {
      part, kind: part.kind, counted: part.counted, shapes: [], phases, shape: part.shapes[shape],
      style: part.styles[style], facets, parties, title, words, party, amount,
    };
  }

  function lineOf({ part, shape, kind }, options) {
    if (kind === 'line') return L.polyline(sp.decode(shape, kind, part.unit), options);
    if (kind !== 'way') return null;
    part.roads = part.roads || new sp.Stretches(part);
    const casing = sp.data.crowded ? 0 : options.casing; // many on one road would cover each other with their edges
    return new sp.Way(shape, part.roads, { ...options, casing });
  }

  // The shapes of a feature, the one that takes clicks first.
  function shapesOf(own) {
    const { part, style, kind } = own;
    const crowd = sp.data.crowded;
    const options = {
      fill: false, opacity: 1, ...style, pane: crowd ? 'crowd' : part.pane, renderer: crowd ? canvas() : undefined,
      interactive: own.title !== '', bubblingMouseEvents: false,
    };
    const made = lineOf(own, options);
    if (made) {
      if (!options.casing || crowd) return [made];
      const weight = options.weight + 1.6;
      const below = { ...options, weight, interactive: false, className: 'sp-casing', dashArray: null };
      return [made, lineOf(own, below)];
    }
    const at = sp.decode(own.shape, kind, part.unit);
    if (kind === 'mark') {
      const [, , turn = 0, dx = 0, dy = 0] = own.shape;
      Object.assign(options, { fill: true, turn, dx, dy, radius: style.size / 2, className: 'sp-mark-path' });
      return [new sp.Mark(at, options)];
    }
    return [L.polygon(at, options)];
  }

  function bind(own) {
    const [shape] = own.shapes;
    shape.options.label = own.title;
    if (own.party >= 0) shape.on('click', () => sp.choose(own.party));
    else shape.bindPopup(() => {
      Object.assign(shape.getPopup().options, sp.clearOfBoxes()); // Leaflet reads them after the content
      return popup(own, shape.getPopup().getLatLng());
    }, { maxWidth: 330, minWidth: 180 });
    if (own.kind !== 'area' && hover.matches) {
      shape.bindTooltip(() => sp.element('span', own.title), { sticky: true, className: 'sp-tip' });
    }
    if (own.kind === 'line' || own.kind === 'way') {
      const { weight } = own.style;
      shape.on('mouseover', () => shape.setStyle({ weight: weight + 2 }));
      shape.on('mouseout', () => shape.setStyle({ weight }));
    }
    shape.on('add', () => keys(own, shape));
  }

  function keys(own, shape) {
    const node = shape._path;
    if (!node || own.kind === 'area') return;
    for (const [name, value] of [['tabindex', '0'], ['role', 'button'], ['aria-label', own.title]]) {
      node.setAttribute(name, value);
    }
    node.addEventListener('keydown', (event) => {
      if (event.key !== 'Enter' && event.key !== ' ') return;
      event.preventDefault();
      open(own, undefined, { focus: true });
    });
  }

  // One layer of the panel. Its features stay on the map; view.js hides and dims them.
  sp.layer = (key) => {
    const sheet = JSON.parse(document.getElementById(`sp-data-${key}`).textContent);
    if (sheet.parts[0].kind === 'name') return new sp.Names(sheet.parts[0]);
    const features = sheet.parts.flatMap((part) => part.features.map((row) => feature(part, row)));
    return Object.assign(L.featureGroup(), { key, features, parts: sheet.parts, ground: sheet.ground });
  };

  // Make the shapes of a layer, when something of it is first seen: edges below the lines of their part.
  sp.make = (layer) => {
    for (const own of layer.features) {
      own.shapes = shapesOf(own);
      if (own.title !== '') bind(own);
    }
    for (const part of layer.parts) {
      const mine = layer.features.filter((own) => own.part === part);
      for (const depth of [1, 0]) for (const { shapes } of mine) if (shapes[depth]) layer.addLayer(shapes[depth]);
    }
  };

  // Put a layer where it belongs in the order of drawing: a canvas has no panes.
  sp.put = (layer) => {
    layer.addTo(sp.map);
    if (!shared) return;
    const above = Object.values(sp.layers);
    for (const other of above.slice(above.indexOf(layer) + 1)) {
      if (other.features && sp.map.hasLayer(other)) other.bringToFront();
    }
  };
})();
