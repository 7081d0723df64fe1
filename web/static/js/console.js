/* The API console: fills its form from an operation, sends it with the token, shows status and answer. Nothing is kept. */
(function () {
  "use strict";
  var form = document.getElementById("console");
  if (!form) { return; }
  var status = document.getElementById("c-status"), answer = document.getElementById("c-answer"), fields = {};
  ["method", "path", "token", "body", "match"].forEach(function (name) {
    fields[name] = document.getElementById("c-" + name);  /* without names: nothing of them may reach an address */
  });
  form.querySelector("button").disabled = false;

  document.addEventListener("click", function (event) {
    var chosen = event.target.closest("[data-path]");
    if (!chosen) { return; }
    fields.method.value = chosen.dataset.method;
    fields.path.value = chosen.dataset.path;
    fields.path.focus();
    form.scrollIntoView({ block: "start" });
  });

  function pretty(text) {
    try { return JSON.stringify(JSON.parse(text), null, 2); } catch (error) { return text; }
  }
  form.addEventListener("submit", function (event) {
    event.preventDefault();
    var body = fields.body.value.trim(), method = fields.method.value;
    var headers = { "Authorization": "Bearer " + fields.token.value.trim(), "Accept": "application/json" };
    if (body && method !== "GET") { headers["Content-Type"] = "application/json"; }
    if (fields.match.value.trim()) { headers["If-Match"] = fields.match.value.trim(); }
    status.textContent = "…";
    fetch(form.dataset.base + fields.path.value.trim(), {
      method: method, headers: headers, credentials: "omit", cache: "no-store",
      body: body && method !== "GET" ? body : undefined
    }).then(function (response) {
      return response.text().then(function (text) {
        var tag = response.headers.get("ETag");
        status.textContent = response.status + " " + response.statusText + (tag ? " · ETag " + tag : "");
        answer.textContent = pretty(text);
        answer.hidden = !text;
        if (tag && method === "GET") { fields.match.value = tag; }
      });
    }).catch(function () { status.textContent = form.dataset.offline; answer.hidden = true; });
  });
})();
