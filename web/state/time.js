// How times are said. Pure (Intl and the system's time zone only); used by the views and state/timeline.js.

import { texts } from '../texts.js';

const clock = new Intl.DateTimeFormat(texts.locale, { hour: '2-digit', minute: '2-digit' });
const weekday = new Intl.DateTimeFormat(texts.locale, { weekday: 'long' });
const dayMonthYear = new Intl.DateTimeFormat(texts.locale, { day: 'numeric', month: 'long', year: 'numeric' });
const shortDay = new Intl.DateTimeFormat(texts.locale, { day: 'numeric', month: 'short' });
const shortDayYear = new Intl.DateTimeFormat(texts.locale, { day: 'numeric', month: 'short', year: 'numeric' });
const fullDay = new Intl.DateTimeFormat(texts.locale, {
  weekday: 'long',
  day: 'numeric',
  month: 'long',
  year: 'numeric',
});
const complete = new Intl.DateTimeFormat(texts.locale, { dateStyle: 'full', timeStyle: 'medium' });

const midnight = (date) => new Date(date.getFullYear(), date.getMonth(), date.getDate());
/** Rounded: days of 23 and 25 hours exist. */
const daysAgo = (date, now) => Math.round((midnight(now) - midnight(date)) / 86400000);

export const timeOfDay = (iso) => clock.format(new Date(iso));
export const completeTime = (iso) => complete.format(new Date(iso));
export const dateOf = (iso) => dayMonthYear.format(new Date(iso));

/** Equal for times of the same local day. */
export function dayKey(iso) {
  const date = new Date(iso);
  return `${date.getFullYear()}-${date.getMonth() + 1}-${date.getDate()}`;
}

export const minuteOf = (iso) => Math.floor(Date.parse(iso) / 60000);

/** The mark between two days: "Today", "Yesterday", "Tuesday", "Tuesday, 3 November 2026". */
export function dayName(iso, now = new Date()) {
  const date = new Date(iso);
  const ago = daysAgo(date, now);
  if (ago === 0) return texts.time.today;
  if (ago === 1) return texts.time.yesterday;
  return ago > 1 && ago < 7 ? weekday.format(date) : fullDay.format(date);
}

/** In the list: "17:04" today, then "Yesterday", "Tuesday", "3 Nov", "3 Nov 2025". */
export function lastActivity(iso, now = new Date()) {
  const date = new Date(iso);
  const ago = daysAgo(date, now);
  if (ago <= 0) return clock.format(date);
  if (ago === 1) return texts.time.yesterday;
  if (ago < 7) return weekday.format(date);
  return (date.getFullYear() === now.getFullYear() ? shortDay : shortDayYear).format(date);
}
