// events.js: events with a `detail`, and 'change' at most once a microtask. Used by every other file here.

// Node has no global CustomEvent before version 19.
class DetailEvent extends Event {
  constructor(type, { detail = null } = {}) {
    super(type);
    this.detail = detail;
  }
}

export function customEvent(type, detail) {
  return new (globalThis.CustomEvent ?? DetailEvent)(type, { detail });
}

/** Calls `action` once in the next microtask, however often it is asked to before. */
export function oncePerMicrotask(action) {
  let asked = false;
  return () => {
    if (asked) return;
    asked = true;
    queueMicrotask(() => {
      asked = false;
      action();
    });
  };
}
