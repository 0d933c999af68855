// My names, my password, and the way out.

import { html, useApp, useState, useStore } from './html.js';
import { Icon } from './icons.js';
import { FormDialog } from './dialog.js';
import { Avatar, Failure, Field, ListSkeleton, PageHead, required, useForm } from './parts.js';
import { dateOf } from '../state/time.js';
import { fullName } from '../state/text.js';
import { texts } from '../texts.js';

export function ProfileView() {
  const me = useStore((state) => state.me);
  return html`
    <div class="page profile">
      <${PageHead} title=${texts.profile.title} />
      ${me ? html`<${Who} me=${me} /><${Names} me=${me} /><${Password} me=${me} />` :
        html`<${ListSkeleton} rows=${4} />`}
      <${Session} />
    </div>`;
}

const Who = ({ me }) => html`
  <div class="who">
    <${Avatar} id=${me.user_id} name=${fullName(me)} size="l" />
    <dl>
      <div><dt>${texts.profile.email}</dt><dd>${me.email}</dd></div>
      <div><dt>${texts.profile.since}</dt><dd>${dateOf(me.created_at)}</dd></div>
    </dl>
  </div>`;

/** What is saved is no longer being typed: from now on these fields follow changes from elsewhere again. */
function adopt(form, values) {
  for (const [name, value] of Object.entries(values)) form.elements.namedItem(name).defaultValue = value;
  form.reset();
}

/** A field shows `me` until somebody types in it, by the browser's own rule for a default value. */
function Names({ me }) {
  const { store, toast } = useApp();
  const form = useForm(
    async ({ first_name, last_name }, element) => {
      if (first_name === me.first_name && last_name === me.last_name) {
        toast(texts.profile.unchanged);
        return;
      }
      await store.changeProfile({ first_name, last_name });
      adopt(element, { first_name, last_name });
      toast(texts.profile.saved);
    },
    required(['first_name', 'last_name']),
  );
  return html`
    <section class="box">
      <h2>${texts.profile.names}</h2>
      <form onSubmit=${form.submit} novalidate>
        <div class="pair">
          <${Field} label=${texts.sign.firstName} name="first_name" autocomplete="given-name" maxlength="64"
            defaultValue=${me.first_name} error=${form.errors.first_name} />
          <${Field} label=${texts.sign.lastName} name="last_name" autocomplete="family-name" maxlength="64"
            defaultValue=${me.last_name} error=${form.errors.last_name} />
        </div>
        <${Failure} text=${form.failure} />
        <div class="actions"><button type="submit" class="button primary"
          aria-busy=${form.busy}>${form.busy ? texts.profile.saving : texts.profile.save}</button></div>
      </form>
    </section>`;
}

function Password({ me }) {
  const { store, toast } = useApp();
  const form = useForm(
    async ({ current_password, password }, element) => {
      try {
        await store.changeProfile({ current_password, password });
      } catch (error) {
        throw error.code === 'wrong_password'
          ? Object.assign(new Error(texts.profile.wrongPassword), { code: 'shown', field: 'current_password' })
          : error;
      }
      element.reset();
      toast(texts.profile.changed);
    },
    required(['current_password', 'password']),
  );
  return html`
    <section class="box">
      <h2>${texts.profile.password}</h2>
      <form onSubmit=${form.submit} novalidate>
        <input class="hidden" type="text" name="username" autocomplete="username" value=${me.email} tabindex="-1"
          aria-hidden="true" readonly />
        <${Field} label=${texts.profile.current} name="current_password" type="password"
          autocomplete="current-password" error=${form.errors.current_password} />
        <${Field} label=${texts.profile.fresh} name="password" type="password" autocomplete="new-password"
          hint=${texts.sign.passwordHint} error=${form.errors.password} />
        <${Failure} text=${form.failure} />
        <div class="actions"><p class="hint">${texts.profile.passwordHint}</p>
          <button type="submit" class="button primary"
          aria-busy=${form.busy}>${form.busy ? texts.profile.saving : texts.profile.change}</button></div>
      </form>
    </section>`;
}

function Session() {
  const { store, toast } = useApp();
  const [isAsking, setAsking] = useState(0);
  const signOut = async () => {
    if (!(await store.logout())) toast(texts.sign.notTold, true);
  };
  const leave = () => {
    const unsent = store.unsent();
    if (unsent > 0) setAsking(unsent);
    else signOut();
  };
  return html`
    <section class="box row">
      <h2>${texts.profile.session}</h2>
      <button type="button" class="button" onClick=${leave}><${Icon} name="out" />${texts.sign.out}</button>
      ${
        isAsking > 0 &&
        html`<${FormDialog} title=${texts.sign.unsentTitle} hint=${texts.sign.unsent(isAsking)}
          submit=${texts.sign.out} danger onClose=${() => setAsking(0)}
        send=${() => void signOut()} />`
      }
    </section>`;
}
