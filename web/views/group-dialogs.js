// The dialogs about groups: create, rename, hand over, leave for good, remove a member.

import { html, useApp } from './html.js';
import { FormDialog } from './dialog.js';
import { Field, required } from './parts.js';
import { fullName } from '../state/text.js';
import { texts } from '../texts.js';

const NameField = ({ form, value = '' }) => html`
  <${Field} label=${texts.group.name} name="name" hint=${texts.group.nameHint} maxlength="100" autocomplete="off"
    defaultValue=${value} error=${form.errors.name} />`;

export function CreateGroupDialog({ onClose }) {
  const { store, go } = useApp();
  const send = async ({ name }) => {
    const group = await store.createGroup(name);
    go({ view: 'group', id: group.chat_group_id });
  };
  return html`
    <${FormDialog} title=${texts.group.create} submit=${texts.group.doCreate} onClose=${onClose} send=${send}
      check=${required(['name'])}>
      ${(form) => html`<${NameField} form=${form} />`}
    </${FormDialog}>`;
}

export const RenameDialog = ({ group, store, onClose }) => html`
  <${FormDialog} title=${texts.group.renameTitle} submit=${texts.group.doRename} onClose=${onClose}
    check=${required(['name'])}
    send=${({ name }) => store.changeGroup(group.chat_group_id, { name })}>
    ${(form) => html`<${NameField} form=${form} value=${group.name} />`}
  </${FormDialog}>`;

export function HandOverDialog({ group, members, store, me, onClose }) {
  const others = members.filter((member) => member.user_id !== me);
  return html`
    <${FormDialog} title=${texts.group.handOverTitle}
      hint=${others.length > 0 ? texts.group.handOverHint : texts.group.handOverNobody} submit=${texts.group.doHandOver}
      disabled=${others.length === 0} onClose=${onClose}
      send=${({ owner_id }) => store.changeGroup(group.chat_group_id, { owner_id: Number(owner_id) })}>
      ${(form) =>
        others.length > 0 &&
        html`
        <div class="field">
          <label for="new-owner">${texts.group.newOwner}</label>
          <div class="input"><select id="new-owner" name="owner_id"
            aria-invalid=${form.errors.owner_id ? 'true' : undefined}>
            ${others.map((member) => html`<option key=${member.user_id}
              value=${member.user_id}>${fullName(member)}</option>`)}
          </select></div>
          ${form.errors.owner_id && html`<p class="field-error">${form.errors.owner_id}</p>`}
        </div>`}
    </${FormDialog}>`;
}

export const ConfirmLeave = ({ group, store, onClose }) => html`
  <${FormDialog} title=${texts.group.leaveTitle} hint=${texts.group.leaveHint} submit=${texts.group.doLeave} danger
    onClose=${onClose}
    send=${() => store.leaveForGood(group.chat_group_id)} />`;

export const ConfirmRemove = ({ group, member, store, onClose }) => html`
  <${FormDialog} title=${texts.group.removeTitle(fullName(member))} hint=${texts.group.removeHint}
    submit=${texts.group.doRemove} danger onClose=${onClose}
    send=${() => store.removeMember(group.chat_group_id, member.user_id)} />`;
