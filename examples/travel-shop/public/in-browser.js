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

async function run(form, { dataset: { start } }) {
  const problem = form.querySelector('[role=alert]');
  problem.textContent = '';
  try {
    const said = await callbackOf(form, start);
    // Whatever has a state, the shop can tell whose it is; a wrong password has none.
    if (said.state !== undefined) handOver(form.getAttribute('action'), said);
    else problem.textContent = (said.error === 'invalid_grant' && form.dataset.refused) || outage;
  } catch {
    problem.textContent = outage;
  }
}

document.querySelector('#no-script').remove();
for (const form of document.querySelectorAll('form.in-browser')) {
  for (const button of form.querySelectorAll('button')) button.disabled = false;
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    void run(form, event.submitter);
  });
}
