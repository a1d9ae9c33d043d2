/* global document, FormData */

/** Where to go afterwards, as the page was told. */
const { returnTo } = document.currentScript.dataset;
const outage = 'That is not possible right now. Please try again in a few minutes.';

/** Has the shop begin the flow, and Salesforce answer: with the code, or with its refusal. */
async function callbackOf(form, start) {
  const begun = await fetch(start, { method: 'POST' });
  if (!begun.ok) throw new Error(`the shop answered with status ${begun.status}`);
  const { url, headers, parameters } = await begun.json();
  const body = new URLSearchParams({ ...parameters, ...Object.fromEntries(new FormData(form)) });
  const answer = await fetch(url, { method: 'POST', headers, body });
  return answer.json();
}

/** Hands what Salesforce said over to the shop, as a form of a page does; the password is not in it. */
function handOver(action, fields) {
  const form = document.createElement('form');
  form.method = 'post';
  form.action = action;
  for (const [name, value] of Object.entries({ ...fields, returnTo })) {
    const input = document.createElement('input');
    Object.assign(input, { type: 'hidden', name, value });
    form.append(input);
  }
  document.body.append(form);
  form.submit();
}

const forms = [...document.querySelectorAll('form.in-browser')];
const buttons = forms.flatMap((form) => [...form.querySelectorAll('button')]);

/** One flow at a time: a second one would take the place of the first, whose code the shop then refuses. */
function allow(isAllowed) {
  for (const button of buttons) button.disabled = !isAllowed;
}

/** Whether the page is left, with an answer for the shop. */
async function run(form, { dataset: { start } }) {
  const problem = form.querySelector('[role=alert]');
  problem.textContent = '';
  try {
    const said = await callbackOf(form, start);
    // Whatever has a state, the shop can tell whose it is; a wrong password has none.
    if (said.state !== undefined) {
      handOver(form.getAttribute('action'), said);
      return true;
    }
    problem.textContent = (said.error === 'invalid_grant' && form.dataset.refused) || outage;
  } catch {
    problem.textContent = outage;
  }
  return false;
}

async function submitted(event) {
  event.preventDefault();
  const { target: form, submitter } = event;
  // A second click may have been on its way when the buttons went off.
  if (submitter.disabled) return;
  const focused = document.activeElement;
  allow(false);
  if (await run(form, submitter)) return;
  allow(true);
  // A button that is off loses the focus.
  focused.focus();
}

document.querySelector('#no-script').remove();
for (const form of forms) form.addEventListener('submit', (event) => void submitted(event));
// Also when the browser comes back to this page as it was left.
globalThis.addEventListener('pageshow', () => allow(true));
