/* What is seen: which layers and values are ticked, which phase it is, and who is chosen. */
(() => {
  'use strict';
  const sp = symbioplan;
  const DIM = 0.13;
  const state = { phase: Math.max(sp.data.phases.length - 1, 0), chosen: null, circle: null, off: {}, on: {} };
  sp.state = state;
  sp.casing = '#ffffff';

  sp.inPhase = (mask) => mask === 0 || Boolean(mask & (1 << state.phase));

  // Whether something of these parties is to stand out; all does while nobody is chosen.
  sp.isLit = (parties) => state.chosen === null || parties.length === 0 || parties.some((p) => state.circle.has(p));

  // A mark or name is lit when it is in the circle of partners, a connection only when it is the chosen one's own.
  function lit(feature) {
    if (state.chosen === null || !feature.parties.length) return state.chosen === null || feature.ground;
    if (feature.parties.length > 1 || feature.linked) return feature.parties.includes(state.chosen);
    return sp.isLit(feature.parties);
  }

  function shown(layer, feature) {
    if (!sp.inPhase(feature.phases)) return false;
    const off = state.off[layer.key];
    if (off && feature.facets.some((value, facet) => off[facet] && off[facet].has(value))) return false;
    if (state.on[layer.key]) return true;
    return layer.key === 'exchanges' && state.chosen !== null && feature.parties.includes(state.chosen);
  }

  // The chosen party and all who exchange something with it in this phase.
  function circleOf(party) {
    const circle = new Set([party]);
    for (const entry of sp.data.balances) {
      if (entry.party !== party || !sp.inPhase(entry.phases)) continue;
      for (const [partner] of entry.lines) if (partner !== null) circle.add(partner);
    }
    return circle;
  }

  function style(feature, bright, dark) {
    const { opacity = 1, fillOpacity = 1, color, fillColor } = feature.style;
    const own = { opacity: bright ? opacity : opacity * DIM, fillOpacity: bright ? fillOpacity : fillOpacity * DIM };
    if (!feature.ground) return own;
    own.color = dark ? sp.muted(color) : color;
    if (fillColor) own.fillColor = dark ? sp.muted(fillColor) : fillColor;
    return own;
  }

  // A layer is made and put on the map, hidden or not, when something of it is first seen.
  function show(layer, dark) {
    for (const feature of layer.features) feature.seen = shown(layer, feature);
    const made = layer.getLayers().length > 0;
    if (!made && !layer.features.some(({ seen }) => seen)) return;
    if (!made) sp.make(layer);
    for (const feature of layer.features) {
      const bright = lit(feature);
      const now = `${bright} ${feature.ground && dark}`;
      for (const shape of feature.shapes) {
        if (feature.seen && feature.styled !== now) shape.setStyle(style(feature, bright, dark));
        sp.hide(shape, !feature.seen);
      }
      if (feature.seen) feature.styled = now;
    }
    if (!made) sp.put(layer);
  }

  // Draw what has changed, then tell the panels.
  sp.refresh = () => {
    const dark = sp.isDark();
    state.circle = state.chosen === null ? null : circleOf(state.chosen);
    sp.casing = dark ? '#e6ebee' : '#ffffff';
    for (const layer of Object.values(sp.layers)) if (layer.features) show(layer, dark);
    for (const key of ['names', 'suitability', 'osm']) {
      const layer = sp.layers[key];
      if (layer) state.on[key] ? layer.addTo(sp.map) : layer.remove();
    }
    sp.showPanel(); // its height decides where names have room
    if (sp.layers.names) sp.layers.names.arrange();
  };

  sp.setPhase = (phase) => {
    state.phase = phase;
    sp.map.closePopup();
    sp.refresh();
    sp.showSide();
  };

  // Choose a party (null: nobody). ``zoom`` brings its partners into view, ``focus`` moves the keyboard there.
  sp.choose = (party, { zoom = false, focus = false } = {}) => {
    state.chosen = party;
    sp.map.closePopup();
    sp.refresh();
    sp.showSide({ focus });
    if (zoom && party !== null) {
      const spots = [...state.circle].map((one) => sp.data.parties[one].at);
      sp.fit(L.latLngBounds(spots).pad(0.05));
    } else if (sp.layers.names) sp.layers.names.arrange(); // the side panel has another height
  };
})();
