// All texts of the page, in one place: translate this file, and the page is translated. Used by the views and by
// state/time.js. Functions take what changes; `n === 1` is English's only plural rule.

const locale = 'en-GB';
const numbers = new Intl.NumberFormat(locale);
const MOST_ON_A_BADGE = 99; // everywhere the same: beside a name, on the bell, in the window's title
const count = (n, one, many) => `${numbers.format(n)} ${n === 1 ? one : many}`;

export const texts = {
  locale,
  app: 'Parlor',
  somebody: 'Somebody',
  deletedUser: 'Deleted user',
  slow: 'This takes longer than usual.',
  you: 'You',
  loading: 'Loading …',
  close: 'Close',
  cancel: 'Cancel',
  back: 'Back to the list',
  skip: 'Skip to the conversation',
  tryAgain: 'Try again',
  /** "Ada", "Ada and Bob", "Ada and 2 others" */
  names: ([first, second, ...others]) =>
    second === undefined
      ? first
      : others.length === 0
        ? `${first} and ${second}`
        : `${first} and ${count(others.length + 1, 'other', 'others')}`,
  /** "5", "99+". What is read out says the number itself. */
  badge: (n) => (n > MOST_ON_A_BADGE ? `${numbers.format(MOST_ON_A_BADGE)}+` : numbers.format(n)),
  /** Of the window: "(3) Ada Lovelace · Parlor" */
  title: (name, unread) => `${unread > 0 ? `(${texts.badge(unread)}) ` : ''}${name ? `${name} · ` : ''}${texts.app}`,
  /** Small facts on one line. */
  facts: (list) => list.join(' · '),
  /** What only a screen reader says, behind what it has just said. */
  aside: (text) => `, ${text}`,
  /** The same, before what it says next. */
  before: (text) => `${text}: `,
  showMore: (n) => `Show ${n} more`,

  time: { today: 'Today', yesterday: 'Yesterday' },

  connection: {
    connecting: 'Connecting …',
    online: 'Online',
    offline: 'Offline',
    waiting: (s) =>
      s > 0 ? `You are offline. Next attempt in ${count(s, 'second', 'seconds')}.` : 'You are offline. Trying now …',
    kept: 'What you write is kept and sent later.',
    tryNow: 'Try now',
    back: 'You are back online.',
  },

  sign: {
    lead: 'A quiet place to talk.',
    in: 'Sign in',
    up: 'Create an account',
    out: 'Sign out',
    email: 'E-mail address',
    password: 'Password',
    passwordHint: '8 to 128 characters.',
    show: 'Show',
    hide: 'Hide',
    showPassword: 'Show password',
    hidePassword: 'Hide password',
    firstName: 'First name',
    lastName: 'Last name',
    doIn: 'Sign in',
    doUp: 'Create account',
    busyIn: 'Signing in …',
    busyUp: 'Creating …',
    noAccount: 'New here?',
    haveAccount: 'Already have an account?',
    wrong: 'E-mail address and password do not belong together.',
    suspended: 'This account is suspended. Ask whoever runs this Parlor.',
    ended: 'You were signed out: the session ended. Please sign in again.',
    unsent: (n) => `${count(n, 'message has', 'messages have')} not been sent yet and will be lost.`,
    unsentTitle: 'Sign out now?',
    notTold: 'You are signed out here. The server can not be reached; keep this page open until it can be told.',
  },

  mail: {
    title: 'Look at your mail',
    sent: (email) => `We have sent a link to ${email}. Open it to confirm your address; it works for 24 hours.`,
    sentAnywhere: 'We have sent you a link. Open it to confirm your address; it works for 24 hours.',
    then: 'Then come back and sign in.',
    nothing: 'Nothing there?',
    hints: [
      'It can take a minute or two.',
      'Look in the folder for spam.',
      'Check that the address above is spelled right.',
      'If the address has an account already, the mail says so: just sign in.',
    ],
    local: 'This is a trial run on your own machine: mails are not sent, they land as files in var/mail.',
    again: 'Send a new link',
    sentAgain: 'A new link is on its way. Only the newest works.',
    other: 'Use another address',
    confirmed: 'I have confirmed: sign in',
  },

  list: {
    title: 'Conversations',
    search: 'Search people and groups',
    searchHint: 'Search people and groups (Ctrl + K)',
    clear: 'Clear the search',
    filters: { all: 'All', unread: 'Unread', people: 'People', groups: 'Groups' },
    filterLabel: 'Show',
    sections: { conversations: 'Conversations', people: 'People', otherGroups: 'Other groups', unread: 'Unread' },
    more: (n) => `and ${n} more`,
    allPeople: 'All people',
    allGroups: 'All groups',
    newGroup: 'New group',
    unread: (n) => count(n, 'unread message', 'unread messages'),
    online: 'online',
    members: (n) => count(n, 'member', 'members'),
    removed: 'Removed message',
    byYou: (message) => `You: ${message}`,
    byOther: (name, message) => `${name}: ${message}`,
    nothingFound: 'Nobody and nothing is called that.',
    nothingUnread: 'You have read everything.',
    nothingHere: 'Nothing here yet.',
    loadFailed: 'The list could not be loaded. Trying again …',
    you: 'Your profile',
    pending: (n) => `${count(n, 'message', 'messages')} not sent yet`,
    failed: (n) => `${count(n, 'message', 'messages')} could not be sent`,
    lastByYou: 'You wrote last',
    lastBy: (name) => `${name} wrote last`,
    notifications: (n, shown = n) => (n === 0 ? 'Notifications' : `Notifications, ${shown} unread`), // shown: "99+"
  },

  home: {
    title: (name) => (name ? `Hello, ${name}` : 'Hello'),
    lead: 'Choose somebody on the left to begin, or:',
    people: 'Find people',
    peopleHint: 'Everybody with an account, and who is online.',
    groups: 'Look at the groups',
    groupsHint: 'They are open: read first, join when you like.',
    newGroup: 'Start a group',
    newGroupHint: 'For a team, a topic, a plan.',
    bot: 'Ask the bot',
    botHint: 'It answers right away, day and night.',
    unread: (n) => `You have ${count(n, 'unread message', 'unread messages')}.`,
    keys: 'Keys',
    keyList: [
      ['Ctrl + K', 'search'],
      ['↑ ↓', 'move in the list'],
      ['Enter', 'open, or send'],
      ['Shift + Enter', 'new line'],
      ['Esc', 'back, or close'],
    ],
  },

  people: {
    title: 'People',
    search: 'Search people',
    onlineOnly: 'Only who is online',
    count: (n, online) => `${count(n, 'person', 'people')}, ${numbers.format(online)} online`,
    none: 'Nobody is called that.',
    noneOnline: 'Nobody else is online right now.',
    alone: 'Nobody else has an account yet. Invite somebody: they sign up on this page.',
    online: 'Online',
    offline: 'Offline',
  },

  groups: {
    title: 'Groups',
    search: 'Search groups',
    none: 'No group is called that.',
    empty: 'There is no group yet. Start the first one.',
    count: (n) => count(n, 'group', 'groups'),
    member: 'You are a member',
  },

  notifications: {
    title: 'Notifications',
    markAll: 'Mark all as read',
    none: 'You have read everything.',
    noneHint: 'New messages appear here, the newest first.',
    from: (name) => `Last by ${name}`,
    failed: 'Not everything could be marked as read.',
    done: 'Everything is marked as read.',
  },

  conversation: {
    messages: (name) => `Messages with ${name}`,
    groupMessages: (name) => `Messages in ${name}`,
    beginning: 'This is where the conversation begins.',
    emptyUser: (name) => `Nothing said yet. Say hello to ${name}.`,
    emptyGroup: 'Nothing said yet. Write the first message.',
    unread: 'New messages',
    jumpLabel: (n) =>
      n > 0 ? `${count(n, 'new message', 'new messages')}: jump to the newest` : 'Jump to the newest',
    jumpCount: (n) => count(n, 'new message', 'new messages'),
    toFirstUnread: 'Jump to the first',
    dismissUnread: 'Stay here',
    older: 'Loading older messages …',
    olderFailed: 'Older messages could not be loaded.',
    newer: 'Loading newer messages …',
    newerFailed: 'Newer messages could not be loaded.',
    removed: 'This message was removed',
    deletedHint: 'This account was deleted. What was said stays readable.',
    groupRemoved: (name) => `The group “${name}” was removed`,
    groupRemovedHint: 'An administrator has removed it, with all its messages.',
    failed: 'The conversation could not be loaded.',
    notFound: 'There is nobody and nothing here.',
    notFoundHint: 'The address may be wrong, or the group is gone.',
    showAll: 'Show all',
    showLess: 'Show less',
    sent: 'Sent',
    pending: 'Sending …',
    pendingOffline: 'Will be sent when you are online',
    failedToSend: 'Not sent.',
    retry: 'Try again',
    discard: 'Discard',
    sentBy: (name, time) => `${name}, ${time}`,
    sentByMe: (time) => `You, ${time}, sent`,
    announce: (name, message) => `${name}: ${message}`,
    apology: 'The bot could not answer',
    self: 'This is you.',
    selfHint: 'Parlor carries messages between people; notes to yourself have no place here yet.',
  },

  composer: {
    label: (name) => `Message to ${name}`,
    placeholder: (name) => `Message ${name}`,
    send: 'Send',
    tooLong: (n) => `${numbers.format(n)} bytes too long`,
    left: (n) => `${numbers.format(n)} bytes left`,
    isTooLong: 'The message is too long.',
    fewLeft: (n) => `Fewer than ${numbers.format(n)} bytes left.`,
    nul: 'There is a character in it that can not be sent.',
  },

  bot: {
    name: 'Bot',
    about: 'Answers right away',
    emptyTitle: 'Ask the bot',
    emptyHint: 'It reads only what you write here, and nobody else sees it. For example:',
    examples: ['What can you do?', 'How do I create a group?', 'What time is it?', 'How long can a message be?'],
    thinking: 'The bot is thinking …',
    slow: 'This takes longer than usual …',
  },

  group: {
    create: 'New group',
    name: 'Name',
    nameHint: '1 to 100 characters. You can change it later.',
    doCreate: 'Create group',
    rename: 'Rename',
    renameTitle: 'Rename the group',
    doRename: 'Rename',
    handOver: 'Hand over',
    handOverTitle: 'Hand the group over',
    handOverHint: 'The new owner can rename the group and remove members. You stay a member.',
    handOverNobody: 'Somebody has to join first: only a member can own the group.',
    newOwner: 'New owner',
    doHandOver: 'Hand over',
    join: 'Join the group',
    joinHint: 'You are reading as a guest: new messages do not arrive here until you join.',
    joining: 'Joining …',
    leave: 'Leave for good',
    leaveTitle: 'Leave the group?',
    leaveHint: 'You will hear nothing from it any more. As groups are open, you may join again.',
    doLeave: 'Leave',
    ownerCantLeave: 'You own this group: hand it over before you leave.',
    remove: (name) => `Remove ${name}`,
    removeTitle: (name) => `Remove ${name}?`,
    removeHint: 'Messages stay. As groups are open, who was removed may join again.',
    doRemove: 'Remove',
    members: 'Members',
    showMembers: 'Members and settings',
    owner: 'Owner',
    you: '(you)',
    present: 'Here now',
    online: 'Online',
    offline: 'Offline',
    counts: (n, present) =>
      count(n, 'member', 'members') + (present > 0 ? `, ${numbers.format(present)} here now` : ''),
    settings: 'Group',
    youAreOut: 'You are no longer a member.',
    moved: {
      entered: (who) => `${who} entered the group`,
      left: (who) => `${who} left the group`,
      both: (came, gone) => `${came} entered the group, ${gone} left it`,
    },
    isOut: (name) => `${name} is no longer a member`,
  },

  profile: {
    title: 'Your profile',
    names: 'Name',
    save: 'Save',
    saving: 'Saving …',
    saved: 'Saved.',
    email: 'E-mail address',
    since: 'Member since',
    unchanged: 'Nothing to save.',
    password: 'Password',
    current: 'Current password',
    fresh: 'New password',
    change: 'Change password',
    changed: 'Your password is changed. Other sessions have ended.',
    passwordHint: 'Changing it signs you out everywhere else.',
    wrongPassword: 'This is not your current password.',
    session: 'This session',
  },

  errors: {
    network: 'The server can not be reached. Check your connection and try again.',
    unavailable: 'The service is not available right now. Try again in a moment.',
    too_many_requests: (s) =>
      s > 0
        ? `Too many attempts. Wait ${count(s, 'second', 'seconds')}, then try again.`
        : 'Too many attempts. Wait a little, then try again.',
    too_fast: 'You are sending too fast.',
    forbidden: 'You are not allowed to do this.',
    not_found: 'There is no such thing any more.',
    conflict: 'That is not possible as things stand.',
    busy: 'Too many questions are waiting. Ask again when the bot has answered.',
    required: 'Please fill this in.',
    unknown: 'Something went wrong. Please try again.',
    internal: 'Something went wrong at the server. Please try again.',
    too_large: 'This is too long to be sent.',
    closed: 'The server did not take it.',
    gone: 'This does not work any more.',
    storage_full: 'The browser has no room left: what is not sent yet would be lost by a reload.',
  },

  /** What the server finds wrong with a field (`invalid_field`). */
  wrongFields: {
    email: 'This is not a complete e-mail address, like name@example.org.',
    password: 'Choose another one: 8 to 128 characters, and none that everybody uses.',
    first_name: 'A first name has 1 to 64 characters.',
    last_name: 'A last name has 1 to 64 characters.',
    name: 'A name has 1 to 100 characters.',
    owner_id: 'This person can not own the group now. Choose another member.',
    message: 'There is something in it that can not be sent.',
  },
};

/** A sentence for a ParlorError, or for the `error` of an Outgoing. What has no text here is in the server's words. */
export function errorText(error) {
  const ofField = error.code === 'invalid_field' ? texts.wrongFields[error.field] : undefined;
  const own = ofField ?? texts.errors[error.code];
  if (typeof own === 'function') return own(Math.ceil((error.retryAfterMs ?? 0) / 1000));
  if (own) return own;
  const { message } = error;
  return message ? message[0].toLocaleUpperCase(locale) + message.slice(1) : texts.errors.unknown;
}
