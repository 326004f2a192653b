/* What Folium has no element for: side-by-side lines, pop-ups from plain text, the panel, the two views.
   Text of the study reaches the page only through textContent. */
const symbioplan = (() => {
  'use strict';
  const narrow = window.matchMedia('(max-width: 700px)');
  const canvases = {};

  // ---- lines moved aside by a number of pixels -------------------------------------------------------
  // Each vertex moves along the mean normal of its two sides; mitres are cut at twice the distance.
  function aside(points, distance) {
    const ring = L.LineUtil.simplify(points, 1.5);
    const normals = [];
    const kept = ring.filter((p, i) => i === 0 || p.distanceTo(ring[i - 1]) > 0.01);
    if (kept.length < 2) return points;
    for (let i = 1; i < kept.length; i++) {
      const way = kept[i].subtract(kept[i - 1]);
      normals.push(L.point(-way.y, way.x).divideBy(Math.hypot(way.x, way.y)));
    }
    return kept.map((p, i) => {
      const a = normals[Math.max(i - 1, 0)];
      const b = normals[Math.min(i, normals.length - 1)];
      const sum = a.add(b);
      const size = Math.hypot(sum.x, sum.y) / 2; // cosine of half the bend
      const unit = size < 1e-6 ? b : sum.divideBy(2 * size);
      return p.add(unit.multiplyBy(distance / Math.max(size, 0.5)));
    });
  }

  const project = L.Polyline.prototype._projectLatlngs;
  L.Polyline.include({
    _projectLatlngs(latlngs, result, bounds) {
      const from = result.length;
      project.call(this, latlngs, result, bounds);
      const flat = latlngs.length > 0 && latlngs[0] instanceof L.LatLng; // parts of a multi-line come back here
      if (!flat || !this.options.offset) return;
      for (let i = from; i < result.length; i++) result[i] = aside(result[i], this.options.offset);
    },
  });

  // ---- features --------------------------------------------------------------------------------------
  function element(tag, text, parent) {
    const made = document.createElement(tag);
    if (text !== undefined) made.textContent = text;
    if (parent) parent.appendChild(made);
    return made;
  }

  function popup(properties) {
    const box = L.DomUtil.create('div', 'sp-popup');
    element('h3', properties.title, box);
    const body = element('tbody', undefined, element('table', undefined, box));
    for (const [label, value] of properties.rows) {
      const row = element('tr', undefined, body);
      element('th', label, row).scope = 'row';
      element('td', value, row);
    }
    return box;
  }

  // Where a pop-up may stand without hiding below the title or the panel.
  function clearOfBoxes() {
    const title = document.getElementById('sp-title');
    const panel = document.getElementById('sp-panel');
    if (narrow.matches) {
      return { autoPanPaddingTopLeft: [8, Math.min(title.offsetHeight, 220) + 18], autoPanPaddingBottomRight: [8, 64] };
    }
    const right = panel.classList.contains('sp-shut') ? 60 : panel.offsetWidth + 20;
    return { autoPanPaddingTopLeft: [title.offsetWidth + 20, 14], autoPanPaddingBottomRight: [right, 30] };
  }

  function point(pane) {
    return (feature, latlng) => {
      const { icon, size, anchor, label, title } = feature.properties;
      if (label !== undefined) {
        const html = element('span', label);
        return L.marker(latlng, {
          pane, interactive: false, keyboard: false, icon: L.divIcon({ html, className: 'sp-label', iconSize: null }),
        });
      }
      const alive = title !== undefined;
      return L.marker(latlng, {
        pane, interactive: alive, keyboard: alive, riseOnHover: alive,
        icon: L.divIcon({
          html: icon, className: alive ? 'sp-icon' : 'sp-icon sp-arrow', iconSize: size,
          iconAnchor: anchor || [size[0] / 2, size[1] / 2],
        }),
      });
    };
  }

  function bind(feature, layer) {
    const properties = feature.properties;
    if (properties.title === undefined) {
      layer.options.interactive = false;
      return;
    }
    layer.bindPopup(() => {
      Object.assign(layer.getPopup().options, clearOfBoxes()); // Leaflet reads them after the content
      return popup(properties);
    }, { maxWidth: 330, minWidth: 180 });
    if (!properties.area && window.matchMedia('(hover: hover)').matches) {
      layer.bindTooltip(() => element('span', properties.title), { sticky: true, className: 'sp-tip' });
    }
    if (layer instanceof L.Path && !properties.area) {
      const { weight } = properties.style;
      layer.on('mouseover', () => layer.setStyle({ weight: weight + 2 }));
      layer.on('mouseout', () => layer.setStyle({ weight }));
    }
    layer.on('add', () => {
      const node = layer.getElement && layer.getElement();
      if (!node || properties.area) return;
      node.setAttribute('tabindex', '0');
      node.setAttribute('role', 'button');
      node.setAttribute('aria-label', properties.title);
      if (layer instanceof L.Path) {
        node.addEventListener('keydown', (event) => {
          if (event.key !== 'Enter' && event.key !== ' ') return;
          event.preventDefault();
          layer.openPopup();
        });
      }
    });
  }

  function canvas(pane) {
    canvases[pane] = canvases[pane] || L.canvas({ pane });
    return canvases[pane];
  }

  // The data of a layer is a JSON block of the page.
  function layer(key, options) {
    const data = JSON.parse(document.getElementById(`sp-data-${key}`).textContent);
    return L.geoJson(data, {
      style: (feature) => feature.properties.style,
      pointToLayer: point(options.pane),
      onEachFeature: bind,
      ...options,
    });
  }

  // ---- names that do not cover each other --------------------------------------------------------------
  const sides = [[13, -9], [null, -9], [0, -29], [0, 11]]; // right, left, above, below

  function overlaps(a, b) {
    return a[0] < b[2] && b[0] < a[2] && a[1] < b[3] && b[1] < a[3];
  }

  function boxesOnMap(map) {
    const origin = map.getContainer().getBoundingClientRect();
    const shift = map.containerPointToLayerPoint([-origin.left, -origin.top]);
    return ['sp-title', 'sp-panel'].map((id) => {
      const box = document.getElementById(id).getBoundingClientRect();
      return [box.left + shift.x, box.top + shift.y, box.right + shift.x, box.bottom + shift.y];
    });
  }

  function arrangeNames(map, group) {
    const labels = [];
    group.eachLayer((part) => part.eachLayer((label) => labels.push(label)));
    const at = labels.map((label) => map.latLngToLayerPoint(label.getLatLng()));
    const taken = at.map((p) => [p.x - 8, p.y - 8, p.x + 8, p.y + 8]);
    const boxes = boxesOnMap(map);
    const size = map.getSize();
    const corner = map.containerPointToLayerPoint([0, 0]);
    const inView = (b) => b[0] >= corner.x && b[2] <= corner.x + size.x && !boxes.some((box) => overlaps(b, box));
    labels.forEach((label, i) => {
      const node = label.getElement();
      if (!node) return;
      const [width, height] = [node.offsetWidth, node.offsetHeight];
      const free = sides.map(([dx, dy]) => {
        const left = at[i].x + (dx === null ? -13 - width : dx || -width / 2);
        return [left, at[i].y + dy, left + width, at[i].y + dy + height];
      }).filter((box) => !taken.some((other) => overlaps(box, other)));
      node.style.visibility = free.length ? 'visible' : 'hidden';
      if (!free.length) return;
      const best = free.find(inView) || free[0];
      taken.push(best);
      node.style.marginLeft = `${best[0] - at[i].x}px`;
      node.style.marginTop = `${best[1] - at[i].y}px`;
    });
  }

  // ---- the page ----------------------------------------------------------------------------------------
  function place(map, id, wide, small) {
    const node = document.getElementById(id);
    const control = L.control({ position: narrow.matches ? small : wide });
    control.onAdd = () => node;
    control.addTo(map);
    L.DomEvent.disableClickPropagation(node);
    L.DomEvent.disableScrollPropagation(node);
    narrow.addEventListener('change', () => control.setPosition(narrow.matches ? small : wide));
    return node;
  }

  // Whether a plant stands below the title box.
  function coversPlant(map, box) {
    const at = box.getBoundingClientRect();
    return [...map.getPane('plants').children].some((marker) => {
      const spot = marker.getBoundingClientRect();
      return spot.left < at.right && spot.right > at.left && spot.top < at.bottom && spot.bottom > at.top;
    });
  }

  function fit(map, bounds) {
    if (!bounds) return;
    const title = document.getElementById('sp-title');
    const panel = document.getElementById('sp-panel');
    const right = panel.classList.contains('sp-shut') ? 40 : panel.offsetWidth + 40;
    if (narrow.matches) {
      const paddingTopLeft = [24, title.offsetHeight + 30];
      map.fitBounds(bounds, { paddingTopLeft, paddingBottomRight: [24, 70], animate: false });
      return;
    }
    map.fitBounds(bounds, { paddingTopLeft: [70, 40], paddingBottomRight: [right, 50], animate: false });
    if (!coversPlant(map, title)) return;
    const paddingTopLeft = [title.offsetWidth + 30, 40]; // beside the box instead of behind it
    map.fitBounds(bounds, { paddingTopLeft, paddingBottomRight: [right, 50], animate: false });
  }

  function viewButtons(map, views) {
    const control = L.control({ position: 'bottomleft' });
    control.onAdd = () => {
      const bar = L.DomUtil.create('div', 'leaflet-bar sp-extent');
      const frame = '<svg width="18" height="28" viewBox="0 0 24 24" aria-hidden="true" fill="none" stroke="currentColor" stroke-width="2.4">';
      for (const [view, label, body] of [
        ['near', 'Zoom to the main cluster', '<circle cx="12" cy="12" r="4"/><path d="M12 1v5M12 18v5M1 12h5M18 12h5"/>'],
        ['all', 'Zoom to the whole extent', '<path d="M3 9V3h6M15 3h6v6M21 15v6h-6M9 21H3v-6"/>'],
      ]) {
        const button = element('a', undefined, bar);
        Object.assign(button, { href: '#', title: label, innerHTML: `${frame}${body}</svg>` });
        button.id = `sp-view-${view}`;
        button.setAttribute('role', 'button');
        button.setAttribute('aria-label', label);
        L.DomEvent.on(button, 'click', (event) => {
          L.DomEvent.stop(event);
          map.closePopup();
          fit(map, views[view]);
        });
      }
      L.DomEvent.disableClickPropagation(bar);
      return bar;
    };
    control.addTo(map);
  }

  function wirePanel(map, layers, panel) {
    const toggle = document.getElementById('sp-panel-toggle');
    const show = (open) => {
      panel.classList.toggle('sp-shut', !open);
      toggle.setAttribute('aria-expanded', String(open));
    };
    const details = document.querySelector('#sp-title details');
    toggle.addEventListener('click', () => {
      const open = panel.classList.contains('sp-shut');
      show(open);
      if (open && narrow.matches) details.open = false; // a phone has room for one of the two
    });
    details.addEventListener('toggle', () => details.open && narrow.matches && show(false));
    show(!narrow.matches);
    for (const box of panel.querySelectorAll('input[data-layer]')) {
      const layer = layers[box.dataset.layer];
      const apply = () => (box.checked ? layer.addTo(map) : layer.remove());
      apply(); // a reloaded page may remember ticks
      box.addEventListener('change', apply);
    }
  }

  function start(map, views, layers) {
    map.attributionControl.setPrefix('<a href="https://leafletjs.com">Leaflet</a>');
    map.getContainer().setAttribute('role', 'region');
    map.getContainer().setAttribute('aria-label', 'Map of the plan');
    if (views.credit) map.attributionControl.addAttribution(views.credit);
    place(map, 'sp-title', 'topleft', 'topleft');
    const panel = place(map, 'sp-panel', 'topright', 'bottomright');
    viewButtons(map, views);
    L.control.scale({ position: 'bottomleft', imperial: false, maxWidth: 120 }).addTo(map);
    wirePanel(map, layers, panel);
    fit(map, views.near);
    if (layers.names) {
      const arrange = () => map.hasLayer(layers.names) && arrangeNames(map, layers.names);
      map.on('moveend viewreset resize', arrange);
      layers.names.on('add', () => setTimeout(arrange));
      arrange();
    }
    symbioplan.map = map;
    symbioplan.layers = layers;
  }

  return { start, layer, canvas };
})();
