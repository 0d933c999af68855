// What the document itself says: its title and its language. Used by sign.js and shell.js.

import { useEffect } from './html.js';
import { texts } from '../texts.js';

document.documentElement.lang = texts.locale;

export function useTitle(name, unread = 0) {
  useEffect(() => {
    document.title = texts.title(name, unread);
  }, [name, unread]);
}
