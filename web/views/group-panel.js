// Beside a group: its members, who of them is here now, and what one can do with it. A drawer where the page is narrow.

import { html, useApp, useLayoutEffect, useMemo, useRef, useState, useStore } from './html.js';
import { ConfirmLeave, ConfirmRemove, HandOverDialog, RenameDialog } from './group-dialogs.js';
import { Icon } from './icons.js';
import { Avatar, IconButton, ListSkeleton } from './parts.js';
import { sortedMembers } from '../state/list.js';
import { fullName } from '../state/text.js';
import { texts } from '../texts.js';

export const GroupPanel = ({ group, isBeside, onClose }) =>
  isBeside
    ? html`<aside class="panel" aria-label=${texts.group.showMembers}><${Content} group=${group} /></aside>`
    : html`<${Drawer} onClose=${onClose}><${Content} group=${group} /></${Drawer}>`;

function Drawer({ onClose, children }) {
  const ref = useRef();
  useLayoutEffect(() => {
    const before = document.activeElement;
    ref.current.showModal();
    return () => {
      ref.current?.close();
      if (before?.isConnected) before.focus();
    };
  }, []);
  return html`
    <dialog class="drawer" ref=${ref} aria-label=${texts.group.showMembers} onCancel=${(event) => {
      event.preventDefault();
      onClose();
    }}
      onMouseDown=${(event) => event.target === ref.current && onClose()}>
      <div class="panel"><${IconButton} icon="close" label=${texts.close} class="drawer-close"
        onClick=${onClose} />${children}</div>
    </dialog>`;
}

const DIALOGS = { rename: RenameDialog, handOver: HandOverDialog, leave: ConfirmLeave, remove: ConfirmRemove };

function Content({ group }) {
  const { store } = useApp();
  const id = group.chat_group_id;
  const listed = useStore((state) => state.members.get(id));
  const me = useStore((state) => state.userId);
  const [dialog, setDialog] = useState(null); // { name, member }
  const members = useMemo(
    () => listed && sortedMembers([...listed.values()], group.owner_id),
    [listed, group.owner_id],
  );
  const isOwner = group.owner_id === me;
  const Chosen = dialog && DIALOGS[dialog.name];
  return html`
    <section class="members" aria-busy=${!members}>
      <h2>${texts.group.members}</h2>
      ${
        members
          ? html`<ul>${members.map(
              (member) => html`
          <${MemberRow} key=${member.user_id} member=${member} group=${group} me=${me}
            onRemove=${isOwner && member.user_id !== me ? () => setDialog({ name: 'remove', member }) : null} />`,
            )}</ul>`
          : html`<${ListSkeleton} rows=${Math.min(8, group.members || 3)} />`
      }
    </section>
    ${
      group.is_member &&
      html`
      <section class="settings">
        <h2>${texts.group.settings}</h2>
        ${isOwner && html`<button type="button" class="panel-button" onClick=${() => setDialog({ name: 'rename' })}>
          <${Icon} name="edit" />${texts.group.rename}</button>`}
        ${isOwner && html`<button type="button" class="panel-button" onClick=${() => setDialog({ name: 'handOver' })}>
          <${Icon} name="swap" />${texts.group.handOver}</button>`}
        ${!isOwner && html`<button type="button" class="panel-button is-danger"
          onClick=${() => setDialog({ name: 'leave' })}><${Icon} name="out" />${texts.group.leave}</button>`}
        ${isOwner && html`<p class="hint">${texts.group.ownerCantLeave}</p>`}
      </section>`
    }
    ${Chosen && html`<${Chosen} group=${group} member=${dialog.member} members=${members ?? []} store=${store}
      me=${me} onClose=${() => setDialog(null)} />`}`;
}

function MemberRow({ member, group, me, onRemove }) {
  const name = fullName(member);
  const isMe = member.user_id === me;
  const note = member.present ? texts.group.present : member.online ? texts.group.online : texts.group.offline;
  const isOwner = group.owner_id === member.user_id;
  const content = html`
    <${Avatar} id=${member.user_id} name=${name} online=${member.online} size="s" />
    <span class="member-text">
      <span class="member-name"><span dir="auto">${name}</span>${isMe &&
        html` <span class="member-you">${texts.group.you}</span>`}</span>
      <span class=${`member-note ${member.present ? 'is-present' : ''}`}>${isOwner &&
        html`<span class="owner"><${Icon} name="crown" /></span>`}
        ${texts.facts(isOwner ? [texts.group.owner, note] : [note])}</span>
    </span>`;
  return html`
    <li class="member">
      ${isMe ? html`<span class="member-link">${content}</span>` : html`<a class="member-link"
        href=${`#/user/${member.user_id}`}>${content}</a>`}
      ${onRemove && html`<${IconButton} icon="remove" label=${texts.group.remove(name)} class="small"
        onClick=${onRemove} />`}
    </li>`;
}
