/* Measuring: click places (or Enter for the middle of the map); the length so far stands at the last of them. */
(() => {
  'use strict';
  const sp = symbioplan;
  let places = [];
  let shapes = [];
  let on = false;

  sp.distance = (metres) => (metres < 1000 ? `${metres.toFixed(0)} m` : `${(metres / 1000).toFixed(metres < 1e5 ? 2 : 0)} km`);

  function draw() {
    shapes.forEach((shape) => shape.remove());
    shapes = [];
    const options = { pane: 'measure', interactive: false, className: 'sp-measure' };
    if (places.length > 1) shapes.push(L.polyline(places, { ...options, weight: 3, dashArray: '6 5' }));
    places.forEach((at) => shapes.push(L.circleMarker(at, { ...options, radius: 4, weight: 2, fillOpacity: 1 })));
    const length = places.reduce((sum, at, i) => sum + (i ? sp.map.distance(at, places[i - 1]) : 0), 0);
    const text = places.length > 1 ? sp.distance(length) : 'Click places on the map, or Enter for its middle. Esc ends.';
    document.getElementById('sp-measured').textContent = on ? text : '';
    shapes.forEach((shape) => shape.addTo(sp.map));
  }

  function add(at) {
    places.push(at);
    draw();
  }

  function onKey(event) {
    if (event.key === 'Escape') sp.measure(false);
    else if (event.key === 'Backspace') places.pop(), draw();
    else if (event.key === 'Enter' && event.target === sp.map.getContainer()) add(sp.map.getCenter());
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  const onClick = (event) => {
    L.DomEvent.stop(event);
    add(sp.map.mouseEventToLatLng(event));
  };

  sp.measure = (wanted = !on) => {
    on = wanted;
    places = [];
    const box = sp.map.getContainer();
    const shield = document.getElementById('sp-shield'); // takes the clicks that would open something
    document.getElementById('sp-measure').setAttribute('aria-pressed', String(on));
    document.body.classList.toggle('sp-measuring', on);
    shield.hidden = !on;
    document[on ? 'addEventListener' : 'removeEventListener']('keydown', onKey, true);
    if (on) box.focus();
    draw();
  };

  sp.startMeasure = () => {
    const shield = sp.element('div', null, sp.map.getContainer());
    Object.assign(shield, { id: 'sp-shield', hidden: true });
    let from = null; // a drag moves the map and sets no place
    shield.addEventListener('pointerdown', (event) => { from = [event.clientX, event.clientY]; });
    shield.addEventListener('click', (event) => {
      const moved = from && Math.hypot(event.clientX - from[0], event.clientY - from[1]);
      if (!moved || moved < 4) onClick(event);
    });
    document.getElementById('sp-measure').addEventListener('click', () => sp.measure());
  };
})();
