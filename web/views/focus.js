// Where the focus goes when a view changes, and when the control that had it is gone. Used by the views.

/** Else one touches: focusing a typing area would bring up the keyboard of the screen. */
export const hasKeyboard = () => window.matchMedia('(hover: hover) and (pointer: fine)').matches;

/** With fingers: no key but those on the screen. */
export const isTouched = () => window.matchMedia('(pointer: coarse)').matches;

/** The typing area with a keyboard, else what is read. */
export const talkPlace = () => (hasKeyboard() ? '.composer textarea' : '.messages');

const SOON_MS = 70; // by then what was pressed has been drawn anew, or away

/** If nothing has the focus any more: the first of these that is there gets it. */
export function keepFocus(...selectors) {
  setTimeout(() => {
    if (document.activeElement !== null && document.activeElement !== document.body) return;
    const places = selectors.map((selector) => document.querySelector(selector));
    places.find((place) => place !== null)?.focus({ preventScroll: true });
  }, SOON_MS);
}

let isAtDoor = false;

/** The guests' pages are shown. */
export const noteDoor = () => {
  isAtDoor = true;
};

/** True once after that. */
export function cameThroughDoor() {
  const came = isAtDoor;
  isAtDoor = false;
  return came;
}
