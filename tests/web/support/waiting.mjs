// waiting.mjs: conditions with a deadline, the only way these tests wait.

const DEADLINE_S = 15;

/** The first true value of `condition()`; an Error that names `what` after the deadline. */
export async function until(condition, what, seconds = DEADLINE_S) {
  const end = performance.now() + seconds * 1000;
  for (;;) {
    const value = await condition();
    if (value) return value;
    if (performance.now() > end) throw new Error(`${what}: not within ${seconds} s`);
    await pause(10);
  }
}

export function pause(ms) {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** The detail of the next event of this type. Ask before you do what causes it. */
export function nextEvent(target, type, fits = () => true, seconds = DEADLINE_S) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => finish(() => reject(new Error(`${type}: not within ${seconds} s`))), seconds * 1000);
    const listen = (event) => fits(event.detail) && finish(() => resolve(event.detail));
    const finish = (how) => {
      clearTimeout(timer);
      target.removeEventListener(type, listen);
      how();
    };
    target.addEventListener(type, listen);
  });
}
