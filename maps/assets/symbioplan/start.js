/* Everything in its place. */
(() => {
  'use strict';
  const sp = symbioplan;

  sp.start = (map, layers) => {
    const { views, overlays } = sp.data;
    const box = map.getContainer();
    document.body.insertBefore(box, document.getElementById('sp-tools')); // the order of the keyboard
    box.setAttribute('role', 'region');
    box.setAttribute('aria-label', 'Map of the plan');
    map.attributionControl.setPrefix('<a href="https://leafletjs.com">Leaflet</a>');
    if (views.credit) map.attributionControl.addAttribution(views.credit);
    const scale = L.control.scale({ position: 'bottomright', imperial: false, maxWidth: 110 }).addTo(map);
    document.getElementById('sp-scale').prepend(scale.getContainer());
    Object.assign(sp, { map, layers });
    for (const { key, ground } of overlays) {
      const connects = ['exchanges', 'pipelines', 'trucks'].includes(key);
      for (const feature of layers[key].features || []) Object.assign(feature, { ground, linked: connects });
    }
    sp.startTools(views);
    sp.startPanel();
    sp.startSide();
    sp.startMeasure();
    sp.fit(views.near); // before anything is drawn, so that it is drawn once
    sp.scaleFrom(map.getZoom());
    sp.refresh();
    sp.ready = true;
  };
})();
