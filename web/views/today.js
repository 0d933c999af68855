// Which day it is, for whoever says "Today" and "Yesterday". Used by the views with times.

import { useEffect, useState } from './html.js';
import { dayKey } from '../state/time.js';

const SLACK_MS = 500; // a timer may come a little early

const today = () => dayKey(new Date());
function untilMidnight() {
  const now = new Date();
  return new Date(now.getFullYear(), now.getMonth(), now.getDate() + 1).getTime() - now.getTime();
}

/** Another string each day: at midnight, and when one comes back to a page that slept through it. */
export function useToday() {
  const [day, setDay] = useState(today);
  useEffect(() => {
    const look = () => setDay(today());
    const timer = setTimeout(look, untilMidnight() + SLACK_MS);
    document.addEventListener('visibilitychange', look);
    return () => {
      clearTimeout(timer);
      document.removeEventListener('visibilitychange', look);
    };
  }, [day]);
  return day;
}
