/* Draws each .plot from its data block with uPlot. Colours are the page's tokens, drawn again when the theme changes;
   missing data is hatched and named, download is an area, upload a line, the ceiling steps, P95 is dashed. */
(function () {
  "use strict";
  var drawn = new Map();

  function token(name) { return getComputedStyle(document.documentElement).getPropertyValue(name).trim(); }

  function wordsOf(facts) {
    var numbers = new Intl.NumberFormat(facts.words.lang, { maximumFractionDigits: 1 });
    var clock = new Intl.DateTimeFormat("en-GB", { timeZone: facts.zone, hour: "2-digit", minute: "2-digit" });
    var day = new Intl.DateTimeFormat(facts.words.lang, { timeZone: facts.zone, weekday: "short", day: "numeric" });
    return {
      number: function (value) { return value === null || value === undefined ? "–" : numbers.format(value); },
      clock: function (at) { return clock.format(new Date(at * 1000)).replace(":", "."); },
      day: function (at) { return day.format(new Date(at * 1000)).replace(",", ""); }
    };
  }

  function top(facts) {
    var most = facts.p95 || 0;
    facts.data.slice(1).forEach(function (line) {
      line.forEach(function (value) { if (value > most) { most = value; } });
    });
    return most || 1;
  }

  /* The ceilings themselves are the ticks; where they change too often or lie too close, three or four round figures. */
  function ticks(facts, most) {
    var levels = facts.data[3].filter(function (value, place, all) { return value !== null && all.indexOf(value) === place; });
    levels.sort(function (a, b) { return a - b; });
    if (levels.length === 1 && levels[0] >= most * 0.6) { return [0, levels[0] / 2, levels[0]]; }
    var apart = levels.every(function (value, place) { return value - (place ? levels[place - 1] : 0) >= most * 0.14; });
    if (levels.length > 1 && levels.length <= 4 && apart) { return [0].concat(levels); }
    var size = Math.pow(10, Math.floor(Math.log10(most / 3))), step = size, found = [];
    [1, 2, 2.5, 5, 10].some(function (factor) { step = factor * size; return most / step <= 3.5; });
    for (var at = 0; at <= most * 1.001; at += step) { found.push(at); }
    return found;
  }

  function gaps(facts) {
    var times = facts.data[0], down = facts.data[1], up = facts.data[2], spans = [], start = null;
    for (var place = 0; place < times.length; place++) {
      var known = down[place] !== null || up[place] !== null;
      var future = facts.now !== null && times[place] > facts.now;
      if (!known && !future && start === null) { start = Math.max(0, place - 1); }
      if ((known || future) && start !== null) { spans.push([times[start], times[place]]); start = null; }
    }
    return start === null ? spans : spans.concat([[times[start], times[times.length - 1]]]);
  }

  function hatch(plot, left, width) {
    var brush = plot.ctx, box = plot.bbox, pitch = 5 * devicePixelRatio;
    brush.save();
    brush.beginPath(); brush.rect(left, box.top, width, box.height); brush.clip();
    brush.strokeStyle = token("--edge"); brush.globalAlpha = 0.55; brush.lineWidth = devicePixelRatio;
    brush.beginPath();
    for (var x = left - box.height; x < left + width; x += pitch) {
      brush.moveTo(x, box.top + box.height); brush.lineTo(x + box.height, box.top);
    }
    brush.stroke();
    brush.restore();
  }

  function label(plot, text, x, y, align) {
    var brush = plot.ctx, font = getComputedStyle(document.body).fontFamily;
    brush.save();
    brush.font = 11 * devicePixelRatio + "px " + font;
    brush.textAlign = align || "center"; brush.textBaseline = "middle"; brush.lineJoin = "round";
    brush.lineWidth = 3 * devicePixelRatio; brush.strokeStyle = token("--panel"); brush.fillStyle = token("--text");
    brush.strokeText(text, x, y); brush.fillText(text, x, y);
    brush.restore();
  }

  function drawGaps(plot, facts) {
    gaps(facts).forEach(function (span) {
      var left = plot.valToPos(span[0], "x", true), width = plot.valToPos(span[1], "x", true) - left;
      hatch(plot, left, width);
    });
  }

  /* Where the name of the P95 line, written just above it, meets no gap and no line. */
  function freePlace(plot, facts) {
    var box = plot.bbox, away = 45 * devicePixelRatio, high = facts.p95 + plot.scales.y.max * 0.12;
    function free(x) {
      return facts.data[0].every(function (at, place) {
        if (Math.abs(plot.valToPos(at, "x", true) - x) > away) { return true; }
        var down = facts.data[1][place], ceiling = facts.data[3][place];
        var missing = down === null && (facts.now === null || at <= facts.now);
        return !missing && !(down > facts.p95) && !(ceiling > facts.p95 && ceiling < high);
      });
    }
    var spots = [0.56, 0.5, 0.62, 0.44, 0.68, 0.38, 0.74, 0.32, 0.8, 0.26, 0.86, 0.2, 0.14];
    var share = spots.find(function (at) { return free(box.left + box.width * at); });
    return box.left + box.width * (share || spots[0]);
  }

  function drawMarks(plot, facts, words) {
    var brush = plot.ctx, box = plot.bbox, ratio = devicePixelRatio;
    if (facts.p95 !== null) {
      var y = plot.valToPos(facts.p95, "y", true);
      brush.save();
      brush.strokeStyle = token("--text"); brush.lineWidth = 1.25 * ratio; brush.setLineDash([5 * ratio, 3 * ratio]);
      brush.beginPath(); brush.moveTo(box.left, y); brush.lineTo(box.left + box.width, y); brush.stroke();
      brush.restore();
      if (facts.height > 150) {
        label(plot, facts.words.p95 + " " + words.number(facts.p95), freePlace(plot, facts), y - 8 * ratio);
      }
    }
    if (facts.now !== null && facts.now < facts.data[0][facts.data[0].length - 1]) {
      var x = plot.valToPos(facts.now, "x", true);
      brush.save();
      brush.strokeStyle = token("--edge"); brush.lineWidth = ratio;
      brush.beginPath(); brush.moveTo(x, box.top); brush.lineTo(x, box.top + box.height); brush.stroke();
      brush.restore();
      label(plot, facts.words.now, x + 5 * ratio, box.top + box.height * 0.22, "left");
    }
    gaps(facts).forEach(function (span) {
      var left = plot.valToPos(span[0], "x", true), right = plot.valToPos(span[1], "x", true);
      if (right - left < 6 * ratio) { return; }  /* the hatch alone: words would be wider than what they tell of */
      var middle = (left + right) / 2;
      var edge = 32 * ratio;  /* half of the words, so that they stay inside */
      middle = Math.min(Math.max(middle, box.left + edge), box.left + box.width - edge);
      label(plot, facts.words.gap, middle, box.top + box.height * 0.5);
    });
  }

  function axes(facts, words, most) {
    var quiet = { stroke: token("--muted"), font: "11px " + getComputedStyle(document.body).fontFamily, gap: 3 };
    var marks = ticks(facts, most);
    var across = Object.assign({}, quiet, {
      size: 20, grid: { show: false }, ticks: { show: false }, space: facts.days ? 60 : 64,
      values: function (_plot, at) { return at.map(facts.days ? words.day : words.clock); }
    });
    if (facts.days) {
      across.splits = function (plot) {
        var all = noons(facts), each = Math.ceil(48 * all.length / (plot.width - 48));  /* a day's name takes 48 px */
        return all.filter(function (_noon, place) { return place % Math.max(1, each) === 0; });
      };
    }
    var upward = Object.assign({}, quiet, {
      size: 34, ticks: { show: false }, grid: { stroke: token("--line"), width: 1 },
      splits: function () { return marks; },
      values: function (_plot, at) { return at.map(words.number); }
    });
    return [across, upward];
  }

  /* A day's name stands under its middle: noon in the office's zone; a day cut short at the left goes unnamed. */
  function noons(facts) {
    var times = facts.data[0], found = [], hour = new Intl.DateTimeFormat("en-GB",
      { timeZone: facts.zone, hour: "2-digit", hourCycle: "h23" });
    for (var at = Math.ceil(times[0] / 3600) * 3600 + 6 * 3600; at <= times[times.length - 1]; at += 3600) {
      if (hour.format(new Date(at * 1000)) === "12") { found.push(at); }
    }
    return found;
  }

  function options(facts, width, reading) {
    var words = wordsOf(facts), most = top(facts);
    var stepped = uPlot.paths.stepped({ align: 1 });
    return {
      width: width, height: facts.height, legend: { show: false }, padding: [6, 2, 0, 0],
      tzDate: function (at) { return uPlot.tzDate(new Date(at * 1000), facts.zone); },
      cursor: { points: { show: false }, drag: { x: false, y: false }, sync: facts.group ? { key: facts.group } : undefined },
      scales: { y: { range: [0, most * 1.1] } },
      axes: axes(facts, words, most),
      series: [
        {},
        { stroke: token("--down"), fill: token("--down-soft"), width: 1.5, points: { show: false }, spanGaps: false },
        { stroke: token("--up"), width: 1.25, points: { show: false }, spanGaps: false },
        { stroke: token("--ceiling"), width: 2, points: { show: false }, paths: stepped, spanGaps: false }
      ],
      hooks: {
        drawClear: [function (plot) { drawGaps(plot, facts); }],
        draw: [function (plot) { drawMarks(plot, facts, words); }],
        setCursor: [function (plot) { read(plot, facts, words, reading); }]
      }
    };
  }

  /* What lies under the pointer, in words; no floating box. */
  function read(plot, facts, words, reading) {
    var place = plot.cursor.idx;
    if (place === null || place === undefined) { reading.textContent = ""; return; }
    var at = facts.data[0][place];
    reading.textContent = (facts.days ? words.day(at) + " " : "") + words.clock(at) + " · ↓ " +
      words.number(facts.data[1][place]) + " · ↑ " + words.number(facts.data[2][place]) + " / " +
      words.number(facts.data[3][place]) + " Mbit/s";
  }

  function draw(figure) {
    var old = drawn.get(figure);
    if (old) { old.plot.destroy(); old.reading.remove(); }
    var canvas = figure.querySelector(".canvas"), reading = document.createElement("p");
    if (!canvas.clientWidth) { drawn.delete(figure); return; }
    var facts = JSON.parse(figure.querySelector('script[type="application/json"]').textContent);
    reading.className = "reading";
    reading.setAttribute("aria-hidden", "true");
    figure.insertBefore(reading, canvas.nextSibling);
    var plot = new uPlot(options(facts, canvas.clientWidth, reading), facts.data, canvas);
    drawn.set(figure, { plot: plot, reading: reading, width: canvas.clientWidth });
  }

  function drawAll() {
    drawn.forEach(function (_one, figure) { if (!figure.isConnected) { drawn.delete(figure); } });
    document.querySelectorAll(".plot").forEach(draw);
  }

  var resize = new ResizeObserver(function (entries) {
    entries.forEach(function (entry) {
      var figure = entry.target.closest(".plot"), known = drawn.get(figure);
      if (!known || Math.abs(known.width - entry.target.clientWidth) > 1) { draw(figure); }
    });
  });
  function watch() { document.querySelectorAll(".plot .canvas").forEach(function (canvas) { resize.observe(canvas); }); }

  drawAll();
  watch();
  document.addEventListener("netquota:theme", drawAll);
  document.addEventListener("htmx:after:swap", function () { drawAll(); watch(); });
})();
