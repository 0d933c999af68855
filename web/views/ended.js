// That the session has ended, and not by oneself, as long as the tab lives: a reload need not forget the reason.

const NAME = 'parlor-ended';

function withStorage(action) {
  try {
    return action(window.sessionStorage);
  } catch {
    return null; // blocked, or full
  }
}

export const noteEnd = (code) => withStorage((storage) => storage.setItem(NAME, String(code)));
export const forgetEnd = () => withStorage((storage) => storage.removeItem(NAME));
export const hasEnded = () => withStorage((storage) => storage.getItem(NAME)) !== null;
