// Loading a conversation when it is opened, and again on demand. Used by messages.js.

import { useCallback, useEffect, useRef, useState, useStore } from './html.js';
import { errorText } from '../texts.js';

/**
 * A failure without a network mends itself. isFresh: there is something to show, even if what is newest could not be
 * asked for yet; isCurrent: it has been. `again`: gives up what is on its way and asks anew.
 */
export function useLoading(conversation, client) {
  const [state, setState] = useState({ isCurrent: false, failure: null });
  const connection = useStore((all) => all.connection);
  const turn = useRef(0); // of the request whose answer counts; 0: nobody is here any more
  const running = useRef(null);
  const load = useCallback(() => {
    turn.current += 1;
    const mine = turn.current;
    const done = (next) => mine === turn.current && setState(next);
    setState({ isCurrent: false, failure: null });
    running.current = conversation.load().then(
      () => done({ isCurrent: true, failure: null }),
      (error) => done({ isCurrent: false, failure: errorText(error) }),
    );
  }, [conversation]);
  const again = useCallback(() => {
    turn.current += 1;
    const mine = turn.current;
    client.giveUpReading();
    running.current?.then(() => mine === turn.current && load());
  }, [conversation]);
  useEffect(() => {
    load();
    return () => {
      turn.current = -1;
    };
  }, [conversation]);
  useEffect(() => {
    if (connection === 'online' && state.failure) load();
  }, [connection]);
  // What was loaded before is better than a page that says sorry.
  return { ...state, isFresh: conversation.loaded, failure: conversation.loaded ? null : state.failure, load, again };
}
