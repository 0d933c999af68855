// What was typed and not sent, by each person in each conversation, as long as the tab lives: a reload or a glance
// elsewhere loses nothing. Without a storage (blocked by the browser) drafts live until the reload.

const PREFIX = 'parlor-draft-';
const memory = new Map();

function withStorage(action) {
  try {
    return action(window.sessionStorage);
  } catch {
    return null; // blocked, or full
  }
}

export const readDraft = (key) => memory.get(key) ?? withStorage((storage) => storage.getItem(PREFIX + key)) ?? '';

export function keepDraft(key, text) {
  memory.set(key, text);
  withStorage((storage) => (text ? storage.setItem(PREFIX + key, text) : storage.removeItem(PREFIX + key)));
}

export function forgetDrafts() {
  memory.clear();
  withStorage((storage) => {
    for (const name of Object.keys(storage)) if (name.startsWith(PREFIX)) storage.removeItem(name);
  });
}
