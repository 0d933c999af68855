// Until app.js has begun: says so when that fails, or takes long. A classic script, for browsers that know no other.
// Its words stand in index.html, since the file of the texts may be what is missing.

(function () {
  var PATIENCE_MS = 15000;

  function tell() {
    var place = document.getElementById('not-started');
    if (place === null) return; // the page is there
    place.hidden = false;
    document.getElementById('starting').hidden = true;
    document.getElementById('reload').onclick = function () {
      location.reload();
    };
  }

  // Of scripts, and of what stands in them: a style or an icon less does no harm.
  function failed(event) {
    var what = event.target;
    if (what === window || (what && what.tagName === 'SCRIPT')) tell();
  }

  window.addEventListener('error', failed, true);
  setTimeout(tell, PATIENCE_MS);
})();
