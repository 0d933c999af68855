// What every view is made of: htm's `html`, Preact's hooks, and three of our own. The only file that names web/vendor.

import { Component, createContext, h, render } from '../vendor/preact.js';
import {
  useCallback,
  useContext,
  useEffect,
  useId,
  useLayoutEffect,
  useMemo,
  useReducer,
  useRef,
  useState,
} from '../vendor/preact-hooks.js';
import htm from '../vendor/htm.js';

export const html = htm.bind(h);
export { render, useCallback, useContext, useEffect, useId, useLayoutEffect, useMemo, useRef, useState };

export const App = createContext(null); // { store, client, go, toast }
export const useApp = () => useContext(App);

/** A component that is rendered again only when one of its properties is another object. */
export function memo(render) {
  return class Memo extends Component {
    shouldComponentUpdate(next) {
      const names = Object.keys(next);
      return names.length !== Object.keys(this.props).length || names.some((name) => next[name] !== this.props[name]);
    }
    render(props) {
      return h(render, props);
    }
  };
}

/** A function that draws this component again. */
export const useRedraw = () => useReducer((n) => n + 1, 0)[1];

/** What `select` finds in the state; drawn again only when that is another object. */
export function useStore(select) {
  const { store } = useApp();
  const redraw = useRedraw();
  const latest = useRef();
  const value = select(store.state);
  latest.current = { select, value };
  useLayoutEffect(() => {
    const look = () => {
      if (!Object.is(latest.current.select(store.state), latest.current.value)) redraw();
    };
    look();
    return store.subscribe(look);
  }, [store]);
  return value;
}

/** Draws again at each 'change' of a conversation of the client module. */
export function useConversation(conversation) {
  const redraw = useRedraw();
  useLayoutEffect(() => {
    conversation.addEventListener('change', redraw);
    return () => conversation.removeEventListener('change', redraw);
  }, [conversation]);
  return conversation;
}

/** Whether the media query holds; drawn again when that changes. */
export function useMedia(query) {
  const media = useMemo(() => window.matchMedia(query), [query]);
  const redraw = useRedraw();
  useEffect(() => {
    media.addEventListener('change', redraw);
    return () => media.removeEventListener('change', redraw);
  }, [media]);
  return media.matches;
}
