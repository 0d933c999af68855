// What the document itself says: its title and its language. Used by sign.js and shell.js.

import { useEffect } from './html.js';
import { texts } from '../texts.js';

document.documentElement.lang = texts.locale;

/** "(3) Ada Lovelace · Parlor" */
export function useTitle(name, unread = 0) {
  useEffect(() => {
    document.title = `${unread > 0 ? `(${unread}) ` : ''}${name ? `${name} · ` : ''}${texts.app}`;
  }, [name, unread]);
}
