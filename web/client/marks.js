// marks.js: up to which time everything is read, in each room and group ("room-12", "group-21"). Pure.
//
// Used by parlor-client.js, which fills it from the lists and frames it sees anyway, and by conversation.js, which need
// not tell the server what it knows.

export class ReadMarks {
  #upTo = new Map();

  /** Marks never move back. Times of the protocol can be compared as text. */
  note(key, timestamp) {
    if (typeof timestamp === 'string' && timestamp > (this.#upTo.get(key) ?? '')) this.#upTo.set(key, timestamp);
  }

  covers(key, timestamp) {
    return timestamp <= (this.#upTo.get(key) ?? '');
  }

  /** From rows or a frame with `unread`: nothing unread means read up to the newest message. */
  noteRows(rows, timeField) {
    for (const row of rows) {
      if (row.unread !== 0) continue;
      const key = row.chat_room_id ? `room-${row.chat_room_id}` : `group-${row.chat_group_id}`;
      this.note(key, row[timeField]);
    }
  }
}
