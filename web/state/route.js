// Routes: what the part of the address behind `#` means, both ways. Pure; used by app.js, the views and their links.
//
// An address that means nothing is the start page, never an error.

const PAGES = ['profile', 'people', 'groups', 'notifications', 'signin', 'signup', 'mail'];
const HOME = Object.freeze({ view: 'home' });

/** "#/user/9" -> { view: 'user', id: 9 }; also group, bot, and the pages above. */
export function parseRoute(hash) {
  const [view, id, ...rest] = String(hash)
    .replace(/^#?\/?/, '')
    .split('/');
  if (rest.length > 0) return HOME;
  if (view === 'user' || view === 'group') return /^[1-9][0-9]{0,15}$/.test(id ?? '') ? { view, id: Number(id) } : HOME;
  if (id !== undefined) return HOME;
  return view === 'bot' || PAGES.includes(view) ? { view } : HOME;
}

export function formatRoute(route) {
  if (route.view === 'home') return '#/';
  return route.id === undefined ? `#/${route.view}` : `#/${route.view}/${route.id}`;
}

/** The conversation's key in the client module ("user-9", "group-21", "bot"), or null: this is another page. */
export function routeKey(route) {
  if (route.view === 'bot') return 'bot';
  return route.view === 'user' || route.view === 'group' ? `${route.view}-${route.id}` : null;
}

/** What ParlorClient.conversation() takes. */
export function routeTarget(route) {
  if (route.view === 'bot') return { bot: true };
  return route.view === 'user' ? { user_id: route.id } : { chat_group_id: route.id };
}

export function keyRoute(key) {
  if (key === 'bot') return { view: 'bot' };
  const [view, id] = key.split('-');
  return { view, id: Number(id) };
}

/** Pages that are for people who are not signed in. */
export const isForGuests = (route) => ['signin', 'signup', 'mail'].includes(route.view);

/**
 * Where to go after signing in. `wanted`: { route, userId } or null. What somebody had open is for nobody else; a link
 * that was opened by nobody yet (userId null) is for whoever signs in.
 */
export const placeFor = (wanted, userId) =>
  wanted !== null && (wanted.userId === null || wanted.userId === userId) ? wanted.route : HOME;
